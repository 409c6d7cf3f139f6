"""Scoring version 1: how well an expert's evidence answers each theme of a draft. Pure; never edited once used.

Three views of each expert × theme pair, so that none of them alone decides:

- *words*: tf-idf cosine of folded syllables and their pairs, of the whole profile and of the best pieces of evidence;
- *terms*: the same over terms of the lexicon, which have one identity in Vietnamese and English;
- *meaning*: cosine of e5 vectors, the theme's centred by the mean of other drafts (research: +.11 to .14 nDCG).

Words cannot speak for an expert who writes in another language than the draft, nor vectors for Vietnamese typed without
marks: there the views that can speak decide. Each view is standardised twice, by constants of this version (so that
scores mean the same across drafts) and over the experts at hand (so that a theme everybody is near to does not drown
the others), and the two are averaged. Sex, age, places and titles are not looked at.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from search.embedding.calibration import USUAL_SCALE, Scale
from search.embedding.embedder import Vectors
from service.matching.evidence import (
    FEATURES,
    Evidence,
    count_matrix,
    general_weights,
    subject_features,
    term_features,
    word_features,
)
from service.matching.evidence_claims import is_commercial
from service.matching.lexicon import GENERAL, FieldLexicon
from service.matching.lexicon_words import language_of
from service.matching.results import AffinityBand

VERSION = "v1"
CONSTANTS = Path(__file__).with_name("v1.json")

Floats = NDArray[np.float64]

DECAY, DEPTH = 0.7, 5  # weights of an expert's best items: 1, .7, .49 …
_FOREIGN_UNDER = 0.25  # share of evidence in the draft's language below which words cannot speak
_PLAIN_OVER = 0.75  # share of evidence typed without marks from which meaning cannot
SHARPNESS = 2.0  # of the soft maximum over themes: one theme answered well is enough
WHOLE_WEIGHT = 0.6
SUBJECTS_WEIGHT = 0.5
TERMS_FOR_HALF = 2.0  # known terms of a theme that give the view of terms half a vote
PADDING = 0.3
ON_THEME, NEAR_THEME = 1.5, 0.75  # standard units above which a piece of evidence is on a theme
DEPTH_WEIGHT, ENOUGH_WORKS = 0.3, 4.0
ENOUGH_VOTES = 1.5  # one view alone must see more
JUST_UNDER = 0.05  # room under a band for those who lack the evidence for it
BOUND, DAMPING = 4.0, 0.3  # beyond the bound a view counts less: no single view is to decide alone


@dataclass(frozen=True, slots=True, kw_only=True)
class ThemeText:
    """What is asked: the theme's name and text, and the draft's title."""

    text: str
    title: str
    weight: float = 1.0  # beside the draft's other themes

    @property
    def titled(self) -> str:
        return f"{self.title}. {self.text}" if self.title else self.text


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftVectors:
    """Passage vectors: of each theme's text, and of each after the draft's title."""

    themes: Vectors
    titled: Vectors


@dataclass(frozen=True, slots=True, kw_only=True)
class Affinities:
    """`scores` (n,) and `theme_scores` (n, T) in [0, 1]."""

    scores: Floats
    theme_scores: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class _Constants:
    mean: Vectors  # of passages of other drafts
    standard: dict[str, tuple[float, float]]  # view → mean, spread
    language_offsets: dict[str, float]  # "vi>en": usual cosine of Vietnamese themes with English evidence
    offset: float  # of the draft's score, which the whole draft adds to
    theme_offset: float
    slope: float
    bands: tuple[float, float, float]  # very suitable, suitable, possible


@cache
def constants() -> _Constants:
    stored = json.loads(CONSTANTS.read_text(encoding="utf-8"))
    return _Constants(
        mean=np.array(stored["mean"], dtype=np.float32),
        standard={view: (mean, spread) for view, (mean, spread) in stored["standard"].items()},
        language_offsets=stored["language_offsets"],
        offset=stored["offset"],
        theme_offset=stored["theme_offset"],
        slope=stored["slope"],
        bands=tuple(stored["bands"]),
    )


def band_of(score: float) -> AffinityBand | None:
    very, suitable, possible = constants().bands
    if score >= very:
        return AffinityBand.VERY_SUITABLE
    if score >= suitable:
        return AffinityBand.SUITABLE
    return AffinityBand.POSSIBLE if score >= possible else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _WordView:
    """Profiles and items as unit rows of weighted features, and the weights that queries get."""

    width: int
    features: Callable[[str], tuple[NDArray[np.int32], NDArray[np.float32]]]
    rarity: Floats
    telling: Floats  # of each feature: 1, or less for what all papers name
    profiles: sp.csr_matrix
    items: sp.csr_matrix


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """Evidence counted and weighed once, for any number of drafts."""

    evidence: Evidence
    vectors: Vectors | None
    scale: Scale  # of the model that the vectors come from
    words: _WordView
    terms: _WordView
    subjects: _WordView
    language_shares: dict[str, Floats]  # "vi", "en", "vi-plain" → share of each expert's evidence


def prepare(
    evidence: Evidence, *, lexicon: FieldLexicon, vectors: Vectors | None = None, scale: Scale = USUAL_SCALE
) -> Prepared:
    lengths = np.array([len(text) for text in evidence.texts], dtype=np.float64)
    total = np.maximum(np.bincount(evidence.owners, lengths, evidence.experts), 1.0)
    shares = {}
    for language in ("vi", "en", "vi-plain"):
        is_it = np.array([found == language for found in evidence.languages], dtype=np.float64)
        shares[language] = np.bincount(evidence.owners, lengths * is_it, evidence.experts) / total
    return Prepared(
        evidence=evidence,
        vectors=vectors,
        scale=scale,
        words=_word_view(evidence, FEATURES, word_features, general_weights()),
        terms=_word_view(
            evidence,
            len(lexicon.terms),
            partial(term_features, lexicon=lexicon),
            np.array([lexicon.weight(term) for term in range(len(lexicon.terms))]),
        ),
        subjects=_word_view(
            evidence,
            len(lexicon.subjects),
            partial(subject_features, lexicon=lexicon),
            np.array([GENERAL if subject.is_general else 1.0 for subject in lexicon.subjects]),
        ),
        language_shares=shares,
    )


def _word_view(
    evidence: Evidence,
    width: int,
    features: Callable[[str], tuple[NDArray[np.int32], NDArray[np.float32]]],
    weights: Floats | None = None,
) -> _WordView:
    n, count = evidence.experts, len(evidence.items)
    items = count_matrix([features(text) for text in evidence.texts], width)
    used = evidence.is_counted.astype(np.float64)
    profiles = (sp.csr_matrix((used, (evidence.owners, np.arange(count))), shape=(n, count)) @ items).tocsr()
    profiles.eliminate_zeros()
    holders = np.bincount(profiles.indices, minlength=width)
    rarity: Floats = np.log1p(n / np.maximum(holders, 1))  # what nobody holds lengthens what is asked, for it is missed
    telling = np.ones(width) if weights is None else weights
    rarity = rarity * telling
    # A text of nothing but general terms is not all about them.
    padding = 0.0 if width == FEATURES else PADDING * math.log1p(n)
    return _WordView(
        width=width,
        features=features,
        rarity=rarity,
        telling=telling,
        profiles=_weighted(profiles, rarity, padding),
        items=sp.diags(used) @ _weighted(items, rarity, padding),
    )


def _asked(view: _WordView, texts: Sequence[str]) -> sp.csr_matrix:
    return _weighted(count_matrix([view.features(text) for text in texts], view.width), view.rarity)


def score_affinities(
    prepared: Prepared, themes: Sequence[ThemeText], whole: str, draft_vectors: DraftVectors | None = None
) -> Affinities:
    """Scores of every expert for every theme and for the draft. Without vectors words and terms decide alone."""
    if not themes or not prepared.evidence.items:
        n = prepared.evidence.experts
        return Affinities(scores=np.zeros(n), theme_scores=np.zeros((n, len(themes))))
    raw = raw_views(prepared, themes, whole, draft_vectors)
    fused_themes, fused_whole = fuse(raw)
    support = support_of(prepared.evidence, raw)
    fused_themes = fused_themes + DEPTH_WEIGHT * np.minimum(support.works, ENOUGH_WORKS) / ENOUGH_WORKS
    weights = np.array([theme.weight for theme in themes])
    weights = weights * len(weights) / weights.sum()
    best = np.log(np.exp(SHARPNESS * fused_themes) @ weights) / SHARPNESS
    overall = best + WHOLE_WEIGHT * fused_whole[:, 0]
    known = constants()
    theme_scores = _to_unit(fused_themes, known.theme_offset)
    scores = _to_unit(overall, known.offset)
    very, suitable, possible = known.bands
    theme_scores = _held_under(theme_scores, very, support.works >= 2)
    theme_scores = _held_under(theme_scores, suitable, support.works >= 1)
    theme_scores = _held_under(theme_scores, possible, support.is_near)
    most, best_theme = support.works.max(axis=1), theme_scores.max(axis=1)
    scores = _held_under(scores, very, (most >= 2) & (best_theme >= suitable))
    scores = _held_under(scores, suitable, (most >= 1) & (best_theme >= possible))
    return Affinities(scores=scores, theme_scores=theme_scores)


def _held_under(scores: Floats, band: float, is_proven: NDArray[np.bool_]) -> Floats:
    """Nobody is very suitable without two different pieces of evidence on one theme, or suitable without one; nor for
    the draft much more than for any theme of it. Whoever is held back comes just under the band, in the order of the
    scores."""
    floor = band - JUST_UNDER
    squeezed = floor + JUST_UNDER * (scores - floor) / (1.001 - floor)
    held: Floats = np.where(~is_proven & (scores > floor), squeezed, scores)
    return held


def _to_unit(fused: Floats, offset: float) -> Floats:
    unit: Floats = 1.0 / (1.0 + np.exp(-constants().slope * (fused - offset)))
    return unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Support:
    """`works` (n, T): how many different texts of work done are on each theme. `is_near` (n, T): whether anything the
    person says is near it."""

    works: Floats
    is_near: NDArray[np.bool_]


@dataclass(slots=True, kw_only=True)
class RawViews:
    """Each view before standardisation: (n, T) and (n, 1); which experts words and meaning can speak for."""

    themes: dict[str, Floats]
    whole: dict[str, Floats]
    words_speak: NDArray[np.bool_]
    meaning_speaks: NDArray[np.bool_]
    terms_known: Floats  # (T,) telling terms of each theme that anybody's evidence holds
    whole_terms_known: Floats  # (1,)
    single: dict[str, Floats]  # each view of each piece of evidence: (items, T)
    draft_language: str
    is_commercial: NDArray[np.bool_]  # (T,) themes that are about trade themselves


def raw_views(
    prepared: Prepared, themes: Sequence[ThemeText], whole: str, draft_vectors: DraftVectors | None
) -> RawViews:
    asked = [*(theme.text for theme in themes), whole]
    evidence = prepared.evidence
    owners, n = evidence.owners, evidence.experts
    views: dict[str, Floats] = {}
    whole_views: dict[str, Floats] = {}
    single: dict[str, Floats] = {}
    for name, view in (("words", prepared.words), ("terms", prepared.terms), ("subjects", prepared.subjects)):
        queries = _asked(view, asked).T
        profile = np.asarray((view.profiles @ queries).todense(), dtype=np.float64)
        items = np.asarray((view.items @ queries[:, :-1]).todense(), dtype=np.float64)
        views[f"{name}_profile"], whole_views[f"{name}_profile"] = profile[:, :-1], profile[:, -1:]
        views[f"{name}_items"] = _best_items(items * evidence.weights[:, None], owners, n)
        single[name] = items
    named = _asked(prepared.terms, asked) > 0
    known = np.asarray(named @ prepared.terms.telling, dtype=np.float64)
    shares = prepared.language_shares
    spoken = shares["en"] if language_of(whole) == "en" else shares["vi"] + shares["vi-plain"]
    meaning_speaks = shares["vi-plain"] < _PLAIN_OVER
    if prepared.vectors is not None and draft_vectors is not None:
        mean, usual = _usual(prepared.scale)
        minor = (0.05 * (1 - evidence.weights) + np.where(evidence.is_counted, 0.0, 1.0))[:, None]
        draft_language = "en" if language_of(whole) == "en" else "vi"
        for name, vectors in (("meaning", draft_vectors.themes), ("meaning_titled", draft_vectors.titled)):
            cosines = (prepared.vectors @ _centred(vectors, mean).T).astype(np.float64)
            cosines -= _language_offsets(cosines, evidence.languages, draft_language, usual)
            cosines *= prepared.scale.matching
            views[name] = _best_items(cosines - minor, owners, n)
            single.setdefault("meaning", cosines)
    else:
        meaning_speaks = np.zeros(n, dtype=np.bool_)
    return RawViews(
        themes=views,
        whole=whole_views,
        words_speak=spoken >= _FOREIGN_UNDER,
        meaning_speaks=meaning_speaks,
        terms_known=known[:-1],
        whole_terms_known=known[-1:],
        single=single,
        draft_language="en" if language_of(whole) == "en" else "vi",
        is_commercial=np.array([is_commercial(theme.text) for theme in themes], dtype=np.bool_),
    )


def support_of(evidence: Evidence, raw: RawViews) -> Support:
    """By the views that can speak for each text, and by the constants alone: in a directory where nobody works on a
    theme, the least far is not near."""
    tags = np.array(evidence.languages)
    total = np.zeros_like(raw.single["words"])
    votes = np.zeros_like(total)
    for name, values in raw.single.items():
        mean, spread = constants().standard[f"single_{name}"]
        speaks = np.ones(len(tags))
        if name == "words":
            speaks = (tags == "en") == (raw.draft_language == "en")
        elif name == "meaning":
            speaks = tags != "vi-plain"
        weight = speaks.astype(np.float64)[:, None] * _view_weight(name, raw.terms_known)
        total += weight * np.minimum((values - mean) / spread, BOUND)
        votes += weight
    nearness = total / np.maximum(votes, ENOUGH_VOTES)
    proves = (evidence.is_concrete & ~evidence.is_repeated)[:, None] & (
        ~evidence.is_commercial[:, None] | raw.is_commercial
    )
    is_on = (nearness >= ON_THEME) & proves
    works: Floats = np.zeros((evidence.experts, total.shape[1]))
    np.add.at(works, evidence.owners, is_on)
    # Whoever mostly served trade knows a neighbouring setting, also where a single title does not say so.
    concrete = np.bincount(evidence.owners, evidence.is_concrete, evidence.experts)
    commercial = np.bincount(evidence.owners, evidence.is_concrete & evidence.is_commercial, evidence.experts)
    is_from_trade = commercial > 0.5 * concrete
    works = np.where(is_from_trade[:, None] & ~raw.is_commercial, 0.5 * works, works)
    is_near = np.zeros((evidence.experts, total.shape[1]), dtype=np.bool_)
    np.logical_or.at(is_near, evidence.owners, nearness >= NEAR_THEME)
    return Support(works=works, is_near=is_near)


def _view_weight(view: str, known: Floats) -> Floats:
    """How much a view has to say on each theme, by how many telling terms of it anybody's evidence holds."""
    if view == "terms":  # one term out of a whole theme says little; a theme of many is described by them
        return known / (known + TERMS_FOR_HALF)
    if view == "subjects":
        return SUBJECTS_WEIGHT * np.minimum(known, 1.0)
    return np.ones_like(known)


