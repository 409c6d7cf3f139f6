"""What Meilisearch's published reference allows in a request.

The tables are made from Meilisearch's OpenAPI description (meilisearch/documentation, assets/open-api/
meilisearch-openapi.json; the schema's name stands beside each table) and the pages of www.meilisearch.com/docs named
there. What a real server does with these requests, they do not show.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from tests.contracts.http_servers import Request

Check = Callable[[Any], bool]


def _is(*kinds: type) -> Check:
    return lambda value: type(value) in kinds


def _list_of(check: Check) -> Check:
    return lambda value: type(value) is list and all(map(check, value))


def _among(*values: object) -> Check:
    return lambda value: value in values


def _object(required: dict[str, Check], optional: dict[str, Check] | None = None) -> Check:
    known = required | (optional or {})
    return lambda value: (
        type(value) is dict
        and required.keys() <= value.keys() <= known.keys()
        and all(known[name](content) for name, content in value.items())
    )


_text, _count, _flag = _is(str), lambda value: type(value) is int and value >= 0, _is(bool)
_number = _is(int, float)
# "Index uid": letters, digits, hyphens and underscores (Reference, Error codes, invalid_index_uid; Learn, Indexes).
_uid: Check = lambda value: type(value) is str and re.fullmatch(r"[A-Za-z0-9_-]{1,512}", value) is not None  # noqa: E731
# "Document id": integer, or letters, digits, hyphens and underscores (Reference, Error codes, invalid_document_id).
_document_id: Check = lambda value: type(value) is str and re.fullmatch(r"[A-Za-z0-9_-]{1,511}", value) is not None  # noqa: E731
_locale = _among("vi", "vie")  # schema Locale

# Schemas HybridQuery, MatchingStrategy, SearchQueryWithIndex; Reference, Search, Perform a multi-search.
HYBRID = _object({"embedder": _text}, {"semanticRatio": lambda value: _number(value) and 0 <= value <= 1})
SEARCH = _object(
    {"indexUid": _uid},
    {
        "q": _text,
        "offset": _count,
        "limit": _count,
        "attributesToRetrieve": _list_of(_text),
        "filter": _text,
        "facets": _list_of(_text),
        "matchingStrategy": _among("last", "all", "frequency"),
        "attributesToSearchOn": _list_of(_text),
        "locales": _list_of(_locale),
        "hybrid": HYBRID,
        "vector": _list_of(_number),
        "showRankingScoreDetails": _flag,
    },
)
# Schema FederatedSearch: with federation null, results are returned for each query.
MULTI_SEARCH = _object({"queries": _list_of(SEARCH)}, {"federation": lambda value: value is None})

# Schemas FilterFeatures, FilterableAttributesFeatures, FilterableAttributesPatterns.
FILTERABLE = _object(
    {"attributePatterns": _list_of(_text)},
    {"features": _object({}, {"facetSearch": _flag, "filter": _object({}, {"equality": _flag, "comparison": _flag})})},
)
# Schemas EmbeddingSettings and EmbedderSource; Search with user-provided embeddings: only source and dimensions.
EMBEDDER = _object({"source": _among("userProvided"), "dimensions": _count})
# Learn, Relevancy, Ranking rules: the built-in rules.
RANKING_RULE = _among("words", "typo", "proximity", "attributeRank", "sort", "wordPosition", "exactness")
# Schema Settings_Unchecked with TypoSettings, MinWordSizeTyposSetting, PaginationSettings, FacetingSettings,
# LocalizedAttributesRuleView, PrefixSearchSettings; Reference, Settings, Update all settings.
SETTINGS = _object(
    {},
    {
        "searchableAttributes": _list_of(_text),
        "filterableAttributes": _list_of(FILTERABLE),
        "sortableAttributes": _list_of(_text),
        "rankingRules": _list_of(RANKING_RULE),
        "synonyms": lambda value: type(value) is dict and all(map(_list_of(_text), value.values())),
        "typoTolerance": _object(
            {},
            {
                "enabled": _flag,
                "minWordSizeForTypos": _object({}, {"oneTypo": _count, "twoTypos": _count}),
                "disableOnWords": _list_of(_text),
                "disableOnAttributes": _list_of(_text),
                "disableOnNumbers": _flag,
            },
        ),
        "localizedAttributes": _list_of(_object({"attributePatterns": _list_of(_text), "locales": _list_of(_locale)})),
        "pagination": _object({"maxTotalHits": _count}),
        "faceting": _object(
            {},
            {
                "maxValuesPerFacet": _count,
                "sortFacetValuesBy": lambda value: set(value.values()) <= {"alpha", "count"},
            },
        ),
        "prefixSearch": _among("indexingTime", "disabled"),
        "proximityPrecision": _among("byWord", "byAttribute"),
        "searchCutoffMs": _count,
        "embedders": lambda value: type(value) is dict and all(map(EMBEDDER, value.values())),
    },
)
# Search with user-provided embeddings, "The _vectors field in detail": embeddings (one, or a list of several) and
# regenerate for each embedder, or null; an array of documents (Reference, Documents, Add or replace documents).
VECTORS: Check = lambda value: (  # noqa: E731
    type(value) is dict
    and all(
        content is None or _object({"embeddings": _list_of(_list_of(_number)), "regenerate": _flag})(content)
        for content in value.values()
    )
)
DOCUMENTS = _list_of(
    lambda value: type(value) is dict and _document_id(value.get("id")) and VECTORS(value.get("_vectors"))
)
# Schema IndexCreateRequest.
INDEX = _object({"uid": _uid}, {"primaryKey": _text})
# Schema IndexSwap; Reference, Indexes, Swap indexes: an array of them.
SWAP = _list_of(_object({"indexes": lambda value: _list_of(_uid)(value) and len(value) == 2}, {"rename": _flag}))
# Schema DocumentDeletionByFilter; Reference, Documents, Delete documents by filter.
DELETION = _object({"filter": _text})
# Schemas CreateApiKey and Action; Reference, Keys, Create API key: uid, name, description may be left out.
ACTION = _among(
    "search",
    "documents.add",
    "documents.delete",
    "indexes.create",
    "indexes.delete",
    "indexes.get",
    "indexes.swap",
    "settings.update",
    "tasks.get",
)
KEY = _object(
    {"actions": _list_of(ACTION), "indexes": _list_of(_text), "expiresAt": lambda value: value is None},
    {"name": _text, "description": _text},
)


def _nothing(body: Any) -> bool:
    return body is None


# Method, path, allowed parameters of the address, body.
ROUTES: tuple[tuple[str, str, set[str], Check], ...] = (
    ("POST", r"/multi-search", set(), MULTI_SEARCH),
    ("GET", r"/tasks/\d+", set(), _nothing),
    ("GET", r"/indexes", {"limit", "offset"}, _nothing),
    ("POST", r"/indexes", set(), INDEX),
    ("GET", r"/indexes/[\w-]+", set(), _nothing),
    ("DELETE", r"/indexes/[\w-]+", set(), lambda body: body is None),
    ("PATCH", r"/indexes/[\w-]+/settings", set(), SETTINGS),
    ("POST", r"/indexes/[\w-]+/documents", {"primaryKey"}, DOCUMENTS),
    ("DELETE", r"/indexes/[\w-]+/documents", set(), lambda body: body is None),
    ("POST", r"/indexes/[\w-]+/documents/delete", set(), DELETION),
    ("POST", r"/swap-indexes", set(), SWAP),
    ("GET", r"/keys", {"limit", "offset"}, _nothing),
    ("POST", r"/keys", set(), KEY),
    ("DELETE", r"/keys/[\w-]+", set(), _nothing),
)


def problems_of(request: Request) -> list[str]:
    path, _, parameters = request.path.partition("?")
    given = {parameter.partition("=")[0] for parameter in parameters.split("&") if parameter}
    for method, pattern, allowed, check in ROUTES:
        if method == request.method and re.fullmatch(pattern, path):
            found = [f"{request.call}: parameter {name}" for name in given - allowed]
            if not check(request.body):
                found.append(f"{request.call}: body {json.dumps(request.body)[:2000]}")
            # Reference, Overview, Content type: required for every request that has a body.
            if request.body is not None and request.headers.get("content-type") != "application/json":
                found.append(f"{request.call}: content type {request.headers.get('content-type')}")
            return found
    return [f"{request.call}: no such route"]
