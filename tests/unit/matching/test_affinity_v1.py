from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import numpy as np
import pytest

from service.matching.affinity import v1
from service.matching.candidates import Candidate, Work
from service.matching.evidence import gather_evidence
from service.matching.lexicon import load_lexicon
from service.matching.results import AffinityBand

LEXICON = load_lexicon()
THEMES = (
    v1.ThemeText(text="nuôi biển, lồng bè. chuyển từ lồng gỗ sang lồng tròn nổi, thiết kế hệ thống neo", title=""),
    v1.ThemeText(text="pháp luật. trình tự giao khu vực biển, thẩm quyền của cấp xã", title=""),
)
WHOLE = "Đề án nuôi biển. lồng bè, hệ thống neo, giao khu vực biển"


def expert(number: int, *titles: str, **changes: object) -> Candidate:
    works = tuple(Work(title=title, year=2022, kind="publication") for title in titles)
    made = Candidate(id=UUID(int=number), full_name=f"Người {number}", works=works)
    return replace(made, **changes)  # type: ignore[arg-type]


FARMER = expert(1, "Kết cấu lồng bè chịu sóng", "Hệ thống neo lồng nuôi biển", "Nuôi lồng tròn HDPE")
LAWYER = expert(2, "Giao khu vực biển: trình tự và thẩm quyền", "Pháp luật về biển", "Quyền sử dụng khu vực biển")
ABROAD = expert(3, "Mooring of net pens at exposed sites", "Net pen deformation in waves", "Submersible sea cages")
DOCTOR = expert(4, "Phẫu thuật nội soi ổ bụng", "Gây mê hồi sức", "Điều trị đột quỵ")
OTHERS = tuple(expert(n, f"Toán giải tích số {n}", f"Hàm biến phức tập {n}", "Đại số trừu tượng") for n in range(5, 40))
EVERYBODY = (FARMER, LAWYER, ABROAD, DOCTOR, *OTHERS)


def scores(*people: Candidate) -> v1.Affinities:
    return v1.score_affinities(v1.prepare(gather_evidence(people, year=2025), lexicon=LEXICON), THEMES, WHOLE)


def test_each_theme_finds_its_expert_in_either_language() -> None:
    found = scores(*EVERYBODY).theme_scores

    assert [set(np.argsort(-found[:, theme])[:count].tolist()) for theme, count in ((0, 2), (1, 1))] == [{0, 2}, {1}]


def test_scores_lie_between_0_and_1_and_someone_of_another_field_has_no_band() -> None:
    found = scores(*EVERYBODY)

    assert (found.scores.min() >= 0, found.scores.max() <= 1) == (True, True)
    assert [v1.band_of(score) for score in found.scores[3:]] == [None] * 36


def test_the_order_of_the_experts_changes_nothing() -> None:
    forwards, backwards = scores(*EVERYBODY).scores, scores(*reversed(EVERYBODY)).scores

    assert forwards == pytest.approx(backwards[::-1])


def test_keywords_of_someone_with_evidence_change_nothing() -> None:
    stuffed = replace(DOCTOR, keywords=("nuôi biển", "lồng bè", "hệ thống neo", "giao khu vực biển") * 5)

    assert scores(FARMER, LAWYER, ABROAD, stuffed, *OTHERS).scores == pytest.approx(scores(*EVERYBODY).scores)


def test_keywords_are_all_there_is_to_go_by_for_someone_without_evidence() -> None:
    silent, speaking = expert(90), expert(91, keywords=("nuôi biển", "lồng bè"))

    found = scores(*EVERYBODY, silent, speaking)

    assert found.scores[-1] > found.scores[-2]
    assert found.scores[-1] < found.scores[0]


def test_a_draft_without_themes_and_a_directory_without_people_score_nothing() -> None:
    prepared = v1.prepare(gather_evidence(EVERYBODY, year=2025), lexicon=LEXICON)

    assert v1.score_affinities(prepared, (), "").scores.tolist() == [0.0] * len(EVERYBODY)
    assert scores().theme_scores.shape == (0, 2)


@pytest.mark.parametrize(
    ("score", "band"),
    [
        (0.9, AffinityBand.VERY_SUITABLE),
        (0.6, AffinityBand.SUITABLE),
        (0.3, AffinityBand.POSSIBLE),
        (0.1, None),
    ],
)
def test_bands_come_from_thresholds_of_the_version(score: float, band: AffinityBand | None) -> None:
    assert v1.band_of(score) == band


def test_the_best_items_count_with_decay_and_thin_profiles_do_not_lose() -> None:
    items = np.array([[1.0], [0.5], [0.5]])
    owners = np.array([0, 1, 1])

    assert v1._best_items(items, owners, 3)[:, 0] == pytest.approx([1.0, 0.5, 0.0])
