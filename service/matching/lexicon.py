"""What the matcher knows of subjects: their terms in both languages, the field list with its topics, keyword rules.

Pure: built from rows (`FieldLexicon.from_rows`) or from the CSV files shipped in service/reference (`load_lexicon`).
A *term* is one idea under all its spellings, Vietnamese and English; a *subject* is a group of terms with a name that
a leader understands. Terms let a Vietnamese draft meet an English work, and give themes their names and field codes.
"""

from __future__ import annotations

import csv
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path

from search.vietnamese import fold
from service.directory.names import canonical_marks
from service.matching.lexicon_words import counted_words, language_of, spelled_words, stem

REFERENCE = Path(__file__).parent.parent / "reference"
GENERAL = 0.4
_LONGEST_FIELD_NAME = 5  # words; longer names of fields never stand in running text
_NARROW_FIELD = 3  # subjects: business and management holds dozens that have nothing in common
_AMBIGUOUS_UNDER = 4  # letters: shorter abbreviations count only in capitals (AI is also the word "ai")


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    name_vi: str
    name_en: str
    codes: tuple[str, ...]
    is_general: bool = False  # named in most papers whatever they are about
    is_finance: bool = False  # what a section on money can be about


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One idea. `subject` is the index of its subject; None for field names and abbreviations of no subject."""

    subject: int | None
    vi: tuple[str, ...]
    en: tuple[str, ...]
    is_general: bool = False  # a method or a word of all papers: says little by itself


@dataclass(frozen=True, slots=True)
class TermHit:
    term: int
    start: int  # first word
    length: int  # words


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldRow:
    code: str
    name_vi: str
    name_en: str
    topics: tuple[str, ...] = ()


@dataclass(slots=True)
class FieldLexicon:
    """Look-up of terms in texts, and of field codes for texts. Build it once and share it: nothing in it changes."""

    subjects: tuple[Subject, ...]
    terms: tuple[Term, ...]
    fields: tuple[FieldRow, ...]
    rules: tuple[tuple[str, tuple[str, ...]], ...]
    _phrases: dict[tuple[str, ...], dict[str, list[int]]] = field(default_factory=dict, repr=False)
    _spelled: dict[str, list[int]] = field(default_factory=dict, repr=False)
    _capitals: dict[str, list[int]] = field(default_factory=dict, repr=False)
    # Lengths of phrases, longest first, by their first two words.
    _lengths: dict[tuple[str, ...], tuple[int, ...]] = field(default_factory=dict, repr=False)
    _under_field: Counter[str] = field(default_factory=Counter, repr=False)  # subjects that stand under a field first
    _field_words: dict[str, list[tuple[int, float]]] = field(default_factory=dict, repr=False)

    @classmethod
    def from_rows(
        cls,
        *,
        subjects: Sequence[Subject],
        terms: Sequence[Term],
        fields: Sequence[FieldRow] = (),
        rules: Sequence[tuple[str, tuple[str, ...]]] = (),
        synonyms: Sequence[tuple[str, str]] = (),
    ) -> FieldLexicon:
        lexicon = cls(tuple(subjects), tuple(terms), tuple(fields), tuple(rules))
        for index, term in enumerate(terms):
            for variant in (*term.vi, *term.en):
                lexicon._add(variant, index)
        lexicon._add_synonyms(synonyms)
        lexicon._add_field_names()
        lexicon._index_fields()
        lexicon._under_field.update(code for subject in subjects for code in subject.codes[:1])
        return lexicon

    def find_terms(self, text: str) -> list[TermHit]:
        """Terms in reading order, longest first at each place; words of one hit serve no other."""
        spelled = spelled_words(text)
        folded = [stem(word) for word in spelled]
        capitals = set(re.findall(r"\b[A-ZĐ]{2,}\b", text)) if not text.isupper() else set()
        is_plain = language_of(text) == "vi-plain"
        hits: list[TermHit] = []
        at = 0
        while at < len(spelled):
            found: Sequence[int] = ()
            length = 1
            for length in self._lengths.get(tuple(folded[at : at + 2]), ()):
                variants = self._phrases.get(tuple(folded[at : at + length])) if at + length <= len(spelled) else None
                found = _same_spelling(variants, spelled[at : at + length], is_plain) if variants else ()
                if found:
                    break
            else:
                length = 1
                word = spelled[at]
                found = self._spelled.get(folded[at] if word.isascii() else word, ())
                if not found and capitals and word.upper() in capitals:
                    found = self._capitals.get(folded[at], ())
            hits += [TermHit(term, at, length) for term in found]
            at += length
        return hits

    def term_ids(self, text: str) -> list[int]:
        return [hit.term for hit in self.find_terms(text)]

    def weight(self, term: int) -> float:
        """GENERAL for terms that say little by themselves, 1 for the others."""
        found = self.terms[term]
        is_general = found.is_general or (found.subject is not None and self.subjects[found.subject].is_general)
        return GENERAL if is_general else 1.0

    def subject_counts(self, text: str) -> Counter[int]:
        """How often each subject is named, in tenths of a telling term."""
        counts: Counter[int] = Counter()
        for hit in self.find_terms(text):
            term = self.terms[hit.term]
            if term.subject is not None:
                counts[term.subject] += 4 if term.is_general else 10
        return counts

    def named_subjects(self, text: str) -> Counter[int]:
        """How often each subject is named by a telling term."""
        counts: Counter[int] = Counter()
        for hit in self.find_terms(text):
            term = self.terms[hit.term]
            if term.subject is not None and not term.is_general:
                counts[term.subject] += 1
        return counts

    def are_kin(self, subject: int, other: int) -> bool:
        """Whether an expert of the one would be asked about the other: one narrow field first, and all fields of one
        subject are the other's too."""
        mine, theirs = self.subjects[subject].codes, self.subjects[other].codes
        if not mine or mine[:1] != theirs[:1] or self._under_field[mine[0]] > _NARROW_FIELD:
            return False
        return set(mine) <= set(theirs) or set(theirs) <= set(mine)

    def field_codes(self, text: str, *, subjects: Iterable[int] = (), limit: int = 4) -> tuple[str, ...]:
        """Level-3 codes for a text: those of its subjects and of the keyword rules first, then by words of the list."""
        scores: dict[str, float] = defaultdict(float)
        for rank, subject in enumerate(subjects):
            for place, code in enumerate(self.subjects[subject].codes):
                scores[code] += 1.0 / (1 + rank) / (1 + 0.5 * place)
        folded = f" {fold(text)} "
        for phrase, codes in self.rules:
            if f" {fold(phrase)} " in folded:
                for place, code in enumerate(codes):
                    scores[code] += 1.0 / (1 + place)
        for index, cosine in self.similar_fields(text, limit=2):
            if cosine >= 0.2:
                scores[self.fields[index].code] += 2.0 * cosine
        ranked = sorted(scores, key=lambda code: (-scores[code], code))
        return tuple(code for code in ranked[:limit] if scores[code] >= 0.3)

    def similar_fields(self, text: str, *, limit: int) -> list[tuple[int, float]]:
        """Fields whose name and topics share words with the text: (index, cosine), best first."""
        counts = Counter(counted_words(text))
        sums: dict[int, float] = defaultdict(float)
        norm = 0.0
        for word, count in counts.items():
            postings = self._field_words.get(word)
            if not postings:
                continue
            weight = (1 + math.log(count)) * math.log(1 + len(self.fields) / len(postings))
            norm += weight * weight
            for index, value in postings:
                sums[index] += weight * value
        if not sums:
            return []
        scale = 1 / math.sqrt(norm)
        best = sorted(sums.items(), key=lambda item: (-item[1], item[0]))[:limit]
        return [(index, value * scale) for index, value in best]

    # --- building ---------------------------------------------------------------------------------------------------

    def _add(self, variant: str, index: int) -> None:
        words = spelled_words(variant)
        if not words:
            return
        if len(words) == 1:
            word = words[0]
            if variant.isupper() and len(word) < _AMBIGUOUS_UNDER:
                self._capitals.setdefault(stem(word), []).append(index)
                return
            # One syllable counts as it is spelled: "kè" is a term, "kể" is not; "cua" is a crab, "của" is "of".
            self._spelled.setdefault(word if not word.isascii() else stem(word), []).append(index)
            return
        key = tuple(stem(word) for word in words)
        listed = self._phrases.setdefault(key, {}).setdefault(_spelling(words), [])
        if index not in listed:
            listed.append(index)
        self._lengths[key[:2]] = tuple(sorted({*self._lengths.get(key[:2], ()), len(key)}, reverse=True))

    def _known(self, text: str) -> int | None:
        words = spelled_words(text)
        if len(words) == 1:
            found: Sequence[int] = self._spelled.get(stem(words[0]) if words[0].isascii() else words[0], ())
        else:
            variants = self._phrases.get(tuple(stem(word) for word in words))
            found = _same_spelling(variants, words, False) if variants else ()
        return found[0] if found else None

    def _add_synonyms(self, synonyms: Sequence[tuple[str, str]]) -> None:
        """An abbreviation joins the term of its expansion; the two make a term of their own when there is none."""
        for short, long in synonyms:
            words = spelled_words(short)
            if not words or (len(words) == 1 and len(words[0]) < 3 and not short.isupper()) or "." in short:
                continue
            known = self._known(long)
            if known is None:
                known = self._known(short)
            if known is None:
                self.terms = (*self.terms, Term(subject=None, vi=(long, short), en=()))
                known = len(self.terms) - 1
            self._add(short, known)
            self._add(long, known)

    def _add_field_names(self) -> None:
        for row in self.fields:
            names = [name for name in (row.name_vi, row.name_en) if name]
            if any(2 <= len(spelled_words(name)) <= _LONGEST_FIELD_NAME for name in names) and not any(
                self._known(name) is not None for name in names
            ):
                self.terms = (*self.terms, Term(subject=None, vi=(row.name_vi,), en=(row.name_en,)))
                for name in names:
                    if 2 <= len(spelled_words(name)) <= _LONGEST_FIELD_NAME:
                        self._add(name, len(self.terms) - 1)

    def _index_fields(self) -> None:
        texts = [Counter(counted_words(" . ".join((row.name_vi, row.name_en, *row.topics)))) for row in self.fields]
        document_counts = Counter(word for counts in texts for word in counts)
        for index, counts in enumerate(texts):
            weights = {
                word: (1 + math.log(count)) * math.log(1 + len(texts) / document_counts[word])
                for word, count in counts.items()
            }
            norm = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
            for word, weight in weights.items():
                self._field_words.setdefault(word, []).append((index, weight / norm))