def _usual(scale: Scale) -> tuple[Vectors, Mapping[str, float]]:
    own = constants()
    return (own.mean, own.language_offsets) if scale.passage_mean is None else (scale.passage_mean, scale.usual)


def _language_offsets(cosines: Floats, languages: Sequence[str], asked_in: str, usual: Mapping[str, float]) -> Floats:
    """How near any text of an item's language is to this theme, whatever it is about: (items, T).

    Texts of one language are nearer to each other than to those of another; what counts is what is near beyond that.
    Measured over the evidence at hand where there is enough of the language, else by the constants of this version.
    """
    offsets = np.zeros_like(cosines)
    tags = np.array(languages)
    for language in set(languages):
        rows = np.flatnonzero(tags == language)
        share = len(rows) / (len(rows) + 50.0)
        offsets[rows] = share * cosines[rows].mean(axis=0) + (1.0 - share) * usual.get(f"{asked_in}>{language}", 0.0)
    return offsets


def score_pairs(
    prepared: Prepared, rows: NDArray[np.int64], places: Sequence[str], place_vectors: Vectors | None = None
) -> Floats:
    """(rows, places): which piece of evidence answers which place best. Ranks pairs of one draft only."""
    views = [
        np.asarray((view.items[rows] @ _asked(view, places).T).todense(), dtype=np.float64)
        for view in (prepared.words, prepared.terms, prepared.subjects)
    ]
    if prepared.vectors is not None and place_vectors is not None:
        views.append((prepared.vectors[rows] @ _centred(place_vectors, _usual(prepared.scale)[0]).T).astype(np.float64))
    standard = [view / (view.std() + 1e-9) for view in views]  # one scale for all places: a better place is better
    mean: Floats = np.mean(standard, axis=0) * prepared.evidence.weights[rows, None]
    return mean


