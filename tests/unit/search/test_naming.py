"""Whose name was typed, among people who share its syllables."""

from __future__ import annotations

from uuid import uuid4

import pytest

from search.backends.naming import NameQuery, Spellings, closest, lookups, name_score, who_is_meant
from search.vietnamese import syllables

PEOPLE = (
    "Nguyễn Văn Khiết",
    "Nguyễn Văn Khuyết",
    "Trần Thị Sa Phia",
    "Lê Nam",
    "Kinh Tề",
    "Võ Hải Sơn",
)
SYLLABLES = frozenset(word for name in PEOPLE for word in syllables(name))


def meant(text: str, *, words: frozenset[str] = frozenset()) -> list[str]:
    """Best first."""
    query = NameQuery.of(text)
    if query is None:
        return []
    spellings = Spellings.among(query, SYLLABLES, {word: word in words for word in query.full_words})
    ids = {uuid4(): name for name in PEOPLE}
    scores = who_is_meant(query, spellings, [(who, [name]) for who, name in ids.items()])
    return [ids[who] for who, _ in sorted(scores, key=lambda pair: -pair[1])]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Nguyễn Văn Khiết", ["Nguyễn Văn Khiết"]),
        ("khiet nguyen", ["Nguyễn Văn Khiết"]),
        ("nguyen khiet", ["Nguyễn Văn Khiết"]),
        ("Nguyen V Khiet", ["Nguyễn Văn Khiết"]),
        ("N. V. Khiết", ["Nguyễn Văn Khiết"]),
        ("TS. Nguyễn Văn Khiết", ["Nguyễn Văn Khiết"]),
        ("sa phia", ["Trần Thị Sa Phia"]),
        ("Lê Nam", ["Lê Nam"]),
        ("le nam", ["Lê Nam"]),
        ("nam le", ["Lê Nam"]),
        ("nguyen van", ["Nguyễn Văn Khiết", "Nguyễn Văn Khuyết"]),
        ("Khiết", ["Nguyễn Văn Khiết"]),
        ("khiet", ["Nguyễn Văn Khiết"]),
        ("khiệt", []),
        ("văn", []),
        ("Nguyễn", ["Nguyễn Văn Khiết", "Nguyễn Văn Khuyết"]),
        ("nguyễn", []),
        ("nguyn", ["Nguyễn Văn Khiết", "Nguyễn Văn Khuyết"]),
        ("nguyen thi phia", ["Trần Thị Sa Phia"]),
        ("Lê Thị Khiết", ["Nguyễn Văn Khiết"]),
        ("le thi khiet", []),
        ("kinh tế", ["Kinh Tề"]),
        ("kinh tế biển", []),
        ("sơn hải", []),
        ("hải sơn", ["Võ Hải Sơn"]),
        ("n", []),
        ("n v", []),
        ("", []),
        ("nguyen van khiet " * 5, []),
    ],
)
def test_who_is_meant(text: str, names: list[str]) -> None:
    assert meant(text) == names


def test_the_spelling_as_typed_comes_first() -> None:
    query = NameQuery.of("Nguyễn Văn Đường")
    assert query is not None
    spellings = Spellings.among(query, {"nguyen", "van", "duong"}, {})
    likeness = [
        name_score(query, spellings, [name]) for name in ("Nguyễn Văn Đường", "Nguyễn Văn Dương", "Nguyễn Văn An")
    ]

    assert likeness[0] > likeness[1] > likeness[2] == 0


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("lin", ["linh", "lan", "lien"]),
        ("khietj", ["khiet"]),
        ("vna", ["van"]),
        ("zzzz", []),
    ],
)
def test_slips_of_the_keyboard(word: str, expected: list[str]) -> None:
    assert closest(word, ["lan", "lien", "linh", "khiet", "van", "nguyen"]) == expected


def test_a_single_word_that_the_index_knows_is_no_slip() -> None:
    assert meant("khiets") == ["Nguyễn Văn Khiết"]
    assert meant("khiets", words=frozenset({"khiets"})) == []


def test_a_name_beside_other_words_is_looked_up_by_three_in_a_row() -> None:
    query = NameQuery.of("ý kiến nguyễn văn khiết")
    assert query is not None
    spellings = Spellings.among(query, SYLLABLES, {"y": True, "kien": True})

    assert lookups(query, spellings) == [[("nguyen",), ("van",), ("khiet",)]]
    assert name_score(query, spellings, ["Nguyễn Văn Khiết"]) > 0
