from __future__ import annotations

import pytest

from service.web.paging import LAST_PAGE, Paging, page_number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        (None, 1),
        ("", 1),
        ("3", 3),
        (" 3 ", 3),
        ("0", 1),
        ("-2", 1),
        ("1e9", 1),
        ("٣", 1),
        ("abc\0", 1),
        ("1000000000", LAST_PAGE),
        ("9" * 5000, LAST_PAGE),
    ],
)
def test_anything_may_stand_in_the_address(text: str | None, number: int) -> None:
    assert page_number(text) == number


def test_the_ends_and_the_neighbours_are_offered() -> None:
    paging = Paging(path="/experts", parameters=[("q", "cá tra")], number=7, size=20, total=400)

    assert paging.numbers == [1, None, 6, 7, 8, None, 20]
    assert paging.address(8) == "/experts?q=c%C3%A1+tra&page=8"
    assert paging.address(1) == "/experts?q=c%C3%A1+tra"
    assert (paging.first_row, paging.last_row, paging.is_beyond) == (121, 140, False)


def test_a_page_beyond_the_last_is_known_as_such() -> None:
    paging = Paging(path="/cases", parameters=[], number=LAST_PAGE, size=25, total=26)

    assert (paging.last, paging.is_beyond, paging.numbers[-1]) == (2, True, 2)


def test_an_empty_list_has_one_page() -> None:
    paging = Paging(path="/cases", parameters=[], number=1, size=25, total=0)

    assert (paging.last, paging.is_beyond, paging.first_row, paging.last_row) == (1, False, 0, 0)