def fuse(raw: RawViews) -> tuple[Floats, Floats]:
    """(n, T) for the themes and (n, 1) for the whole draft, in standard units."""
    themes = _fuse_views(
        {
            "words": ("words_profile", "words_items"),
            "terms": ("terms_profile", "terms_items"),
            "subjects": ("subjects_profile", "subjects_items"),
            "meaning": ("meaning", "meaning_titled"),
        },
        raw.themes,
        raw,
        prefix="",
    )
    whole = _fuse_views(
        {"words": ("words_profile",), "terms": ("terms_profile",), "subjects": ("subjects_profile",)},
        raw.whole,
        raw,
        prefix="whole_",
    )
    return themes, whole


def _fuse_views(views: dict[str, tuple[str, ...]], values: dict[str, Floats], raw: RawViews, *, prefix: str) -> Floats:
    everybody = np.ones_like(raw.words_speak)
    speaks = {"words": raw.words_speak, "terms": everybody, "subjects": everybody, "meaning": raw.meaning_speaks}
    total = np.zeros_like(values["terms_profile"])
    votes = np.zeros_like(total)
    known = raw.terms_known if prefix == "" else raw.whole_terms_known
    for view, parts in views.items():
        present = [part for part in parts if part in values]
        if not present:
            continue
        weight = speaks[view].astype(np.float64)[:, None]
        weight = weight * _view_weight(view, known)
        score = np.mean([_standardise(values[part], prefix + part, speaks[view]) for part in present], axis=0)
        total += weight * score
        votes += weight
    fused: Floats = total / np.maximum(votes, 0.5)
    return fused


