"""A roster row → columns of the directory: its unit, places, country, fields and works linked to the reference data.

Pure. Only what the row says gets a value; what it leaves open has no key in `values`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from uuid import UUID

from ingestion.records import ExpertRecord, Severity, WorkRecord
from search.vietnamese import fold, language_of
from service.database.models.directory import EvidenceKind
from service.directory.countries import country_code
from service.directory.fields import FieldList
from service.directory.import_report import ReportBuilder
from service.directory.organisation_names import BodyKind, parts
from service.directory.organisations import OrganisationDirectory, OrganisationMatch
from service.directory.people import PersonEvidence, name_values
from service.directory.places import Gazetteer, PlaceLink
from service.i18n import N_


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedRecord:
    """`values` holds columns of `expert`, set or absent; `hometown` and `residence` are what theirs came from."""

    record: ExpertRecord
    values: dict[str, Any]
    fields: tuple[str, ...]
    evidence: tuple[PersonEvidence, ...]
    organisation_text: str | None
    organisation_id: UUID | None
    hometown: PlaceLink | None = None
    residence: PlaceLink | None = None


@dataclass(slots=True)
class Linker:
    """The reference data that rows are linked to. Organisations are looked up once for each spelling."""

    organisations: OrganisationDirectory
    gazetteer: Gazetteer
    field_list: FieldList
    _matches: dict[str, OrganisationMatch | None] = field(default_factory=dict)

    def link(self, record: ExpertRecord, report: ReportBuilder) -> LinkedRecord:
        """What cannot be linked is kept as text and reported."""
        match = self._match(record, report)
        values: dict[str, Any] = self._name_values(record)
        country = self._country(record, match, report)
        province = self.gazetteer.find_province(record.province_text) if country in (None, "VN") else None
        hometown = self.gazetteer.link(record.hometown_text)
        residence = self.gazetteer.link(record.residence_text)
        values |= {
            "external_id": record.external_id,
            "gender": str(record.gender) if record.gender else None,
            "birth_year": record.birth_year,
            "degree": record.degree,
            "academic_rank": record.academic_rank,
            "other_titles": list(record.other_titles),
            "honours": list(record.honours),
            "position": record.position,
            "organisation_text": record.organisation_text,
            "organisation_id": match.row.id if match else None,
            "organisation_kind": organisation_kind(record.organisation_kind_text, match, record.organisation_text),
            "country": country,
            "province": province.province if province else record.province_text,
            "time_zone": record.time_zone,
            "months_in_vietnam": list(record.months_in_vietnam),
            "months_text": record.months_text,
            **place_values("hometown", record.hometown_text, hometown),
            **place_values("residence", record.residence_text, residence),
            "ties": ties(record.ties_text, is_home=hometown is not None and hometown.in_home_province),
            "languages": list(record.languages),
            "keywords": list(record.keywords),
            "biography": record.biography,
            "email": record.email.lower() if record.email else None,
            "other_emails": [email.lower() for email in record.other_emails],
            "phone": record.phone,
            "orcid": record.orcid,
            "awards": list(record.awards),
            "note": record.note,
            "is_available": record.is_available,
            "open_reviews": record.open_reviews,
        }
        return LinkedRecord(
            record=record,
            values={name: value for name, value in values.items() if value is not None and value != []},
            fields=self._fields(record, report),
            evidence=tuple(evidence_of(work) for work in record.works),
            organisation_text=record.organisation_text,
            organisation_id=match.row.id if match else None,
            hometown=hometown,
            residence=residence,
        )

    def _match(self, record: ExpertRecord, report: ReportBuilder) -> OrganisationMatch | None:
        text = record.organisation_text
        if not text:
            return None
        if text not in self._matches:
            self._matches[text] = self.organisations.match(text)
        match = self._matches[text]
        if match is None:
            report.add_problem(
                record,
                field="organisation",
                kind="unknown",
                severity=Severity.WARN,
                message=N_("The organisation “%(value)s” is not in the list; it is kept as text."),
                details={"value": text},
                value=text,
            )
        return match

    def _name_values(self, record: ExpertRecord) -> dict[str, Any]:
        """A Vietnamese name that stands with the given name first is turned to its own order."""
        full_name, aliases = record.full_name, list(record.aliases)
        own_order = " ".join(part for part in (record.family_name, record.middle_name, record.given_name) if part)
        is_same_words = sorted(own_order.split()) == sorted(full_name.split())
        if own_order != full_name and is_same_words and all(language_of(word) != "other" for word in own_order.split()):
            aliases = [full_name, *(alias for alias in aliases if alias != own_order)]
            full_name = own_order
        return {
            **name_values(
                full_name,
                family_name=record.family_name,
                middle_name=record.middle_name,
                given_name=record.given_name,
            ),
            "aliases": aliases,
        }

    def _country(self, record: ExpertRecord, match: OrganisationMatch | None, report: ReportBuilder) -> str | None:
        if record.country_text:
            code = country_code(record.country_text)
            if code is None:
                report.add_problem(
                    record,
                    field="country",
                    kind="unknown",
                    severity=Severity.WARN,
                    message=N_("The country “%(value)s” is not known and is left open."),
                    details={"value": record.country_text},
                    value=record.country_text,
                )
            return code
        if match is not None and match.row.kind == "foreign":
            return country_code((match.row.locality or "").rsplit(",", 1)[-1])
        if record.time_zone and record.time_zone not in _ZONES_OF_VIETNAM:
            return None  # lives elsewhere; where is not said
        if self.gazetteer.find_province(record.province_text) is None and record.province_text:
            return country_code(record.province_text)
        return "VN"  # rosters without a column of countries are of people in the country

    def _fields(self, record: ExpertRecord, report: ReportBuilder) -> tuple[str, ...]:
        about = "; ".join(
            filter(
                None, [*record.keywords, record.position, record.organisation_text, *(w.title for w in record.works)]
            )
        )
        found: dict[str, None] = {}
        for mention in record.fields:
            codes = self.field_list.find(mention.code_text, mention.name_text, about=about)
            found |= dict.fromkeys(codes)
            if not codes:
                text = " ".join(filter(None, [mention.code_text, mention.name_text]))
                report.add_problem(
                    record,
                    field="field",
                    kind="unknown_code" if len(record.fields) == 1 else "one_of_several_unknown",
                    severity=Severity.WARN,
                    message=N_("The field “%(value)s” is not in the list and is left out."),
                    details={"value": text},
                    value=text,
                )
        return tuple(found)


_ZONES_OF_VIETNAM = frozenset({"Asia/Ho_Chi_Minh", "Asia/Saigon", "Asia/Hanoi", "Asia/Bangkok", "UTC+07:00"})


def place_values(prefix: str, text: str | None, link: PlaceLink | None) -> dict[str, Any]:
    """The columns of one place: the text as given, and the link where there is one."""
    return {
        f"{prefix}_text": text,
        f"{prefix}_edition": str(link.edition) if link else None,
        f"{prefix}_legacy_code": link.legacy_code if link else None,
        f"{prefix}_new_code": link.new_code if link else None,
        f"{prefix}_precision": str(link.precision) if link else None,
        f"{prefix}_display": link.display if link else None,
    }


# -- kinds of work ---------------------------------------------------------------------------------------------------
_EVIDENCE_KINDS = (
    (EvidenceKind.PATENT, r"sang che|giai phap huu ich|giai phap|giong moi|patent|invention|utility"),
    (EvidenceKind.INITIATIVE, r"sang kien|initiative"),
    (EvidenceKind.CONSULTANCY, r"tu van|consult|bao cao(?! khoa hoc)|report"),
    (EvidenceKind.PROJECT, r"de tai|du an|nhiem vu|chuong trinh|de an|project|grant|study"),
    (EvidenceKind.REVIEW, r"phan bien|tham dinh|giam dinh|peer review|review of"),
    (EvidenceKind.AWARD, r"giai thuong|khen|award|prize"),
    (EvidenceKind.TEACHING, r"giang day|mon hoc|teaching|course"),
    (
        EvidenceKind.PUBLICATION,
        r"bai|sach|tham luan|luan an|luan van|tap chi|ky yeu|chuong|cong trinh|bao\b|article|paper|book|chapter|thesis"
        r"|dissertation|proceedings|journal|conference|publication|bao cao khoa hoc",
    ),
)


@lru_cache(maxsize=4096)
def evidence_kind(text: str | None) -> EvidenceKind:
    """The kind that a roster's word means: "đề tài", "bài báo", "sáng chế, giải pháp", "consultancy report"."""
    folded = fold(text or "")
    return next((kind for kind, words in _EVIDENCE_KINDS if re.search(rf"\b(?:{words})", folded)), EvidenceKind.OTHER)


