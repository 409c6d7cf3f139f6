"""What the first page may use."""

from __future__ import annotations

from dataclasses import dataclass

from service.directory.figures import DirectoryFigures
from service.matching.stored import CaseList
from service.web.shell import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class HomePage(Page):
    cases: CaseList
    figures: DirectoryFigures