def _standardise(values: Floats, name: str, speaks: NDArray[np.bool_]) -> Floats:
    """Half by the constants of this version, half over the experts the view speaks for, when they are many."""
    mean, spread = constants().standard[name]
    fixed = (values - mean) / spread
    n = int(speaks.sum())
    relative_share = 0.5 * n / (n + 30.0)
    heard = values[speaks] if n else values
    relative = (values - heard.mean(axis=0)) / np.maximum(heard.std(axis=0), 0.3 * spread)
    both = (1.0 - relative_share) * fixed + relative_share * relative
    bounded: Floats = np.where(both > BOUND, BOUND + DAMPING * (both - BOUND), both)
    return bounded


def _weighted(counts: sp.csr_matrix, rarity: Floats, padding: float = 0.0) -> sp.csr_matrix:
    """(1 + log tf) · idf, rows of length 1; with padding, rows of little weight are shorter."""
    weighted = counts.copy()
    positive = np.maximum(weighted.data, 1e-12)
    damped = np.where(weighted.data >= 1.0, 1.0 + np.log(np.maximum(positive, 1.0)), weighted.data)
    weighted.data = damped * rarity[weighted.indices]
    norms = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel() + padding**2)
    return sp.diags(1.0 / np.maximum(norms, 1e-12)) @ weighted


