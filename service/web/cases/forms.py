"""What may stand in the address of a case page."""

from __future__ import annotations

from dataclasses import dataclass

from litestar.datastructures import MultiDict

from service.web.paging import page_number

CASES_OF_A_PAGE = 25
RANKED_AT_FIRST = 20
RANKED_AT_MOST = 150


@dataclass(frozen=True, slots=True)
class CaseListForm:
    page: int

    @classmethod
    def from_query(cls, query: MultiDict[str]) -> CaseListForm:
        return cls(page_number(query.get("page")))


@dataclass(frozen=True, slots=True)
class CaseForm:
    """`top`: how many ranked experts to show."""

    top: int

    @classmethod
    def from_query(cls, query: MultiDict[str]) -> CaseForm:
        return cls(min(RANKED_AT_MOST, max(RANKED_AT_FIRST, page_number(query.get("top")))))
