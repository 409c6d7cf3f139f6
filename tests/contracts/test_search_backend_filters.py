"""What every index backend must do (search/backend.py): filters, whatever stands in them."""

from __future__ import annotations

from itertools import product
from uuid import UUID

import pytest

from search.backend import SearchBackend
from tests.contracts.indexed import axis, person, put, search

FACETS = {
    "Một": {"degree": ("TS",), "field": ("303", "405"), "country": ("VN",)},
    "Hai": {"degree": ("ThS",), "field": ("405",), "country": ("VN",)},
    "Ba": {"degree": ("TS",), "field": ("502",), "country": ("US",)},
    "Bốn": {},
}


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({}, {"Một", "Hai", "Ba", "Bốn"}),
        ({"degree": ["TS"]}, {"Một", "Ba"}),
        ({"degree": ["TS", "ThS"]}, {"Một", "Hai", "Ba"}),
        ({"degree": ["TS"], "country": ["VN"]}, {"Một"}),
        ({"field": ["405"], "degree": ["TS", "ThS"]}, {"Một", "Hai"}),
        ({"field": ["303", "502"]}, {"Một", "Ba"}),
        ({"degree": ["GS"]}, set()),
        ({"nothing": ["TS"]}, set()),
        ({"degree": []}, set()),
    ],
)
async def test_filters_hold_for_every_ranking(
    backend: SearchBackend, filters: dict[str, list[str]], names: set[str]
) -> None:
    people = [
        person(f"Nguyễn Tôm {name}", "Nuôi tôm", facets=facets, identifiers=("X-1",)) for name, facets in FACETS.items()
    ]
    await backend.upsert(people, [axis(n)[None, :] for n in range(len(people))])
    wanted = {one.id for one in people if one.full_name.split()[-1] in names}

    by_words = await search(backend, "nuôi tôm", filters=filters, vector=axis(0))
    by_name = await search(backend, "nguyễn tôm", filters=filters)
    by_code = await search(backend, "X-1", filters=filters)

    assert {hit.expert_id for hit in by_words.by_words} == wanted
    assert {hit.expert_id for hit in by_words.by_meaning} == wanted
    assert {hit.expert_id for hit in by_name.exact} == wanted
    assert {hit.expert_id for hit in by_code.exact} == wanted


@pytest.mark.parametrize(
    "value",
    [
        "'",
        '"',
        "\\",
        '\\"',
        'TS" OR degree = "ThS',
        "TS' OR '1'='1",
        "TS'; drop table document; --",
        "] OR id EXISTS",
        'TS", "degree=ThS',
        "{TS,ThS}",
        "TS,ThS",
        "TS OR ThS",
        "NOT TS",
        "%",
        "TS%",
        "*",
        "degree=TS",
        "line\nbreak\ttab",
        "\u202eST",
        "\U0001f600",
        "Phường Rạch Giá",
        "á" * 3000,
    ],
)
async def test_a_value_means_only_itself_whatever_stands_in_it(backend: SearchBackend, value: str) -> None:
    plain = [person(f"Nguyễn Tôm {code}", "Nuôi tôm", facets={"degree": (code,)}) for code in ("TS", "ThS")]
    odd = person("Nguyễn Tôm Lạ", "Nuôi tôm", facets={"degree": (value,)}, identifiers=("X-1",))
    people = [*plain, odd]
    await backend.upsert(people, [axis(n)[None, :] for n in range(len(people))])

    for text in ("nuôi tôm", "nguyễn tôm", "X-1"):
        rankings = await search(backend, text, filters={"degree": [value]}, vector=axis(0), limit=1, with_others=True)
        ranked = {hit.expert_id for hit in (*rankings.exact, *rankings.by_words, *rankings.by_meaning)}
        assert ranked == {odd.id}
        assert len(rankings.others) == 0
    both = await search(backend, "nuôi tôm", filters={"degree": [value, "TS"]})
    assert {hit.expert_id for hit in both.by_words} == {odd.id, plain[0].id}