def _best_items(scores: Floats, owners: NDArray[np.int64], experts: int) -> Floats:
    """Decayed mean over each expert's best items: one lucky title is not enough, many minor works do no harm.

    Whoever has fewer than DEPTH items has the worst of them counted again, so that thin profiles do not lose.
    """
    out = np.zeros((experts, scores.shape[1]))
    sizes = np.bincount(owners, minlength=experts)
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]]) if experts else sizes
    decays = DECAY ** np.arange(DEPTH)
    # Experts with about as many items go through together: as tables, with the last item repeated to fill the row.
    for widest in (DEPTH, 2 * DEPTH, 4 * DEPTH, 16 * DEPTH, int(sizes.max(initial=0))):
        rows = np.flatnonzero((sizes > 0) & (sizes <= widest) & ~out.any(axis=1))
        if not len(rows):
            continue
        width = max(widest, DEPTH)
        places = starts[rows, None] + np.minimum(np.arange(width), sizes[rows, None] - 1)
        is_filler = np.arange(width) >= sizes[rows, None]
        for column in range(scores.shape[1]):
            table = scores[places, column]
            worst = table.min(axis=1, keepdims=True)
            table = np.where(is_filler, worst if width == DEPTH else -np.inf, table)
            best = -np.partition(-table, DEPTH - 1, axis=1)[:, :DEPTH] if width > DEPTH else table
            best = -np.sort(-best, axis=1)
            best = np.where(np.isinf(best), worst, best)
            out[rows, column] = best @ decays / decays.sum()
    return out


def _centred(vectors: Vectors, mean: Vectors) -> Vectors:
    moved = np.where(vectors.any(axis=1, keepdims=True), vectors - mean, 0.0)  # zeros: it could not be embedded
    unit: Vectors = moved / np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), 1e-9)
    return unit
