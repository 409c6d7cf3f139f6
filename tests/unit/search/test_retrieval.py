"""A longer query is asked by its stretches too."""

from __future__ import annotations

import pytest

from search.retrieval import stretches


def test_a_short_query_is_one_thought() -> None:
    assert stretches("") == []
    assert stretches("một hai ba bốn năm sáu bảy tám chín") == []


def test_stretches_overlap_by_half() -> None:
    assert stretches("1 2 3 4 5 6 7 8 9 10 11 12") == ["1 2 3 4 5 6 7 8", "5 6 7 8 9 10 11 12"]


@pytest.mark.parametrize("length", [10, 13, 25, 33, 120])
def test_stretches_cover_the_text_and_are_few(length: int) -> None:
    words = [str(n) for n in range(length)]

    found = stretches(" ".join(words))

    assert 2 <= len(found) <= 7
    assert set(" ".join(found).split()) == set(words)
    assert found[-1].split()[-1] == words[-1]


def test_a_pasted_page_is_not_cut_up() -> None:
    assert stretches(" ".join(["từ"] * 121)) == []
