"""The address of a search: read back it is the same search, and links say what they do."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from service.directory.facets import FACETS
from service.directory.search import Sort
from service.web.experts.forms import Layout, SearchForm
from service.web.typed_text import clean_line

texts = st.text(max_size=40).map(clean_line)
values = st.lists(texts.filter(bool), min_size=1, max_size=3, unique=True).map(tuple)


@st.composite
def forms(draw: st.DrawFn) -> SearchForm:
    chosen = draw(st.dictionaries(st.sampled_from(FACETS), values, max_size=4))
    return SearchForm(
        draw(texts),
        {name: chosen[name] for name in FACETS if name in chosen},
        draw(st.sampled_from([None, *Sort])),
        draw(st.sampled_from(Layout)),
    )


@given(forms())
def test_an_address_read_back_is_the_same_search(form: SearchForm) -> None:
    assert SearchForm.from_address(form.query_string) == form


@given(forms(), st.sampled_from(FACETS), st.one_of(st.just(()), values))
def test_links_of_a_facet_are_the_addresses_of_choosing(form: SearchForm, name: str, wanted: tuple[str, ...]) -> None:
    assert form.addresses_choosing(name)(wanted) == form.choosing(name, wanted).address