def evidence_of(work: WorkRecord) -> PersonEvidence:
    return PersonEvidence(
        kind=evidence_kind(work.kind_text),
        kind_text=work.kind_text,
        title=work.title,
        title_fold=title_key(work.title),
        text=work.abstract,
        year=work.year,
        role=work.role_text,
        coauthors=list(work.coauthors),
    )


def title_key(title: str) -> str:
    """Titles that differ in marks, case and punctuation only are one."""
    return " ".join(re.findall(r"\w+", fold(title)))


# -- kinds of organisation -------------------------------------------------------------------------------------------
_ORGANISATION_WORDS = (
    ("independent", r"doc lap|nghi huu|huu tri|tu do|independent|retired|freelance"),
    ("university", r"dai hoc|hoc vien|university|academy"),
    ("college", r"cao dang|trung cap|college"),
    ("hospital", r"benh vien|y te|hospital|clinic"),
    ("research_institute", r"vien|nghien cuu|institute|research"),
    ("international", r"quoc te|international"),
    ("association", r"hoi|hiep hoi|lien hiep|to chuc xa hoi|phi chinh phu|association|society|ngo"),
    ("enterprise", r"doanh nghiep|cong ty|tap doan|hop tac xa|company|enterprise|business"),
    ("state_agency", r"co quan|nha nuoc|don vi su nghiep|so|agency|government|public"),
)
_KINDS_OF_THE_LIST = {
    "province_agency": "state_agency",
    "district": "state_agency",
    "university": "university",
    "college": "college",
    "research_institute": "research_institute",
    "hospital": "hospital",
    "association": "association",
    "enterprise": "enterprise",
}
_KINDS_OF_BODIES = {
    BodyKind.UNIVERSITY: "university",
    BodyKind.NATIONAL_UNIVERSITY: "university",
    BodyKind.INSTITUTE: "research_institute",
    BodyKind.ACADEMY: "research_institute",
    BodyKind.HOSPITAL: "hospital",
    BodyKind.ASSOCIATION: "association",
    BodyKind.COMPANY: "enterprise",
    BodyKind.SCHOOL: "state_agency",
    BodyKind.DEPARTMENT: "state_agency",
    BodyKind.SUBDEPARTMENT: "state_agency",
    BodyKind.AGENCY: "state_agency",
    BodyKind.BOARD: "state_agency",
    BodyKind.MINISTRY: "state_agency",
    BodyKind.COMMITTEE: "state_agency",
    BodyKind.CENTRE: "research_institute",
}


