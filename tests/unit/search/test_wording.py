"""The share of a query that a document answers in words."""

from __future__ import annotations

import numpy as np
import pytest

from search.backends.wording import (
    Synonyms,
    Vocabulary,
    WordQuery,
    WordScorer,
    WordSequence,
    has_abbreviation,
)

SYNONYMS = Synonyms([("ĐTM", "đánh giá tác động môi trường"), ("AI", "trí tuệ nhân tạo"), ("ĐTM biển", "đo tầng mặt")])


def scorer(text: str, frequencies: dict[str, int], *, documents: int = 100) -> WordScorer:
    found = WordQuery(text, SYNONYMS).ready(Vocabulary(documents, 50.0, frequencies))
    assert found is not None
    return found


def score(text: str, frequencies: dict[str, int], held: dict[str, float], *, length: float = 50.0) -> float:
    made = scorer(text, frequencies)
    row = np.array([[held.get(lexeme, 0.0) for lexeme in made.lexemes]])
    return float(made.scores(row, np.array([length]))[0])


def test_a_document_that_holds_every_word_answers_all_of_it() -> None:
    assert score("nuoi tom", {"nuoi": 5, "tom": 3}, {"nuoi": 1, "tom": 1}) == pytest.approx(1.0)


def test_a_word_that_nobody_has_counts_as_unanswered() -> None:
    assert score("nuoi khunglong", {"nuoi": 5}, {"nuoi": 1}) < 0.5


def test_rare_words_are_worth_more() -> None:
    frequencies = {"nuoi": 80, "tom": 2}

    assert score("nuoi tom", frequencies, {"tom": 1}) > 0.8 > 0.2 > score("nuoi tom", frequencies, {"nuoi": 1})


def test_words_in_order_add_to_it() -> None:
    frequencies = {"nuoi": 5, "tom": 3, "nuoi_tom": 2}

    assert score("nuoi tom", frequencies, {"nuoi": 1, "tom": 1, "nuoi_tom": 1}) > 1.2


def test_a_long_document_is_held_back_and_a_short_one_is_not_made_much_of() -> None:
    frequencies, held = {"tom": 3}, {"tom": 1.0}

    assert score("tom", frequencies, held, length=500) < score("tom", frequencies, held)
    assert score("tom", frequencies, held, length=1) == pytest.approx(score("tom", frequencies, held, length=25))


def test_a_synonym_answers_almost_as_well_and_half_of_one_much_worse() -> None:
    expansion = ["tri", "tue", "nhan", "tao"]
    frequencies = dict.fromkeys(["ai", *expansion], 5)

    whole = score("AI", frequencies, dict.fromkeys(expansion, 1.0))
    half = score("AI", frequencies, dict.fromkeys(expansion[:2], 1.0))

    assert whole == pytest.approx(0.9)
    assert half < 0.4
    assert score("AI", frequencies, {"ai": 1.0}) == pytest.approx(1.0)


def test_marked_queries_prefer_marked_words_and_accept_unmarked_profiles() -> None:
    frequencies = {"bien": 9, "=biên3": 4, "=bien": 2, "=biên": 3}
    exact = score("biển", frequencies, {"bien": 1, "=biên3": 1})
    unmarked = score("biển", frequencies, {"bien": 1, "=bien": 1})
    other = score("biển", frequencies, {"bien": 1, "=biên": 1})

    assert exact == pytest.approx(1.0)
    assert 0.85 < unmarked < exact
    assert other < 0.3


def test_the_longest_known_term_is_one_unit() -> None:
    units = list(SYNONYMS.units(WordSequence.of("ĐTM biển và ĐTM")))

    assert [unit.words.folded for unit in units] == [("dtm", "bien"), ("va",), ("dtm",)]
    assert [len(unit.synonyms) for unit in units] == [1, 0, 1]


def test_of_a_pasted_text_the_most_telling_known_words_are_asked_for() -> None:
    known = {f"tu{n}": 1 + n for n in range(60)}
    text = " ".join([*known, *(f"la{n}" for n in range(200))])

    lexemes = scorer(text, known).lexemes

    assert len(lexemes) == 32
    assert "tu0" in lexemes
    assert "tu59" not in lexemes


def test_searching_starts_from_the_rarest_within_its_budget() -> None:
    made = scorer("nuoi tom su", {"nuoi": 50, "tom": 30, "su": 2})

    assert [lexeme for lexeme, _ in made.searchable(40)] == ["su", "tom"]
    assert [lexeme for lexeme, _ in made.searchable(1)] == ["su"], "at least one, however common"


def test_a_query_of_unknown_words_has_no_scorer() -> None:
    assert WordQuery("khủng long", SYNONYMS).ready(Vocabulary(10, 5.0, {})) is None
    assert WordQuery("", SYNONYMS).ready(Vocabulary(10, 5.0, {"a": 1})) is None


HELD_BY_FIVE = {"nuoi": 50, "tom": 50, "su": 3, "rung": 50, "tay": 50}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tom", "'tom'"),
        ("nuoi tom", "('nuoi' & 'tom')"),
        ("nuoi su", "'su'"),  # the rare one is nearly all of it
        ("nuoi khunglong", None),  # nobody holds what most of it is about
        ("a b c d e f g h i", None),
    ],
)
def test_others_have_to_hold_nearly_all_of_what_is_asked(text: str, expected: str | None) -> None:
    made = scorer(text, {**HELD_BY_FIVE, "a": 5})

    assert made.broadly(0.7) == expected


def test_others_may_hold_a_synonym_and_any_of_the_right_spellings() -> None:
    made = scorer("AI", {"ai": 5, "tri": 5, "tue": 5, "nhan": 5, "tao": 5})
    marked = scorer("nuôi tôm", {"=nuôi": 5, "=nuoi": 2, "nuoi": 7, "tom": 9, "=tôm": 5})

    assert made.broadly(1.0) == "('ai' | ('tri' & 'tue' & 'nhan' & 'tao'))"
    assert marked.broadly(1.0) == "(('=nuôi' | '=nuoi') & '=tôm')"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("MRV lúa", True),
        ("awd", True),
        ("ĐTM cao tốc", True),
        ("PPP rác", True),
        ("nuôi tôm", False),
        ("nguyen mai lin", False),
        ("mangrove planting", False),
        ("báo cáo ĐTM của dự án cảng", False),
        ("2024", False),
    ],
)
def test_queries_about_an_abbreviation(text: str, expected: bool) -> None:
    assert has_abbreviation(text) is expected
