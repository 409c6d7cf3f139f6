"""Who may not review this draft, and why: from records and profiles only, never from guesses about people.

Hard and certain conflicts bar. Hard but potential ones (a namesake, an undated joint work, a unit of a commune) keep
the expert in the ranking, marked, for a person to confirm or dismiss. Soft ones are shown beside the name. Every
conflict names the record it rests on. Rules: design §6.5.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from search.vietnamese import fold, plain_letters
from service.directory.organisation_names import is_former, parts
from service.directory.organisations import OrganisationDirectory
from service.i18n import N_
from service.matching.candidates import Candidate, CaseParties, Drafter, EmploymentSpell, Work
from service.matching.people import NameFit, WrittenName, name_fit, written_name
from service.matching.results import Conflict, ConflictKind
from service.matching.statements import CaseSubject, Tie, statements

_YEARS_OF_JOINT_WORK = 5
_SAME_ORGANISATION = {
    "requester": N_("Works at %(employer)s: the same legal entity as the requesting agency, %(party)s."),
    "drafting": N_("Works at %(employer)s: the same legal entity as a drafting body, %(party)s."),
    "consultant": N_("Works at %(employer)s: the same legal entity as a consultant of the draft, %(party)s."),
}
_MAYBE_SAME_ORGANISATION = N_("Works at %(employer)s, which may be one legal entity with %(party)s.")
_COLLEAGUE_OF_AN_AUTHOR = N_("Works at %(employer)s, as an author of the draft does.")


def find_conflicts(
    candidates: Sequence[Candidate], parties: CaseParties, *, as_of: date, organisations: OrganisationDirectory
) -> list[Conflict]:
    """Every conflict of every candidate with this case, in the order of the candidates; none where no party is known.
    Of one kind, an expert has at most one hard conflict and one soft one: the firmest, then the most recent."""
    search = _Search(candidates, parties, as_of=as_of, organisations=organisations)
    return [conflict for candidate in candidates for conflict in search.of(candidate)]


@dataclass(frozen=True, slots=True)
class _Party:
    name: str
    role: str


class _Search:
    """The case prepared once for all candidates."""

    def __init__(
        self,
        candidates: Sequence[Candidate],
        parties: CaseParties,
        *,
        as_of: date,
        organisations: OrganisationDirectory,
    ) -> None:
        self.as_of = as_of
        self.organisations = organisations
        self.drafters = [
            (drafter, written_name(drafter.name)) for drafter in parties.drafters if written_name(drafter.name).words
        ]
        self.parties = [_Party(name, "requester") for name in _several(parties.requester or "")]
        self.parties += [_Party(name, "drafting") for body in parties.drafting_bodies for name in _several(body)]
        self.parties += [_Party(name, "consultant") for body in parties.consultants for name in _several(body)]
        self.party_bodies = [party.name for party in self.parties]
        self.parties += [
            _Party(drafter.organisation, "drafter")
            for drafter, _ in self.drafters
            if drafter.organisation and not self._is_a_party(drafter.organisation)
        ]
        self.subject = CaseSubject(self.party_bodies, parties.draft_title, organisations)
        self._names: dict[UUID, list[WrittenName]] = {}
        self._relations: dict[str, list[tuple[_Party, bool]]] = {}
        self.bearers: dict[tuple[str, ...], list[Candidate]] = defaultdict(list)
        for candidate in candidates:
            for key in {
                tuple(sorted(plain_letters(name).split())) for name in (candidate.full_name, *candidate.aliases)
            }:
                self.bearers[key].append(candidate)
        # Drafters who are in the directory: their own records of joint work count too.
        ends = [_ends(name) for _, name in self.drafters]
        self.may_be_a_drafter = _NameFilter(ends)
        self.drafter_of: dict[UUID, tuple[Drafter, NameFit, bool]] = {}
        for candidate in candidates:
            if any(map(self.may_be_a_drafter, (candidate.full_name, *candidate.aliases))) and (
                found := self._as_drafter(candidate)
            ):
                self.drafter_of[candidate.id] = found
        self.certain_drafters = [c for c in candidates if c.id in self.drafter_of and self.drafter_of[c.id][2]]
        self.their_coauthors = [
            (drafter, work, name)
            for drafter in self.certain_drafters
            for work in drafter.works
            for name in map(written_name, work.coauthors)
            if name.words
        ]
        self.their_titles = {
            (plain_letters(work.title).strip(), work.year): drafter
            for drafter in self.certain_drafters
            for work in drafter.works
            if len(work.title) >= 20
        }
        self.their_years = {year for _, year in self.their_titles}
        self.may_be_a_coauthor = _NameFilter([_ends(name) for _, _, name in self.their_coauthors])
        self.their_schools = {drafter.id: self._schools(drafter) for drafter in self.certain_drafters}

    def names(self, candidate: Candidate) -> list[WrittenName]:
        if candidate.id not in self._names:
            self._names[candidate.id] = [written_name(name) for name in (candidate.full_name, *candidate.aliases)]
        return self._names[candidate.id]

    def employers(self, candidate: Candidate) -> list[_Employer]:
        return [
            _Employer(spell, self._located(body, candidate))
            for spell in candidate.employments
            for body in _several(spell.organisation)
        ]

    def of(self, candidate: Candidate) -> list[Conflict]:
        best: dict[tuple[ConflictKind, bool], tuple[tuple[bool, int], Conflict]] = {}
        for conflict in self._all(candidate):
            key = (conflict.kind, conflict.is_hard)
            weight = (not conflict.is_potential, int(conflict.details.get("year") or 0))
            if key not in best or weight > best[key][0]:
                best[key] = (weight, conflict)
        return [conflict for _, conflict in best.values()]

    def _all(self, candidate: Candidate) -> Iterator[Conflict]:
        yield from self._drafter(candidate)
        yield from self._organisation(candidate)
        yield from self._joint_work(candidate)
        yield from self._interest(candidate)
        yield from self._origin(candidate)

    # -- the same person ---------------------------------------------------------------------------------------------

    def _drafter(self, candidate: Candidate) -> Iterator[Conflict]:
        found = self.drafter_of.get(candidate.id)
        if found is None:
            return
        drafter, _, is_certain = found
        yield Conflict(
            expert_id=candidate.id,
            kind=ConflictKind.DRAFTER,
            is_hard=True,
            is_potential=not is_certain,
            message=N_("Named as an author of the draft: %(name)s (%(organisation)s).")
            if is_certain
            else N_("Bears the name of an author of the draft, %(name)s (%(organisation)s); may be another person."),
            details={"name": drafter.name, "organisation": drafter.organisation or "–"},
        )

    def _as_drafter(self, candidate: Candidate) -> tuple[Drafter, NameFit, bool] | None:
        best: tuple[Drafter, NameFit, bool] | None = None
        for drafter, name in self.drafters:
            fit = max(name_fit(own, name) for own in self.names(candidate))
            if fit is NameFit.NONE:
                continue
            agrees = self._works_at(candidate, drafter.organisation or name.affiliation)
            if agrees is None:  # nothing to compare with: only a name borne once in the directory is sure enough
                known = len(self.bearers[name.key]) <= 1
                agrees = fit is NameFit.FULLY and known and len(name.words) >= 3
            if fit is NameFit.PARTLY and not agrees:
                continue
            if best is None or (agrees, fit) > (best[2], best[1]):
                best = (drafter, fit, agrees)
        return best

    def _works_at(self, candidate: Candidate, organisation: str | None) -> bool | None:
        """Whether any record of the candidate names this organisation; None when one side names none."""
        bodies = [organisation] if organisation else self.party_bodies
        employers = self.employers(candidate)
        known = [e for e in employers if self.organisations.legal_entity(e.text)]
        if any(self.organisations.sameness(e.text, body) == "certain" for e in employers for body in bodies):
            return True
        if organisation is None or not known or not self.organisations.legal_entity(organisation):
            if organisation and not self.organisations.legal_entity(organisation):
                folded = fold(organisation)
                return True if any(fold(e.spell.organisation) == folded for e in employers) else None
            return None
        return False

    # -- the same employer -------------------------------------------------------------------------------------------

    def _is_a_party(self, organisation: str) -> bool:
        return any(self.organisations.sameness(organisation, party.name) for party in self.parties)

    def _located(self, organisation: str, candidate: Candidate) -> str:
        """An employer's name with the province the person works in, where it needs one ("Sở Y tế")."""
        needs_place = any(part.kind == "department" and not part.province for part in parts(organisation))
        return f"{organisation}, {candidate.province}" if needs_place and candidate.province else organisation

    def _related(self, employer: str) -> list[tuple[_Party, bool]]:
        """The parties an employer is, or may be (False), one legal entity with."""
        if employer not in self._relations:
            over = self.organisations.committee_over(employer)
            found = []
            for party in self.parties:
                sameness = self.organisations.sameness(employer, party.name)
                if sameness is not None or (over and over in self.organisations.legal_entities(party.name)):
                    found.append((party, sameness == "certain"))
            self._relations[employer] = found
        return self._relations[employer]

    def _organisation(self, candidate: Candidate) -> Iterator[Conflict]:
        for employer in self.employers(candidate):
            for party, is_certain in self._related(employer.text):
                details = {"employer": employer.spell.organisation, "party": party.name}
                if employer.has_ended(self.as_of):
                    details["year"] = str(employer.spell.year_to or "")
                    yield Conflict(
                        expert_id=candidate.id,
                        kind=ConflictKind.FORMER_EMPLOYER,
                        is_hard=False,
                        is_potential=False,
                        message=N_("Used to work at %(employer)s, which is part of this case (%(party)s)."),
                        details=details,
                    )
                    continue
                is_doubtful = not is_certain or party.role == "drafter" or _has_left(candidate)
                message = _SAME_ORGANISATION.get(party.role, _COLLEAGUE_OF_AN_AUTHOR)
                if is_doubtful and party.role != "drafter":
                    message = _MAYBE_SAME_ORGANISATION
                yield Conflict(
                    expert_id=candidate.id,
                    kind=ConflictKind.SAME_ORGANISATION,
                    is_hard=True,
                    is_potential=is_doubtful,
                    message=message,
                    details=details,
                )

    # -- joint work --------------------------------------------------------------------------------------------------

    def _joint_work(self, candidate: Candidate) -> Iterator[Conflict]:
        own = self.drafter_of.get(candidate.id)
        names = "\n".join(name for work in candidate.works for name in work.coauthors)
        with_a_drafter = candidate.works if names and self.may_be_a_drafter.in_any_of(names) else ()
        for work in with_a_drafter:
            for coauthor in map(written_name, filter(self.may_be_a_drafter, work.coauthors)):
                for drafter, name in self.drafters:
                    if own and own[2] and own[0] is drafter:
                        continue
                    if (is_certain := self._is_drafter(coauthor, drafter, name)) is not None:
                        yield self._coauthor(candidate, drafter.name, work, is_certain)
        for work in candidate.works:
            if work.year in self.their_years:
                same = self.their_titles.get((plain_letters(work.title).strip(), work.year))
                if same is not None and same.id != candidate.id:
                    yield self._coauthor(candidate, same.full_name, work, True)
        if not any(map(self.may_be_a_coauthor, (candidate.full_name, *candidate.aliases))):
            return
        for other, work, coauthor in self.their_coauthors:
            if other.id != candidate.id and (is_certain := self._is_candidate(coauthor, candidate)) is not None:
                yield self._coauthor(candidate, other.full_name, work, is_certain)

    def _is_drafter(self, coauthor: WrittenName, drafter: Drafter, name: WrittenName) -> bool | None:
        """Whether a co-author's name means the drafter: surely, perhaps (False), or not at all (None)."""
        fit = name_fit(coauthor, name)
        if fit is NameFit.NONE:
            return None
        if coauthor.affiliation:
            if drafter.organisation and self.organisations.sameness(coauthor.affiliation, drafter.organisation):
                return True
            if self._is_someone_else(coauthor, drafter):
                return None
            return False if fit is NameFit.FULLY else None
        if fit is not NameFit.FULLY:
            return False
        # A namesake of the drafter in the directory makes a bare name unsure.
        return all(self.drafter_of.get(c.id, (None, 0, False))[2] for c in self.bearers[coauthor.key])

    def _is_someone_else(self, coauthor: WrittenName, drafter: Drafter) -> bool:
        return bool(drafter.organisation) and any(
            not self.drafter_of.get(c.id, (None, 0, False))[2]
            and any(self.organisations.sameness(e.text, coauthor.affiliation or "") for e in self.employers(c))
            for c in self.bearers[coauthor.key]
        )

    def _is_candidate(self, coauthor: WrittenName, candidate: Candidate) -> bool | None:
        fit = max(name_fit(own, coauthor) for own in self.names(candidate))
        if fit is NameFit.NONE:
            return None
        if coauthor.affiliation:
            at = self._works_at(candidate, coauthor.affiliation)
            if at:
                return True
            return None if at is False else fit is NameFit.FULLY
        return fit is NameFit.FULLY and len(self.bearers[coauthor.key]) <= 1

    def _coauthor(self, candidate: Candidate, drafter: str, work: Work, is_certain: bool) -> Conflict:
        details = {"drafter": drafter, "title": work.title, "year": str(work.year or "")}
        if work.year is not None and work.year <= self.as_of.year - _YEARS_OF_JOINT_WORK:
            return Conflict(
                expert_id=candidate.id,
                kind=ConflictKind.OLDER_COWORK,
                is_hard=False,
                is_potential=not is_certain,
                message=N_("Worked with the author %(drafter)s more than five years ago: “%(title)s” (%(year)s)."),
                details=details,
            )
        if work.year is None:
            message = N_("A joint work with the author %(drafter)s has no date: “%(title)s”.")
        elif is_certain:
            message = N_("Joint work with the author %(drafter)s within five years: “%(title)s” (%(year)s).")
        else:
            message = N_("“%(title)s” (%(year)s) names a co-author who may be the author of the draft, %(drafter)s.")
        return Conflict(
            expert_id=candidate.id,
            kind=ConflictKind.COAUTHOR,
            is_hard=True,
            is_potential=work.year is None or not is_certain,
            message=message,
            details=details,
        )

    # -- stated interests --------------------------------------------------------------------------------------------

    def _interest(self, candidate: Candidate) -> Iterator[Conflict]:
        concerning = self.subject.concerning(statements(candidate))
        if not concerning:
            return
        own = frozenset(
            key
            for employer in self.employers(candidate)
            if not employer.has_ended(self.as_of)
            for key in self.organisations.legal_entities(employer.text)
        )
        for statement in concerning:
            for stated in self.subject.ties(statement, as_of=self.as_of, own_entities=own):
                details = {"statement": statement.text.strip(), "body": stated.body or ""}
                if statement.year:
                    details["year"] = str(statement.year)
                if stated.tie is Tie.PAST:
                    message = N_("Has worked for %(body)s before: “%(statement)s”.")
                elif stated.body:
                    message = N_("States work for or advice to %(body)s: “%(statement)s”.")
                else:
                    message = N_("States a part in preparing this draft: “%(statement)s”.")
                yield Conflict(
                    expert_id=candidate.id,
                    kind=ConflictKind.INTEREST,
                    is_hard=stated.tie is not Tie.PAST,
                    is_potential=stated.tie is Tie.UNSURE,
                    message=message,
                    details=details,
                )

    # -- origin ------------------------------------------------------------------------------------------------------

    def _origin(self, candidate: Candidate) -> Iterator[Conflict]:
        for other in self.certain_drafters:
            if other.id == candidate.id:
                continue
            commune = _commune(candidate.hometown)
            if commune and commune == _commune(other.hometown):
                yield Conflict(
                    expert_id=candidate.id,
                    kind=ConflictKind.HOME_COMMUNE,
                    is_hard=False,
                    is_potential=False,
                    message=N_("Comes from the same commune as the author %(drafter)s: %(place)s."),
                    details={"drafter": other.full_name, "place": candidate.hometown or ""},
                )
            schools = self.their_schools[other.id] and self._schools(candidate) & self.their_schools[other.id]
            if schools:
                yield Conflict(
                    expert_id=candidate.id,
                    kind=ConflictKind.SAME_SCHOOL,
                    is_hard=False,
                    is_potential=False,
                    message=N_("Studied at the same school as the author %(drafter)s: %(school)s."),
                    details={"drafter": other.full_name, "school": min(schools)},
                )

    def _schools(self, candidate: Candidate) -> frozenset[str]:
        return frozenset(
            key
            for school in _SCHOOLED.findall(candidate.biography)
            for key in self.organisations.legal_entities(school)
        )


