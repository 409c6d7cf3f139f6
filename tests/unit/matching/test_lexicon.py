from __future__ import annotations

import csv

import pytest

from service.matching.lexicon import REFERENCE, FieldLexicon, FieldRow, Subject, Term, load_lexicon
from service.matching.lexicon_words import counted_words, language_of

SHORE = Subject(name_vi="bảo vệ bờ", name_en="coastal protection", codes=("20708",))
FARM = Subject(name_vi="nuôi biển", name_en="sea farming", codes=("40504",))
LEXICON = FieldLexicon.from_rows(
    subjects=(SHORE, FARM),
    terms=(
        Term(subject=0, vi=("kè", "kè giảm sóng"), en=("breakwater",)),
        Term(subject=1, vi=("lồng bè", "nuôi lồng"), en=("net pen", "sea cage")),
        Term(subject=1, vi=("tự động",), en=()),
        Term(subject=1, vi=("cua",), en=("crab",), is_general=True),
    ),
    fields=(FieldRow(code="40503", name_vi="Bệnh học thuỷ sản", name_en="Fish pathology", topics=("Bệnh tôm sú",)),),
    rules=(("nuôi biển", ("40504", "10613")),),
    synonyms=(("NLB", "lồng bè"), ("AI", "trí tuệ nhân tạo"), ("TS", "tiến sĩ")),
)


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("Kè giảm sóng ven biển", [0]),  # the longest wins: not "kè" and something else
        ("kể chuyện", []),  # one syllable counts as it is spelled
        ("của ngư dân nuôi cua", [3]),
        ("Mooring of net-pens and breakwaters", [1, 0]),  # plurals and dashes
        ("nuoi long be tren bien", [1]),  # typed without marks
        ("tù đọng", []),  # folded like "tự động", but spelled otherwise
        ("đề án NLB", [1]),  # an abbreviation
        ("ai cũng biết", []),
        ("ứng dụng AI", [4]),
    ],
)
def test_terms_are_found_as_they_are_spelled(text: str, terms: list[int]) -> None:
    assert LEXICON.term_ids(text) == terms


def test_one_idea_has_one_identity_in_both_languages() -> None:
    assert LEXICON.term_ids("nuôi lồng") == LEXICON.term_ids("sea cages") == [1]


def test_general_terms_count_less() -> None:
    assert LEXICON.subject_counts("lồng bè và cua") == {1: 14}


def test_field_codes_come_from_subjects_rules_and_the_list() -> None:
    assert LEXICON.field_codes("Bệnh tôm sú ở vùng nuôi biển", subjects=(1,)) == ("40504", "40503", "10613")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("nuôi cá lồng bè trên biển", "vi"),
        ("Hap thu nito boi rong sun va hau", "vi-plain"),
        ("Extreme mooring tensions of gravity-type net pens", "en"),
    ],
)
def test_the_language_of_evidence_is_told(text: str, language: str) -> None:
    assert language_of(text) == language


def test_words_are_counted_folded_with_their_pairs_and_without_joining_words() -> None:
    assert counted_words("Nuôi biển của tỉnh") == ["nuoi", "bien", "tinh", "nuoi bien", "bien cua", "cua tinh"]


def test_the_shipped_lexicon_is_sound() -> None:
    lexicon = load_lexicon()
    known = {row.code for row in lexicon.fields}
    with (REFERENCE / "subject_terms.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))

    assert [s.name_vi for s in lexicon.subjects if not s.name_en or not s.codes] == []
    assert [(s.name_vi, code) for s in lexicon.subjects for code in s.codes if code not in known] == []
    assert [row for row in rows if not row["terms_vi"] or not row["terms_en"]] == []
    assert {row["subject_vi"] for row in rows} == {s.name_vi for s in lexicon.subjects}
    assert len({s.name_vi for s in lexicon.subjects}) == len(lexicon.subjects)
