"""Themes of a draft: the three to ten subjects a council must cover, in words a leader understands.

A short plan says its subjects itself: each numbered task begins with one, and the section that asks for opinions names
more. A long or loose text does not: there the subjects of the lexicon are counted, unit by unit, and the heaviest are
taken. Pure, and without vectors: the same draft gives the same themes on every installation.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TypeVar

from ingestion.drafts.records import DraftPassage
from search.vietnamese import fold
from service.matching.lexicon import GENERAL, FieldLexicon
from service.matching.lexicon_words import STOP_WORDS, counted_words, spelled_words, stem
from service.matching.passages import without_agencies
from service.matching.results import FoundTheme, PassageDecision
from service.matching.theme_units import Part, Unit, is_strung_together, split_clauses, split_closely, units_of

_Key = TypeVar("_Key", str, int)

FEWEST, MOST = 3, 10
_LONG_DRAFT = 1500  # words of units: above this headings alone are no themes
_QUERY_LENGTH = 1800  # characters of a theme's query text
_OWN_SHARE = 0.34  # a unit belongs to a subject that holds this share of its terms,
_NAMED_SHARE = 0.15  # or that it names outright, with this share
_SPLIT_WORDS = 10  # each half of a task that is cut in two has at least this many
_REPEATED = 4  # units of a long draft that make a subject of it
_MONEY_WORDS = 25
_TELLING = 10  # subject counts that one telling term gives
_SHORT_DRAFT = 250  # words of units: below this every part of a sentence speaks for itself
_IN_PASSING = 15  # words
_PART_WEIGHTS = {Part.CONTEXT: 0.5}  # where a paper stands tells less than what it wants
_LAW = "pháp luật, kỹ thuật lập pháp"
_LAW_ASKS = "thẩm quyền và kỹ thuật xây dựng văn bản quy phạm pháp luật"
_MAKES_RULES = re.compile(
    r"\b(?:nghi quyet|quyet dinh|nghi dinh|thong tu|quy che|luat|phap lenh)\b.*\b(?:quy dinh|ban hanh|sua doi"
    r"|bo sung)\b"
    r"|^(?:du thao )?(?:luat|nghi dinh|thong tu|quy che|quy dinh|phap lenh)\b|\b(?:draft law|bill|ordinance"
    r"|regulation)\b"
)
_JOINS = re.compile(r"[,&–]|\b(?:và|and)\b", re.IGNORECASE)  # a lead that names two things
_ASKS = re.compile(r"^(?:.{0,60}?\b(?:ý kiến|phản biện|góp ý)\b[^,;]{0,20}?\bvề:?\s+)", re.IGNORECASE)


@dataclass(slots=True)
class _Draft:
    """A theme in the making."""

    lead: str
    units: list[Unit] = field(default_factory=list)
    subject: int | None = None
    asked: bool = False  # named where opinions are asked for
    is_minor: bool = False

    @property
    def text(self) -> str:
        return " ".join(unit.text for unit in self.units)

    @property
    def words(self) -> float:
        return sum(unit.words * unit.weight for unit in self.units)


def find_themes(
    passages: Sequence[DraftPassage],
    decisions: Sequence[PassageDecision],
    *,
    title: str | None,
    lexicon: FieldLexicon,
) -> list[FoundTheme]:
    """Heaviest first within reading order of the draft; at least one for any draft that has a sentence or a title."""
    units = units_of(passages, decisions)
    return _Finder(lexicon, title or "", units).run()


class _Finder:
    def __init__(self, lexicon: FieldLexicon, title: str, units: list[Unit]) -> None:
        self.lexicon = lexicon
        self.title = title
        self.units = units
        self.counts = [lexicon.subject_counts(unit.text) for unit in units]
        self.is_short = sum(unit.words for unit in units) <= _SHORT_DRAFT

    def run(self) -> list[FoundTheme]:
        drafts = self._by_tasks()
        if drafts is None:
            if self.is_short:
                self._look_closely()
            drafts = self._by_subjects()
        if not drafts:
            drafts = self._whole()
        drafts = self._within_limits(drafts)
        if not self._is_thin():
            self._name_subjects(drafts)
        return self._finish(drafts)

    # --- a plan whose tasks say their subjects ----------------------------------------------------------------------

    def _by_tasks(self) -> list[_Draft] | None:
        """None when the paper is too long, or its tasks are not told apart."""
        groups: dict[str, _Draft] = {}
        for unit in self.units:
            if unit.part in (Part.TASK, Part.MONEY) and unit.group is not None:
                draft = groups.setdefault(unit.group, _Draft(unit.lead, is_minor=unit.part is Part.MONEY))
                draft.units.append(unit)
        tasks = [draft for draft in groups.values() if not draft.is_minor]
        total = sum(unit.words for unit in self.units)
        if total > _LONG_DRAFT or not FEWEST <= len(tasks) <= MOST + 2:
            return None
        drafts = [half for draft in tasks for half in self._halves(draft)]
        self._add_money([draft for draft in groups.values() if draft.is_minor], drafts)
        self._add_requests(drafts)
        self._add_law(drafts)
        return drafts

    def _halves(self, draft: _Draft) -> list[_Draft]:
        """Two themes of a task that speaks of two subjects one after the other ("Môi trường và xã hội")."""
        if draft.lead and not _JOINS.search(draft.lead):
            return [draft]
        clauses = [
            replace(unit, text=clause) for unit in draft.units for clause in split_clauses(unit.text) if clause.strip()
        ]
        counts = [self.lexicon.subject_counts(clause.text) for clause in clauses]
        best: tuple[float, int] | None = None
        for cut in range(1, len(clauses)):
            left, right = sum(counts[:cut], Counter[int]()), sum(counts[cut:], Counter[int]())
            if min(sum(unit.words for unit in side) for side in (clauses[:cut], clauses[cut:])) < _SPLIT_WORDS:
                continue
            if min(len(left), len(right)) < 1 or min(left.total(), right.total()) < 20:
                continue
            shared = _cosine(left, right)
            if best is None or shared < best[0]:
                best = (shared, cut)
        if best is None or best[0] > 0.1:
            return [draft]
        return [
            _Draft(draft.lead, clauses[: best[1]], is_minor=draft.is_minor),
            _Draft(draft.lead, clauses[best[1] :], is_minor=draft.is_minor),
        ]

    def _add_money(self, sections: list[_Draft], drafts: list[_Draft]) -> None:
        """A section on money is a theme when it says more than amounts: how costs are shared, weighed, paid."""
        for section in sections:
            counts = self._finance(section.text)
            if section.words < _MONEY_WORDS or counts.total() < _TELLING:
                continue
            tasks = [draft for draft in drafts if self._finance(draft.lead).total() >= _TELLING]
            if tasks:
                tasks[0].units += section.units
            else:
                section.subject = max(counts, key=lambda s: (counts[s] * self._generality(s), -s))
                drafts.append(section)

    def _finance(self, text: str) -> Counter[int]:
        counts = self.lexicon.subject_counts(text)
        return Counter({s: n for s, n in counts.items() if self.lexicon.subjects[s].is_finance})

    def _add_law(self, drafts: list[_Draft]) -> None:
        """A paper that makes rules needs people who know the law, whether or not it says so."""
        law = next((s for s, subject in enumerate(self.lexicon.subjects) if subject.name_vi == _LAW), None)
        if law is None or not _MAKES_RULES.search(fold(self.title)) or len(drafts) >= MOST:
            return
        clauses = [replace(unit, text=clause) for unit in self.units for clause in split_clauses(unit.text)]
        found = [clause for clause in clauses if law in self.lexicon.subject_counts(clause.text)]
        if found:
            drafts.append(_Draft(_LAW_ASKS, found, subject=law))

    def _add_requests(self, drafts: list[_Draft]) -> None:
        """Questions join the task they ask about; a question about nothing else becomes a theme."""
        vectors = [_weights(draft.lead + " " + draft.text) for draft in drafts]
        subjects = [self.lexicon.subject_counts(draft.lead + " " + draft.text) for draft in drafts]
        for unit in self.units:
            if unit.part is not Part.REQUEST:
                continue
            for clause in split_clauses(unit.text.partition(":")[2] or _ASKS.sub("", unit.text)):
                asked = replace(unit, text=clause)
                own = self.lexicon.subject_counts(clause)
                if len(clause.split()) < 3 and not own:
                    continue
                fits = [
                    _cosine(_weights(clause), vector) + _cosine(own, counts)
                    for vector, counts in zip(vectors, subjects, strict=True)
                ]
                best = max(range(len(fits)), key=lambda n: (fits[n], -n), default=None)
                if best is not None and fits[best] >= 0.12:
                    drafts[best].units.append(asked)
                    drafts[best].asked = True
                elif any(not self.lexicon.subjects[s].is_general for s in own) and len(drafts) < MOST:
                    drafts.append(_Draft("", [asked], asked=True))
                    vectors.append(_weights(clause))
                    subjects.append(own)

    # --- a text without such tasks ----------------------------------------------------------------------------------

    def _look_closely(self) -> None:
        """Takes the parts of long sentences for units, so that the subjects of a short text are told apart."""
        pieces = [
            replace(unit, text=piece)
            for unit in self.units
            for clause in split_clauses(unit.text)
            for piece in (split_closely(clause) if is_strung_together(clause) else [clause])
        ]
        if self.title and pieces:  # a page may never name again what its title says it is about
            title = without_agencies(self.title)
            pieces.insert(0, replace(pieces[0], text=title, part=Part.TASK, weight=1.0, group=None, lead=""))
        self.units = pieces
        self.counts = [self.lexicon.subject_counts(unit.text) for unit in pieces]

    def _by_subjects(self) -> list[_Draft]:
        counts = []
        for unit, own in zip(self.units, self.counts, strict=True):
            above = Counter[int]()
            for heading in {unit.lead, *unit.headings[-2:]}:
                above += self.lexicon.subject_counts(heading)
            counts.append({s: own[s] + 0.5 * above[s] for s in own | above})
        titled = self.lexicon.subject_counts(self.title)
        spread = Counter(s for found in counts for s in found)
        rarity = {s: math.log(1 + len(self.units) / n) * self._generality(s) for s, n in spread.items()}
        shares: list[dict[int, float]] = []
        mass: dict[int, float] = defaultdict(float)
        for unit, found in zip(self.units, counts, strict=True):
            weighed = {s: n * rarity[s] for s, n in found.items()}
            total = sum(weighed.values())
            shares.append({s: value / total for s, value in weighed.items()} if total else {})
            for s, share in shares[-1].items():
                mass[s] += share * self._heaviness(unit) * (1.5 if s in titled else 1.0)
        whole = sum(mass.values())
        members: dict[int, list[int]] = defaultdict(list)
        for n, (of_unit, own) in enumerate(zip(shares, self.counts, strict=True)):
            for s, part in of_unit.items():
                if part >= _OWN_SHARE or (part >= _NAMED_SHARE and own[s] >= _TELLING):
                    members[s].append(n)
        wants = [unit for unit in self.units if unit.part is not Part.CONTEXT]
        if len(wants) < 0.3 * len(self.units):
            wants = self.units
        # Where the paper says how things stand it may name anything: what it wants is named elsewhere too.
        named = Counter(s for unit in wants for s in self.lexicon.named_subjects(unit.text))
        named += self.lexicon.named_subjects(self.title)
        chosen: list[int] = []
        for s in sorted(mass, key=lambda s: (-mass[s], s)):
            is_wanted = len(chosen) < FEWEST
            least = 1 if is_wanted or self.is_short or len(self.units) <= 8 else 2
            is_heavy = mass[s] >= (0.03 if is_wanted else 0.04) * whole and len(members[s]) >= least and named[s] > 0
            # Of a page every sentence counts: what one of them is about first of all is a subject of it.
            leads = self.is_short and mass[s] >= 0.015 * whole and any(_leads(s, share) for share in shares)
            is_heavy = is_heavy or (leads and named[s] > 0)
            is_repeated = mass[s] >= 0.005 * whole and min(len(members[s]), named[s]) >= _REPEATED
            if is_heavy or (is_repeated and not self.lexicon.subjects[s].is_general):
                chosen.append(s)
        if len(chosen) < FEWEST:  # a short text: what it names in passing is better than nothing
            chosen += [
                s
                for s in sorted(mass, key=lambda s: (-mass[s], s))
                if s not in chosen and mass[s] >= 0.1 * whole and members[s] and (named[s] or s in titled)
            ][: FEWEST - len(chosen)]
        drafts = []
        for s in chosen[: 2 * MOST]:
            places = members[s]
            if self.is_short:  # its own places alone, so that the themes of a page are not all the same page
                leading = [n for n in places if shares[n][s] >= max(shares[n].get(c, 0.0) for c in chosen)]
                places = leading or places
            best = sorted(places, key=lambda n: (-shares[n][s] * self._heaviness(self.units[n]), n))
            drafts.append(_Draft("", [self.units[n] for n in best], subject=s))
        drafts = self._told_apart(drafts)
        for draft in drafts[1:] if self.is_short else ():
            # A goal names much in passing: worth a member who happens to know of it, not a seat.
            draft.is_minor = (
                draft.words < _IN_PASSING
                and draft.subject not in titled
                and all(unit.part in (Part.GOAL, Part.CONTEXT) for unit in draft.units)
            )
        if sum(bool(share) for share in shares) < 0.3 * len(shares):
            return []
        return [] if self._is_thin() else drafts

    def _is_thin(self) -> bool:
        """One word here and there may mean anything: surfaces have noise, and lattices have surgery."""
        if not self.is_short or self.lexicon.subject_counts(self.title):
            return False
        named = self.lexicon.named_subjects(" . ".join(unit.text for unit in self.units))
        return max(named.values(), default=0) < 2 and sum(unit.words for unit in self.units) > _IN_PASSING

    @staticmethod
    def _heaviness(unit: Unit) -> float:
        return unit.weight * _PART_WEIGHTS.get(unit.part, 1.0) * math.sqrt(unit.words)

    def _told_apart(self, drafts: list[_Draft]) -> list[_Draft]:
        """Heaviest first, at most MOST. A subject that is next of kin to a heavier one and stands in the same places,
        or hardly anywhere else, joins it; one without a place of its own, named in passing only, is left out."""
        kept: list[_Draft] = []
        for draft in drafts:
            places = {id(unit) for unit in draft.units}
            joined = False
            for other in kept:
                shared = len(places & {id(unit) for unit in other.units})
                if self._are_kin(draft, other) and (shared >= 0.5 * len(places) or len(places) - shared < 2):
                    other.units += [unit for unit in draft.units if id(unit) not in {id(u) for u in other.units}]
                    joined = True
                    break
                if shared == len(places) and not self._is_named(draft):
                    joined = True
                    break
            if not joined and len(kept) < MOST:
                kept.append(draft)
        return kept

    def _are_kin(self, draft: _Draft, other: _Draft) -> bool:
        if draft.subject is None or other.subject is None:
            return False
        return self.lexicon.are_kin(draft.subject, other.subject)

    def _is_named(self, draft: _Draft) -> bool:
        return any(draft.subject in self.lexicon.named_subjects(unit.text) for unit in draft.units)

    def _generality(self, subject: int) -> float:
        return GENERAL if self.lexicon.subjects[subject].is_general else 1.0

    def _whole(self) -> list[_Draft]:
        """One theme: the draft speaks of something the lexicon does not know, or of next to nothing."""
        if self.units:
            return [_Draft("", list(self.units))]
        if self.title:
            unit = Unit(ordinal=0, text=self.title, part=Part.TASK, weight=1.0, group=None, lead="", headings=())
            return [_Draft("", [unit])]
        return []

    # --- names, limits, weights -------------------------------------------------------------------------------------

    def _within_limits(self, drafts: list[_Draft]) -> list[_Draft]:
        """At most MOST: the smallest joins the one most like it."""
        while len(drafts) > MOST:
            small = min(drafts, key=lambda draft: (draft.asked, draft.words))
            rest = [draft for draft in drafts if draft is not small]
            vector = _weights(small.lead + " " + small.text)
            nearest = max(rest, key=lambda draft: _cosine(vector, _weights(draft.lead + " " + draft.text)))
            nearest.units += small.units
            drafts = rest
        return drafts

    def _name_subjects(self, drafts: list[_Draft]) -> None:
        """Each theme's leading subject: named often here and seldom in the other themes."""
        counts = [
            self.lexicon.subject_counts(draft.text) + _doubled(self.lexicon.subject_counts(draft.lead))
            for draft in drafts
        ]
        spread = Counter(s for found in counts for s in found)
        taken = {draft.subject for draft in drafts if draft.subject is not None}
        for draft, found in zip(drafts, counts, strict=True):
            if draft.subject is not None or not found:
                continue
            value = {
                s: n * math.log(1 + len(drafts) / spread[s]) * self._generality(s) * (0.6 if s in taken else 1.0)
                for s, n in found.items()
            }
            draft.subject = max(value, key=lambda s: (value[s], -s))
            taken.add(draft.subject)

    def _finish(self, drafts: list[_Draft]) -> list[FoundTheme]:
        masses = [math.sqrt(max(draft.words, 4.0)) * (1.25 if draft.asked else 1.0) for draft in drafts]
        masses = [mass * (0.6 if draft.is_minor else 1.0) for draft, mass in zip(drafts, masses, strict=True)]
        total = sum(masses) or 1.0
        spread = Counter(word for draft in drafts for word in set(counted_words(draft.text)))
        order = sorted(range(len(drafts)), key=lambda n: min(unit.ordinal for unit in drafts[n].units))
        labels: set[str] = set()
        themes = []
        for ordinal, n in enumerate(order):
            draft = drafts[n]
            terms = self._telling_terms(draft, spread, len(drafts))
            label = self._label(draft, terms)
            if fold(label) in labels:
                label = ", ".join([label, *terms[:1]]) if terms else label
            labels.add(fold(label))
            subject = self.lexicon.subjects[draft.subject] if draft.subject is not None else None
            share = masses[n] / total
            themes.append(
                FoundTheme(
                    ordinal=ordinal,
                    label=label,
                    label_en=subject.name_en if subject else None,
                    weight=share,
                    importance="desired" if draft.is_minor or share < 0.5 / len(drafts) else "required",
                    field_codes=self.lexicon.field_codes(
                        f"{label}. {draft.text}", subjects=() if draft.subject is None else (draft.subject,)
                    ),
                    terms=tuple(terms),
                    passage_ordinals=tuple(sorted({unit.ordinal for unit in draft.units})),
                    query_text=_query_text(draft, subject.name_vi if subject and not draft.lead else draft.lead),
                )
            )
        return themes

    def _label(self, draft: _Draft, terms: Sequence[str]) -> str:
        """The lead of the task, with its subject where the lead alone says too little; else the subject, else terms."""
        lead = _lead_as_label(draft.lead)
        subject = self.lexicon.subjects[draft.subject].name_vi if draft.subject is not None else ""
        if lead and len(lead.split()) <= 12:
            tells = bool(self.lexicon.subject_counts(lead)) and len(lead.split()) >= 3
            if tells or not subject or fold(subject).startswith(fold(lead)):
                return subject if subject and fold(subject).startswith(fold(lead)) else lead
            return f"{lead}: {subject}"
        if subject:
            return subject
        return ", ".join(terms[:3]) or lead or " ".join(draft.text.split()[:8])

    def _telling_terms(self, draft: _Draft, spread: Counter[str], themes: int) -> list[str]:
        """Words of the draft, as spelled: terms of its own subject, then of others; else pairs."""
        text = f"{draft.lead}. {draft.text}"
        words = spelled_words(text)
        found: Counter[str] = Counter()
        for hit in self.lexicon.find_terms(text):
            own = self.lexicon.terms[hit.term].subject
            spelled = " ".join(words[hit.start : hit.start + hit.length])
            found[spelled] += 3 if own is not None and own == draft.subject else 1 if own is not None else 0
        if not found:
            for first, second in pairwise(words):
                pair = f"{stem(first)} {stem(second)}"
                if pair in spread and not {stem(first), stem(second)} & STOP_WORDS and not (first + second).isdigit():
                    found[f"{first} {second}"] += round(2 * math.log(1 + themes / spread[pair]))
        kept: list[str] = []
        for term in sorted(found, key=lambda term: (-found[term], text.lower().find(term))):
            if found[term] >= 1 and not any(term in other or other in term for other in kept):
                kept.append(term)
        return kept[:8]