_SCHOOLED = re.compile(
    r"(?:tốt nghiệp|cựu sinh viên|cựu học viên|học(?: đại học)? tại|graduated from|alumn\w+ of|degree from|PhD from)\s+"
    r"((?:[Tt]rường |[Đđ]ại học|[Hh]ọc viện|[A-ZĐ])[^.,;()\d]*?)(?=\s+(?:năm|khóa|in|with)\b|[.,;()\d]|$)"
)


def _several(organisations: str) -> list[str]:
    """ "Trường Đại học A; Công ty B" are two bodies in one cell."""
    return [name.strip() for name in organisations.split(";") if name.strip()]


def _ends(name: WrittenName) -> tuple[str, str]:
    return name.words[0], name.words[-1]


class _NameFilter:
    """A quick look at a name, before it is read: whether it can be one of those that start and end with these words."""

    def __init__(self, ends: Sequence[tuple[str, str]]) -> None:
        self._ends = ends

    def in_any_of(self, names: str) -> bool:
        """The same for many names in one text; lets more through."""
        plain = plain_letters(names)
        return any(first in plain or last in plain for first, last in self._ends)

    def __call__(self, text: str) -> bool:
        plain = plain_letters(text)
        has_initials = "." in text or text[:2].isupper() or text[-2:].isupper() or text.isupper()
        if has_initials:
            return any(first in plain or last in plain for first, last in self._ends)
        return any(first in plain and last in plain for first, last in self._ends)


@dataclass(frozen=True, slots=True)
class _Employer:
    spell: EmploymentSpell
    text: str  # with its place, where the name needs one

    def has_ended(self, as_of: date) -> bool:
        return (
            not self.spell.is_current
            or is_former(self.spell.organisation)
            or (self.spell.year_to is not None and self.spell.year_to < as_of.year)
        )


def _has_left(candidate: Candidate) -> bool:
    """The position says "Nguyên Viện trưởng", the employer does not say which of the two is over."""
    position = fold(candidate.position or "")
    return bool(re.match(r"(?:nguyen |cuu |former|retired|emeritus)", position)) or "nghi huu" in position


def _commune(place: str | None) -> str | None:
    """The folded place when it is as exact as a commune; a district or a province says too little."""
    if not place:
        return None
    folded = fold(place)
    is_exact = re.match(r"(?:xa|phuong|thi tran|dac khu|ap|khu pho)\b", folded) or folded.count(",") >= 2
    return re.sub(r"[^a-z0-9]+", " ", folded).strip() if is_exact else None
