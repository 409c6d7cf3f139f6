"""The exact request of every search in Meilisearch, against its reference (see test_meilisearch_requests.py)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import pytest

from search.backends.meilisearch import MeilisearchBackend
from search.backends.meilisearch_documents import spelling_key, to_stored
from search.query import ExpertQuery
from search.vietnamese import same_marks
from tests.contracts.http_servers import Recorder, recording
from tests.contracts.indexed import axis, person
from tests.contracts.meilisearch_recorded import PEOPLE, ROWS, backend_of, giving_state, state_of


@pytest.fixture
def backend(recorder: Recorder) -> Iterator[MeilisearchBackend]:
    backend = backend_of(recorder)
    yield backend
    backend.close()


async def test_words_and_meaning_are_asked_apart_in_one_request(
    recorder: Recorder, backend: MeilisearchBackend
) -> None:
    await backend.search(ExpertQuery(text="nuôi tôm", vector=axis(0), embedder_id="model", filters={"degree": ["TS"]}))

    counted, asked = recorder.bodies("POST /multi-search")
    assert [query.get("q") or query.get("filter") for query in counted["queries"]] == [
        '"nuoi"',
        '"tom"',
        'syllables = "nuoi"',
        'syllables = "tom"',
        'kind = "state"',
    ]
    by_words = [query for query in asked["queries"] if query.get("q")]
    assert [(query["q"], query["matchingStrategy"]) for query in by_words] == [
        ("nuoi tom", "frequency"),
        ("tom nuoi", "last"),
    ]
    (by_meaning,) = [query for query in asked["queries"] if "vector" in query]
    assert by_meaning["hybrid"] == {"embedder": "passages", "semanticRatio": 1.0}
    assert "q" not in by_meaning, "Meilisearch's own merge is never asked for"
    assert {query["filter"] for query in [*by_words, by_meaning]} == {'facets IN ["degree=TS"]'}


async def test_words_that_were_counted_are_not_counted_again(recorder: Recorder, backend: MeilisearchBackend) -> None:
    await backend.search(ExpertQuery(text="nuôi tôm"))
    await backend.search(ExpertQuery(text="tôm nuôi"))

    assert len(recorder.bodies("POST /multi-search")) == 3


async def test_a_vector_of_another_model_is_not_sent(recorder: Recorder, backend: MeilisearchBackend) -> None:
    for vector, embedder_id in ((axis(0), "another"), (np.ones(3, np.float32), "model")):
        await backend.search(ExpertQuery(text="nuôi tôm", vector=vector, embedder_id=embedder_id))

    assert [query for query in recorder.queries() if "vector" in query] == []


async def test_names_and_codes_are_looked_up_by_filters(recorder: Recorder, backend: MeilisearchBackend) -> None:
    await backend.search(ExpertQuery(text="Nguyễn V. Khiết"))
    await backend.search(ExpertQuery(text="CG-0147"))
    await backend.search(ExpertQuery(text="nguyen van khiett"))

    filters = [query.get("filter") for query in recorder.queries()]
    assert 'syllables IN ["nguyen"] AND syllables IN ["khiet"]' in filters
    assert 'codes IN ["cg0147"]' in filters
    assert 'syllables IN ["nguyen"] AND syllables IN ["van"] AND syllables IN ["khiet"]' in filters
    assert [query["facets"] for query in recorder.queries() if "facets" in query] == [["syllables"]]


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ('TS" OR kind = "state', "degree=TS%22 OR kind = %22state"),
        ("it's", "degree=it%27s"),
        ("back\\slash\\", "degree=back%5Cslash%5C"),
        ("50%", "degree=50%25"),
        ("line\nbreak\x00", "degree=line%0Abreak%00"),
        ("half \ud800", "degree=half %5Cud800"),
        ("] OR id EXISTS", "degree=] OR id EXISTS"),
    ],
)
async def test_values_cannot_leave_their_quotes(
    recorder: Recorder, backend: MeilisearchBackend, value: str, written: str
) -> None:
    """Learn, Filter expression reference: values stand in quotes. The value itself never holds one, nor a backslash."""
    await backend.search(ExpertQuery(text="tôm", filters={"degree": [value, "TS"]}))

    (wanted,) = {query["filter"] for query in recorder.queries() if str(query.get("filter")).startswith("facets IN")}
    assert wanted == f'facets IN ["{written}", "degree=TS"]'
    assert to_stored(person("Một", facets={"degree": (value,)}), None).facets == [written]


async def test_long_values_are_cut_and_stay_apart(recorder: Recorder, backend: MeilisearchBackend) -> None:
    """Known limitations: filterable strings beyond 468 bytes are not indexed."""
    one, other = ("ừ" * 400 + end for end in "ab")
    await backend.search(ExpertQuery(text="tôm", filters={"unit": [one, other]}))

    (wanted,) = {query["filter"] for query in recorder.queries() if str(query.get("filter")).startswith("facets IN")}
    values = re.findall(r'"([^"]*)"', wanted)
    assert len(set(values)) == 2
    assert all(len(value.encode()) <= 468 for value in values)


async def test_several_facets_must_all_hold_and_an_empty_choice_asks_nothing(
    recorder: Recorder, backend: MeilisearchBackend
) -> None:
    await backend.search(ExpertQuery(text="tôm", filters={"degree": ["TS", "ThS"], "country": ["VN"]}))
    sent = len(recorder.requests)
    await backend.search(ExpertQuery(text="tôm", filters={"degree": []}))

    assert 'facets IN ["degree=TS", "degree=ThS"] AND facets IN ["country=VN"]' in {
        query.get("filter") for query in recorder.queries()
    }
    assert len(recorder.requests) == sent


async def test_no_question_has_more_words_than_meilisearch_considers(
    recorder: Recorder, backend: MeilisearchBackend
) -> None:
    """Known limitations, "Maximum number of query words": ten."""
    paragraph = (
        "Những năm gần đây, tình hình xâm nhập mặn diễn biến phức tạp, ảnh hưởng trực tiếp đến sản xuất và đời sống của"
        " người dân nuôi tôm ở các huyện ven biển theo Kế hoạch 192/KH-UBND; cần có giải pháp đồng bộ."
    )

    await backend.search(ExpertQuery(text=paragraph, with_others=True))

    asked = [query["q"] for query in recorder.queries() if query.get("matchingStrategy")]
    assert asked
    assert all(1 <= len(words.split()) <= 10 for words in asked)
    assert any(query.get("q") == '"192khubnd"' for query in recorder.queries())


async def test_everybody_who_holds_all_words_is_asked_for_by_ids_alone(
    recorder: Recorder, backend: MeilisearchBackend
) -> None:
    """Reference, Search, matchingStrategy "all"; Learn, Phrase search: a quoted word is meant as it stands."""
    await backend.search(ExpertQuery(text="kinh te dbscl", with_others=True))

    holders = [query for query in recorder.queries() if query.get("matchingStrategy") == "all"]
    assert [query["q"] for query in holders] == [
        '"kinh" "te" "dbscl"',
        '"kinh" "te" "dong" "bang" "song" "cuu" "long"',
    ]
    assert {tuple(query["attributesToRetrieve"]) for query in holders} == {("id",)}


async def test_words_typed_with_marks_are_asked_for_with_them_or_without_any(
    recorder: Recorder, backend: MeilisearchBackend
) -> None:
    """Meilisearch takes marks away; a spelling goes as letters and digits."""
    await backend.search(ExpertQuery(text="nuôi tôm", with_others=True))

    holders = [query["q"] for query in recorder.queries() if query.get("matchingStrategy") == "all"]
    assert holders == ['"zznuo6i" "zzto6m"', '"zznuo6i" "zztom"', '"zznuoi" "zzto6m"', '"zznuoi" "zztom"']


async def test_more_words_than_meilisearch_considers_are_asked_for_in_parts() -> None:
    """Known limitations, "Maximum number of query words": ten. Who is in the answers to both parts holds them all."""
    both, one = uuid4(), uuid4()

    def results(query: dict[str, Any]) -> dict[str, Any]:
        if query.get("matchingStrategy") == "all":
            return {"hits": [{"id": str(both)}, *([{"id": str(one)}] if '"vung"' in query["q"] else [])]}
        return giving_state(state_of(*zip(PEOPLE, ROWS, strict=True)))(query)

    with recording(results=results) as recorder:
        backend = backend_of(recorder)
        text = "nghien cuu mo hinh nuoi cua lot bang long nhua noi vung ha"
        rankings = await backend.search(ExpertQuery(text=text, with_others=True))
        backend.close()

    asked = [query["q"] for query in recorder.queries() if query.get("matchingStrategy") == "all"]
    assert asked == ['"nghien" "cuu" "mo" "hinh" "nuoi" "cua" "lot" "bang" "long" "nhua"', '"noi" "vung" "ha"']
    assert [UUID(bytes=other.tobytes()) for other in rankings.others] == [both]


def test_no_two_spellings_of_vietnamese_words_have_the_same_key() -> None:
    vowels = [v + m for v in "aăâeêioôơuưy" for m in ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")]
    words = {word for v in vowels for letter in "dđ" for word in same_marks(f"{letter}{v}n")}

    assert len(words) == len({spelling_key(word) for word in words}) == 2 * 12 * 6
    assert all(re.fullmatch("zz[a-z0-9]+", spelling_key(word)) for word in words)


@pytest.mark.parametrize("text", ["", "   ", "!!! ???", "\x00", "'\\\"; drop table", '-a "b" NOT c', "x" * 10_000])
async def test_whatever_is_typed_makes_a_valid_request(
    recorder: Recorder, backend: MeilisearchBackend, text: str
) -> None:
    """Quotes and a leading minus have a meaning to Meilisearch; no typed one reaches it."""
    await backend.search(ExpertQuery(text=text, vector=axis(0), with_others=True))

    for query in recorder.queries():
        words = query.get("q", "")
        assert re.fullmatch(r'[^\W_ ]*( [^\W_ ]+)*|"[^\W_]+"( "[^\W_]+")*', words), words


async def test_ids_are_listed_in_steps(recorder: Recorder, backend: MeilisearchBackend) -> None:
    await backend.ids()

    assert recorder.queries()[-1] == {
        "indexUid": "experts",
        "q": "",
        "filter": 'kind = "expert"',
        "offset": 0,
        "limit": 10_000,
        "attributesToRetrieve": ["id"],
    }