def _leads(subject: int, shares: Mapping[int, float]) -> bool:
    return shares.get(subject, 0.0) == max(shares.values(), default=1.0)


def _query_text(draft: _Draft, name: str) -> str:
    """The name and the texts of the theme, heaviest first, as long as a query may be."""
    text = name.strip(" .")
    seen: set[str] = set()
    for unit in draft.units:
        if unit.text in seen:
            continue
        seen.add(unit.text)
        longer = f"{text}. {unit.text}" if text else unit.text
        if len(longer) > _QUERY_LENGTH and text:
            break
        text = longer
    return text[:_QUERY_LENGTH]


def _lead_as_label(lead: str) -> str:
    """ "Về con giống và dịch bệnh" → "con giống và dịch bệnh"; capitals become small, names keep theirs."""
    if lead.isupper():
        lead = lead.lower()
    words = lead.split()
    while words and fold(words[0]) in ("ve", "cong", "doi") and len(words) > 1:
        if fold(words[0]) == "cong" and fold(words[1]) != "tac":
            break
        if fold(words[0]) == "doi" and fold(words[1]) != "voi":
            break
        words = words[2:] if fold(words[0]) in ("cong", "doi") else words[1:]
    label = " ".join(words)
    second_is_capital = len(words) > 1 and words[1][:1].isupper()
    return label if second_is_capital else label[:1].lower() + label[1:]


def _doubled(counts: Counter[int]) -> Counter[int]:
    return Counter({key: 2 * count for key, count in counts.items()})


def _weights(text: str) -> Counter[str]:
    return Counter(counted_words(text))


def _cosine(a: Counter[_Key], b: Counter[_Key]) -> float:
    if not a or not b:
        return 0.0
    dot = sum(count * b[key] for key, count in a.items() if key in b)
    return dot / math.sqrt(sum(x * x for x in a.values()) * sum(x * x for x in b.values())) if dot else 0.0
