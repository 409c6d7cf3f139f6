"""Which words of a text are marked for a query."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.highlighting import QueryWords

SYNONYMS = (("ĐTM", "đánh giá tác động môi trường"),)


def marked(query: str, text: str) -> list[str]:
    return [span.text for span in QueryWords(query, SYNONYMS).mark(text) if span.is_marked]


@pytest.mark.parametrize(
    ("query", "text", "expected"),
    [
        ("nuoi tom", "Nuôi tôm và cá", ["Nuôi tôm"]),
        ("nuôi tôm", "Nuôi tôm và cá", ["Nuôi tôm"]),
        ("nuôi tôm", "Nuoi tom va ca", ["Nuoi tom"]),
        ("biển", "biên giới và biển", ["biển"]),
        ("bien", "biên giới và biển", ["biên", "biển"]),
        ("hòa", "hoà giải", ["hoà"]),
        ("nuôi tôm", "nuôi, tôm", ["nuôi", "tôm"]),
        ("tôm và cá", "tôm và cá, và cua", ["tôm và cá"]),
        ("tôm và cá", "cua và ghẹ", []),
        ("ĐTM cảng", "Đánh giá tác động môi trường của cảng", ["Đánh giá tác động môi trường", "cảng"]),
        ("đánh giá tác động môi trường", "Báo cáo ĐTM", ["ĐTM"]),
        ("192/KH-UBND", "Kế hoạch 192/KH-UBND, số 192", ["192/KH-UBND"]),
        ("tom", "tomato", []),
        ("", "nuôi tôm", []),
        ("!!!", "nuôi tôm!!!", []),
    ],
)
def test_whole_words_that_answer_the_query(query: str, text: str, expected: list[str]) -> None:
    assert marked(query, text) == expected


@given(st.text(max_size=40), st.text(max_size=80))
def test_the_spans_put_together_are_the_text(query: str, text: str) -> None:
    spans = QueryWords(query).mark(text)

    assert "".join(span.text for span in spans) == unicodedata.normalize("NFC", text)
    assert all(span.text for span in spans)


def test_markup_in_a_text_stays_text() -> None:
    spans = QueryWords("script").mark("<script>alert(1)</script>")

    assert [(span.text, span.is_marked) for span in spans] == [
        ("<", False),
        ("script", True),
        (">alert(1)</", False),
        ("script", True),
        (">", False),
    ]


def test_words_found_leave_joining_words_out() -> None:
    assert QueryWords("nuôi tôm và cá", SYNONYMS).find("Cá và tôm") == {"ca", "tom"}
    assert QueryWords("ĐTM", SYNONYMS).find("đánh giá tác động môi trường") == {
        "danh", "gia", "tac", "dong", "moi", "truong"
    }  # fmt: skip


WORDS = st.sampled_from(
    [
        *("Nuôi", "nuoi", "nưới", "tôm", "và", "va", "vá", "ở", "o", "cá", "192/KH-UBND", "QĐ/14.2", "ĐTM", "san"),
        *("sản", "hải-sản", "đánh", "giá", "Tài", "tai", "ﬁ", "½", "chó", "cho"),
    ]
)


@given(st.lists(WORDS, min_size=1, max_size=6), st.lists(WORDS, max_size=12), st.sampled_from([" ", "-", ", ", "_"]))
def test_a_word_is_found_where_it_is_marked_and_nowhere_else(query: list[str], text: list[str], between: str) -> None:
    words, written = QueryWords(" ".join(query), SYNONYMS), between.join(text)

    found = words.find(written)

    assert found == set() or any(span.is_marked for span in words.mark(written))
    assert found != set() or not any(span.is_marked for span in words.mark(written))
