"""Words and meaning, merged."""

from __future__ import annotations

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from search.fusion import MEANING_CENTRE, MEANING_SPREAD, fuse, reciprocal_rank_fusion
from search.query import Hit, Rankings

A, B, C, D = (UUID(int=n) for n in range(1, 5))


def words(**shares: float) -> tuple[Hit, ...]:
    return tuple(Hit({"a": A, "b": B, "c": C, "d": D}[name], share, "evidence") for name, share in shares.items())


def meaning(**spreads: float) -> tuple[Hit, ...]:
    return tuple(
        Hit({"a": A, "b": B, "c": C, "d": D}[name], MEANING_CENTRE + MEANING_SPREAD * value, "evidence", 0)
        for name, value in spreads.items()
    )


def order(rankings: Rankings) -> list[UUID]:
    return [hit.expert_id for hit in fuse(rankings)]


def test_the_exact_go_first_in_their_order() -> None:
    exact = (Hit(C, 1.0, "name"), Hit(B, 0.5, "name"))

    hits = fuse(Rankings(exact=exact, by_words=words(a=1.0, b=0.2), by_meaning=meaning(a=3, c=-1)))

    assert [hit.expert_id for hit in hits] == [C, B, A]
    assert [hit.is_exact for hit in hits] == [True, True, False]
    assert [hit.field for hit in hits] == ["name", "name", "evidence"]


def test_a_full_answer_in_words_is_beyond_doubt() -> None:
    assert order(Rankings(by_words=words(a=0.95), by_meaning=meaning(b=3, a=0))) == [A, B]


def test_a_few_common_words_do_not_outweigh_meaning() -> None:
    assert order(Rankings(by_words=words(a=0.3), by_meaning=meaning(b=3, a=1.5))) == [B, A]


def test_words_alone_keep_their_order() -> None:
    assert order(Rankings(by_words=words(b=0.6, a=0.4, c=0.1))) == [B, A, C]


def test_meaning_alone_keeps_its_order() -> None:
    assert order(Rankings(by_meaning=meaning(c=2, a=1, b=-3))) == [C, A, B]


def test_whoever_meaning_left_out_stands_no_higher_than_its_last() -> None:
    hits = fuse(Rankings(by_words=words(d=0.1), by_meaning=meaning(a=2, b=1)))

    assert [hit.expert_id for hit in hits] == [A, D, B], "the last by meaning, and a word more"


def test_the_limit_counts_the_exact_too() -> None:
    rankings = Rankings(exact=(Hit(C, 1.0, "name"),), by_words=words(a=1.0, b=0.5))

    assert [hit.expert_id for hit in fuse(rankings, 2)] == [C, A]


shares = st.dictionaries(st.sampled_from([A, B, C, D]), st.floats(0, 1.2), max_size=4)
likenesses = st.dictionaries(st.sampled_from([A, B, C, D]), st.floats(-0.2, 0.3), max_size=4)


@given(shares, likenesses, st.lists(st.sampled_from([A, B, C, D]), unique=True))
def test_everybody_appears_once_and_ties_are_settled(
    by_words: dict[UUID, float], by_meaning: dict[UUID, float], exact: list[UUID]
) -> None:
    rankings = Rankings(
        exact=tuple(Hit(one, 1.0, "name") for one in exact),
        by_words=tuple(Hit(one, share, "evidence") for one, share in by_words.items()),
        by_meaning=tuple(Hit(one, likeness, "evidence") for one, likeness in by_meaning.items()),
    )
    backwards = Rankings(exact=rankings.exact, by_words=rankings.by_words[::-1], by_meaning=rankings.by_meaning[::-1])

    assert sorted(order(rankings)) == sorted({*by_words, *by_meaning, *exact})
    assert order(rankings) == order(backwards)


@given(shares, likenesses, st.sampled_from([A, B, C, D]))
def test_better_words_never_make_anybody_fall(
    by_words: dict[UUID, float], by_meaning: dict[UUID, float], lucky: UUID
) -> None:
    def place(shares: dict[UUID, float]) -> int:
        rankings = Rankings(
            by_words=tuple(Hit(one, share, "evidence") for one, share in shares.items()),
            by_meaning=tuple(Hit(one, likeness, "evidence") for one, likeness in by_meaning.items()),
        )
        return order(rankings).index(lucky)

    before = {lucky: 0.0, **by_words}

    assert place({**before, lucky: before[lucky] + 0.3}) <= place(before)


def test_rankings_without_scores_are_merged_by_rank() -> None:
    assert reciprocal_rank_fusion([[A, B, C], [C, A]]) == [A, C, B]
    assert reciprocal_rank_fusion([]) == []
