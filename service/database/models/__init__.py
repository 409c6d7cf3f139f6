"""Tables, one module per family. Columns and constraints only: what must never be false is a constraint."""

from service.database.models.base import Base
from service.database.models.cases import CaseParty, Draft, DraftPassageRow, ReviewCase, Theme
from service.database.models.directory import (
    DuplicatePair,
    Employment,
    Evidence,
    Expert,
    ExpertField,
    ExpertGone,
    ImportRun,
    SourceRecord,
)
from service.database.models.matching import AffinityRow, AffinityRun, ConflictRow, Panel, ReviewerAssignment
from service.database.models.reference import (
    FieldRule,
    Organisation,
    OrganisationSuccession,
    Place,
    ResearchField,
    ResearchFieldTopic,
    Setting,
    Synonym,
)
from service.database.models.shortlists import SavedSearch, Shortlist, ShortlistEntry

__all__ = [
    "AffinityRow",
    "AffinityRun",
    "Base",
    "CaseParty",
    "ConflictRow",
    "Draft",
    "DraftPassageRow",
    "DuplicatePair",
    "Employment",
    "Evidence",
    "Expert",
    "ExpertField",
    "ExpertGone",
    "FieldRule",
    "ImportRun",
    "Organisation",
    "OrganisationSuccession",
    "Panel",
    "Place",
    "ResearchField",
    "ResearchFieldTopic",
    "ReviewCase",
    "ReviewerAssignment",
    "SavedSearch",
    "Setting",
    "Shortlist",
    "ShortlistEntry",
    "SourceRecord",
    "Synonym",
    "Theme",
]