@pytest.mark.parametrize(
    "filters",
    [
        {"degree": ["\x00"]},
        {"degree": ["TS\x00"]},
        {"degree": ["\ud800"]},
        {'degree" OR "': ["TS"]},
        {"degree' --": ["TS"]},
        {"": ["TS"]},
        {"degree\x00": ["TS"]},
        {"degree": ["ts"], "nothing": ["x"]},
        {"degree": ["x" * 100_000]},
        {"degree": [f"x{n}" for n in range(1000)]},
        {f"facet {n}": ["x"] for n in range(40)},
    ],
)
async def test_unknown_facets_and_values_find_nobody(backend: SearchBackend, filters: dict[str, list[str]]) -> None:
    one = person("Nguyễn Tôm", "Nuôi tôm", facets={"degree": ("TS",)}, identifiers=("X-1",))
    await backend.upsert([one], [axis(0)[None, :]])

    for text in ("nuôi tôm", "nguyễn tôm", "X-1"):
        rankings = await search(backend, text, filters=filters, vector=axis(0), with_others=True)
        assert (rankings.exact, rankings.by_words, rankings.by_meaning) == ((), (), ())
        assert len(rankings.others) == 0


async def test_every_combination_of_filters_leaves_just_those_who_meet_it(backend: SearchBackend) -> None:
    values = {"degree": ("TS", "ThS", "CN"), "country": ("VN", "DE"), "tie": ("quê", "học", "gia đình")}
    people = [
        person(f"Người {a}{b}{c}", "Nuôi tôm", facets={"degree": (d,), "country": (e,), "tie": f})
        for a, d in enumerate(values["degree"])
        for b, e in enumerate(values["country"])
        for c, f in enumerate(((), ("quê",), ("học", "gia đình"), values["tie"]))
    ]
    await put(backend, *people)

    for wanted in product([(), ("TS",), ("TS", "CN")], [(), ("DE",), ("DE", "VN")], [(), ("quê",), ("học", "quê")]):
        filters = {name: chosen for name, chosen in zip(values, wanted, strict=True) if chosen}
        rankings = await search(backend, "nuôi tôm", filters=filters, limit=5, with_others=True)
        ranked = [hit.expert_id for hit in rankings.by_words]
        everybody = [*ranked, *(UUID(bytes=one.tobytes()) for one in rankings.others)]
        meeting = [
            one.id for one in people if all(set(chosen) & set(one.facets[name]) for name, chosen in filters.items())
        ]
        assert sorted(everybody) == sorted(meeting)
        assert len(ranked) == min(5, len(meeting))


async def test_whom_a_reader_may_not_see_is_in_no_ranking(backend: SearchBackend) -> None:
    """The right to see is a filter like any other."""
    seen = person("Nguyễn Tôm Rõ", "Nuôi tôm", facets={"visibility": ("public", "internal")}, identifiers=("X-1",))
    hidden = [
        person(f"Nguyễn Tôm {n}", "Nuôi tôm", facets={"visibility": ("internal",)}, identifiers=("X-1", f"Y-{n}"))
        for n in range(3)
    ]
    people = [*hidden, seen]
    await backend.upsert(people, [axis(0)[None, :]] * len(people))

    for text in ("nuôi tôm", "Nguyễn Tôm", "Nguyễn Tôm 1", "X-1", "Y-1", "nuoi tom", "một đoạn văn về nuôi tôm"):
        public = await search(
            backend, text, filters={"visibility": ["public"]}, vector=axis(0), limit=2, with_others=True
        )
        assert {hit.expert_id for hit in (*public.exact, *public.by_words, *public.by_meaning)} <= {seen.id}
        assert len(public.others) == 0
        internal = await search(backend, text, filters={"visibility": ["internal"]}, vector=axis(0))
        assert hidden[1].id in {hit.expert_id for hit in (*internal.exact, *internal.by_meaning)}
