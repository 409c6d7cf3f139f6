from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from service.web.marking import Span, mark_words


def test_shared_words_are_marked_whatever_their_case_and_marks() -> None:
    spans = mark_words("Nuôi Trồng thủy sản ở vùng ven biển", ["nuôi trồng", "thuỷ sản"])

    assert spans == [Span("Nuôi Trồng thủy sản", True), Span(" ở vùng ven biển", False)]


def test_only_whole_words_are_marked() -> None:
    assert mark_words("catfish cat", ["cat"]) == [Span("catfish ", False), Span("cat", True)]


def test_the_longest_phrase_wins() -> None:
    spans = mark_words("xâm nhập mặn, xâm nhập", ["xâm nhập", "xâm nhập mặn"])

    assert [span.text for span in spans if span.is_marked] == ["xâm nhập mặn", "xâm nhập"]


def test_words_parted_by_a_comma_are_two_marks() -> None:
    spans = mark_words("tôm, lúa", ["tôm", "lúa"])

    assert spans == [Span("tôm", True), Span(", ", False), Span("lúa", True)]


def test_without_shared_words_nothing_is_marked() -> None:
    assert mark_words("Mariculture in bays", ["", "  ", "!"]) == [Span("Mariculture in bays", False)]
    assert mark_words("", ["a"]) == []


@given(st.text(max_size=80), st.lists(st.text(max_size=10), max_size=4))
def test_the_spans_put_together_are_the_text(text: str, phrases: list[str]) -> None:
    assert "".join(span.text for span in mark_words(text, phrases)) == text
