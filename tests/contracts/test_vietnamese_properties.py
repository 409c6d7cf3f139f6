"""Marks, synonyms and slips of the keyboard over all Vietnamese letters, on the real index in PostgreSQL.

The examples are the same in every run, so that a failure is a change of ours.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from uuid import UUID

from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from psycopg_pool import AsyncConnectionPool

from search.backends.postgresql import PostgresqlBackend
from search.documents import ExpertDocument
from search.query import Rankings
from search.vietnamese import syllables
from tests.contracts.indexed import DIMENSIONS, EMBEDDER, person, put, search

TONES = ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
VOWELS = "aăâeêioôơuưy"
ONSETS = ("", *"bcdđghklmnpqrstvx", "ch", "gi", "gh", "kh", "ng", "ngh", "nh", "ph", "qu", "th", "tr")
CODAS = ("", "c", "m", "n", "p", "t", "ch", "ng", "nh")

repeatedly = settings(
    max_examples=150,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # each example removes what it wrote
)


def _unmarked(text: str) -> str:
    """By hand, not by the code under test."""
    plain = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    return plain.replace("đ", "d").replace("Đ", "D")


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


FORMS: dict[str, Callable[[str], str]] = {
    "NFC": _nfc,
    "NFD": lambda text: unicodedata.normalize("NFD", text),
    "capitals": lambda text: _nfc(text).upper(),
    "unmarked": _unmarked,
}
forms = st.sampled_from(sorted(FORMS))
tones = st.sampled_from(TONES)
vowels = st.sampled_from(VOWELS)
_letters = (*VOWELS, "d", "đ")
# Different letters that are the same without their marks.
pairs = st.sampled_from([(a, b) for a in _letters for b in _letters if a != b and _unmarked(a) == _unmarked(b)])


@st.composite
def words(draw: st.DrawFn, tone: st.SearchStrategy[str] = tones, shortest: int = 2) -> str:
    """A syllable in NFC that may or may not be a word; every letter with every tone comes up."""
    onset, vowel, coda = draw(st.sampled_from(ONSETS)), draw(vowels), draw(st.sampled_from(CODAS))
    word = _nfc(onset + vowel + draw(tone) + coda)
    assume(len(_unmarked(word)) >= shortest)
    return word


def _found(rankings: Rankings) -> set[UUID]:
    return {hit.expert_id for hit in (*rankings.exact, *rankings.by_words)}


async def _with(index: PostgresqlBackend, *people: ExpertDocument) -> None:
    held = await index.ids()
    await index.delete(list(held))
    await put(index, *people)


@repeatedly
@given(st.lists(words(), min_size=1, max_size=3), forms, forms)
async def test_a_text_is_found_in_whatever_form_it_and_the_query_are_written(
    in_postgresql: PostgresqlBackend, text: list[str], written: str, typed: str
) -> None:
    phrase = " ".join(text)
    wanted, other = person("Một", FORMS[written](phrase)), person("Hai", "qwfz")
    await _with(in_postgresql, wanted, other)

    rankings = await search(in_postgresql, FORMS[typed](phrase), with_others=True)

    assert [hit.expert_id for hit in rankings.by_words] == [wanted.id]


@repeatedly
@given(st.sampled_from(ONSETS[1:]), vowels, st.sampled_from(CODAS), tones, tones, forms)
async def test_the_tone_as_typed_goes_first(
    in_postgresql: PostgresqlBackend, onset: str, vowel: str, coda: str, tone: str, other_tone: str, written: str
) -> None:
    typed, other = _nfc(onset + vowel + tone + coda), _nfc(onset + vowel + other_tone + coda)
    assume(tone != other_tone and typed != _unmarked(typed))
    assume(written != "unmarked" and other != _unmarked(other))
    same, different = person("Một", FORMS[written](f"lời {typed}")), person("Hai", FORMS[written](f"lời {other}"))
    await _with(in_postgresql, different, same)

    marked = [hit.expert_id for hit in (await search(in_postgresql, typed)).by_words]
    unmarked = [hit.score for hit in (await search(in_postgresql, _unmarked(typed))).by_words]

    assert marked == [same.id, different.id]
    assert len(unmarked) == 2
    assert abs(unmarked[0] - unmarked[1]) < 1e-9


@repeatedly
@given(pairs.filter(lambda pair: "d" not in pair), tones, pairs)
async def test_vowels_and_d_as_typed_go_first(
    in_postgresql: PostgresqlBackend, vowel: tuple[str, str], tone: str, stroke: tuple[str, str]
) -> None:
    first, second = stroke if set(stroke) == {"d", "đ"} else ("l", "l")
    typed, other = _nfc(first + vowel[0] + tone + "n"), _nfc(second + vowel[1] + tone + "n")
    assume(typed != _unmarked(typed) and other != _unmarked(other))
    same, different = person("Một", f"lời {typed}"), person("Hai", f"lời {other}")
    await _with(in_postgresql, different, same)

    assert [hit.expert_id for hit in (await search(in_postgresql, typed)).by_words] == [same.id, different.id]


async def test_every_letter_is_told_from_every_other_and_found_without_its_marks(
    in_postgresql: PostgresqlBackend,
) -> None:
    letters = [_nfc(vowel + tone) for vowel in VOWELS for tone in TONES]
    texts = [f"{onset}{letter}n" for letter in letters for onset in "dđ"]
    people = {text: person(text.encode().hex(), text) for text in texts}
    await put(in_postgresql, *people.values())

    for text in texts:
        folded = {one.id for other, one in people.items() if _unmarked(other) == _unmarked(text)}
        for form in FORMS.values():
            hits = (await search(in_postgresql, form(text))).by_words
            assert {hit.expert_id for hit in hits} == folded
            if form is not _unmarked and text != _unmarked(text):
                assert hits[0].expert_id == people[text].id
                assert hits[0].score > hits[1].score


@repeatedly
@given(words(shortest=3), st.lists(words(), min_size=2, max_size=4), forms, forms, st.booleans())
async def test_a_synonym_is_found_by_the_other_in_every_form(
    in_postgresql: PostgresqlBackend,
    pool: AsyncConnectionPool,
    term: str,
    expansion: list[str],
    written: str,
    typed: str,
    is_abbreviated: bool,
) -> None:
    long = " ".join(expansion)
    assume(_unmarked(term) not in {_unmarked(word) for word in expansion})
    index = PostgresqlBackend(
        pool, schema=in_postgresql._schema, synonyms=[(term, long)], dimensions=DIMENSIONS, embedder_id=EMBEDDER
    )
    held, asked = (term, long) if is_abbreviated else (long, term)
    longer = person("Hai", FORMS[written](f"{held}qwfz" if is_abbreviated else "qwfz"))
    wanted = person("Một", FORMS[written](held))
    await _with(in_postgresql, wanted, longer)

    rankings = await search(index, FORMS[typed](asked), with_others=True)
    without = await search(in_postgresql, FORMS[typed](asked))

    assert rankings.by_words[0].expert_id == wanted.id
    assert rankings.by_words[0].score > 0.5
    assert wanted.id not in _found(without), "only the synonym leads there"
    assert longer.id not in _found(rankings), "a synonym is whole words"


_LETTERS = "abcdefghijklmnopqrstuvwxyz"


@st.composite
def slips(draw: st.DrawFn) -> tuple[list[str], list[str]]:
    """A name of three syllables, and the same with one letter more, less, other, or two changed over."""
    name = draw(st.lists(words(shortest=4), min_size=3, max_size=3, unique_by=_unmarked))
    place = draw(st.integers(0, 2))
    typed = draw(st.sampled_from([name[place], _unmarked(name[place])]))
    at = draw(st.integers(0, len(typed) - 1))
    letter = draw(st.sampled_from(_LETTERS))
    slipped = draw(
        st.sampled_from(
            [
                typed[:at] + letter + typed[at:],
                typed[:at] + typed[at + 1 :],
                typed[:at] + letter + typed[at + 1 :],
                typed[:at] + typed[at : at + 2][::-1] + typed[at + 2 :],
            ]
        )
    )
    known = {_unmarked(word) for word in name}
    assume(_unmarked(slipped) not in known)
    return name, [*name[:place], slipped, *name[place + 1 :]]


@repeatedly
@given(slips(), forms, st.permutations([0, 1, 2]))
@example((["Nguyễn", "Thành", "Trọng"], ["Nguyễn", "Thnàh", "Trọng"]), "NFC", [0, 1, 2])
async def test_a_name_with_one_slip_is_still_that_persons(
    in_postgresql: PostgresqlBackend, slip: tuple[list[str], list[str]], typed: str, order: list[int]
) -> None:
    name, slipped = slip
    wanted, other = person(" ".join(word.capitalize() for word in name)), person("Qwfz Zwfq Kwfz")
    await _with(in_postgresql, wanted, other)

    rankings = await search(in_postgresql, FORMS[typed](" ".join(slipped[place] for place in order)))

    assert [hit.expert_id for hit in rankings.exact] == [wanted.id]


@repeatedly
@given(st.text(alphabet=st.sampled_from([*VOWELS, *TONES[1:], *"đĐð -/.ng1"]), max_size=60))
async def test_whatever_is_typed_in_these_letters_is_answered(in_postgresql: PostgresqlBackend, text: str) -> None:
    """Marks may stand alone, in heaps, before a letter."""
    one = person("Một", text)
    await _with(in_postgresql, one, person("Hai", "qwfz"))

    rankings = await search(in_postgresql, text, with_others=True)

    assert {hit.expert_id for hit in rankings.by_words} == ({one.id} if syllables(text) else set())