def organisation_kind(kind_text: str | None, match: OrganisationMatch | None, name: str | None) -> str | None:
    """labels.ORGANISATION_KINDS, from what the row says, else from the list, else from the name itself."""
    folded = fold(kind_text or "")
    for kind, words in _ORGANISATION_WORDS:
        if re.search(rf"\b(?:{words})\b", folded):
            return kind
    if match is not None and match.row.kind in _KINDS_OF_THE_LIST:
        return _KINDS_OF_THE_LIST[match.row.kind]
    bodies = parts(name or "")
    outermost = next((body for body in reversed(bodies) if body.kind in _KINDS_OF_BODIES), None)
    if outermost is not None:
        return _KINDS_OF_BODIES[outermost.kind]
    return "independent" if re.search(r"\b(?:doc lap|tu do|independent|freelance)\b", fold(name or "")) else None


# -- ties to the home province ---------------------------------------------------------------------------------------
_TIE_WORDS = (
    ("hometown", r"que goc|que quan|que o|nguyen quan|sinh ra|hometown|born|native|home province"),
    ("family", r"cha me|gia dinh|nguoi than|ho hang|con cai|family|parents|relatives"),
    ("studied", r"tung hoc|hoc tai|cuu hoc sinh|hoc sinh cu|studied|alumn|schooling"),
    ("worked", r"tung cong tac|tung lam viec|tung giang day|worked|formerly"),
    ("working", r"dang cong tac|dang lam viec|works (?:in|for)|working"),
    ("project", r"cong tac vien|de tai|du an|hop tac|project|collaborat|joint|research on|nghien cuu ve"),
)  # fmt: skip
_DENIED = re.compile(r"\b(?:no|not|without|khong(?: co)?|chua(?: tung)?)\s+(?:\w+\s+){0,2}$")


def ties(text: str | None, *, is_home: bool) -> list[str]:
    """labels.TIES that a text tells, without those it denies ("no family ties"); a hometown there is a tie itself."""
    folded = " ".join(re.findall(r"[\w;,]+", fold(text or "")))
    found = ["hometown"] if is_home else []
    for tie, words in _TIE_WORDS:
        for match in re.finditer(rf"\b(?:{words})", folded):
            if not _DENIED.search(folded[: match.start()]) and tie not in found:
                found.append(tie)
    return found