def _spelling(words: Sequence[str]) -> str:
    """The phrase with its marks, in one style of writing; "" for words without any, whose endings may differ."""
    phrase = " ".join(words)
    return "" if phrase.isascii() else _canonical_marks(phrase)


_canonical_marks = lru_cache(maxsize=65536)(canonical_marks)


def _same_spelling(variants: dict[str, list[int]], words: Sequence[str], is_plain: bool) -> Sequence[int]:
    """Of the variants of one folded phrase, those meant: "tự động" is not "tù đọng". Text without marks means any."""
    spelling = _spelling(words)
    if not spelling and is_plain:
        return next(iter(variants.values()))
    return variants.get(spelling, ())


@cache
def load_lexicon(folder: Path = REFERENCE) -> FieldLexicon:
    """The lexicon of the files shipped with the product; read once for each folder."""
    subject_rows = _rows(folder / "subjects.csv")
    index = {row["name_vi"]: place for place, row in enumerate(subject_rows)}
    topics: dict[str, list[str]] = defaultdict(list)
    for row in _rows(folder / "research_field_topics.csv"):
        topics[row["code"]].append(row["topic_vi"])
    return FieldLexicon.from_rows(
        subjects=[
            Subject(
                name_vi=row["name_vi"],
                name_en=row["name_en"],
                codes=_split(row["codes"]),
                is_general=bool(row["is_general"]),
                is_finance=bool(row["is_finance"]),
            )
            for row in subject_rows
        ],
        terms=[
            Term(
                subject=index[row["subject_vi"]],
                vi=_split(row["terms_vi"]),
                en=_split(row["terms_en"]),
                is_general=bool(row["is_general"]),
            )
            for row in _rows(folder / "subject_terms.csv")
        ],
        fields=[
            FieldRow(
                code=row["code"], name_vi=row["name_vi"], name_en=row["name_en"], topics=tuple(topics[row["code"]])
            )
            for row in _rows(folder / "research_fields.csv")
            if len(row["code"]) == 5
        ],
        rules=[(row["phrase"], _split(row["codes"])) for row in _rows(folder / "field_rules.csv")],
        synonyms=[(row["term"], row["expansion"]) for row in _rows(folder / "synonyms.csv")],
    )


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _split(cell: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in cell.split(";") if part.strip())
