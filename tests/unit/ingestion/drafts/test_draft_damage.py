"""Broken letters: repaired where there is one reading, flagged where there is none."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from ingestion.drafts.blocks import Block, Extract
from ingestion.drafts.damage import is_damaged, repair, repair_blocks
from ingestion.drafts.legacy_fonts import from_tcvn3, from_vni
from ingestion.drafts.records import DraftProblem, FlagReason, UnreadableDraftError
from ingestion.drafts.syllables import impossible_words, is_syllable

ROOT = Path(__file__).parents[4]
SAMPLES = [
    block.strip().split("\n")[1:]
    for block in (ROOT / "tests" / "data" / "broken_text_samples.txt").read_text(encoding="utf-8").split("\n\n")[1:]
]
BEYOND_REPAIR = (0, 1, 2, 4)  # [1], [2], [3] and [5]
SOUND = (
    "Ủy ban nhân dân tỉnh ban hành Kế hoạch số 192/KH-UBND giai đoạn 2021-2025 theo Quyết định số 1896/QĐ-TTg.",
    "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
    "Huyện Krông Năng, tỉnh Đắk Lắk và thành phố Buôn Ma Thuột.",
    "Hợp tác với Université de Liège (Bỉ) về nuôi trồng thủy sản và bảo tồn rạn san hô.",
    "HĐND, UBND các huyện; VP ĐP; Sở NN&PTNT; Thông tư 57/TTLT-BTC-BNN.",
    "a) b) c) d) đ) e)",
    "The quick brown fox, m2, km2, CO2 and N, P, K in t/ha.",
    "Thuỷ sản, hoà bình, quỹ, giếng, gìn giữ, nguệch ngoạc, khuỷu, quýt, xoong.",
)


@pytest.mark.parametrize("number", BEYOND_REPAIR)
def test_samples_beyond_repair_are_damaged_before_and_after(number: int) -> None:
    broken = SAMPLES[number][0]

    assert is_damaged(broken)
    assert is_damaged(repair(broken))


@pytest.mark.parametrize("number", [3, 5])
def test_samples_with_one_reading_are_repaired(number: int) -> None:
    broken, wanted = SAMPLES[number]

    assert repair(broken) == wanted.removeprefix("= ")
    assert not is_damaged(repair(broken))


@pytest.mark.parametrize("text", [*SOUND, *(sample[1].removeprefix("= ") for sample in SAMPLES)])
def test_sound_text_is_left_alone(text: str) -> None:
    assert not is_damaged(text)
    assert repair(text) == text


def test_utf8_read_as_latin1_is_repaired() -> None:
    text = "Kế hoạch phát triển du lịch biển đảo"

    assert repair(text.encode().decode("cp1252")) == text
    assert repair(text.encode().decode("latin-1")) == text


def test_syllables() -> None:
    possible = "nghiêng khuya quyết giếng ruộng thuở hươu khoẻ Đắk xuềnh huýt gì"
    impossible = "hiïån vieät thuaơt xaơ chûúng lûúi víịn bieơn ắnh hìĩ"

    assert [word for word in possible.split() if not is_syllable(word)] == []
    assert [word for word in impossible.split() if is_syllable(word)] == []


def test_the_reference_texts_hold_one_impossible_word() -> None:
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "service/reference/drafts").glob("*.txt")]

    # "ngành, địa phương xâ": the stored copy breaks off in the middle of a word.
    assert sum(impossible_words(unicodedata.normalize("NFC", text))[0] for text in texts) == 1


def test_tables_of_the_old_fonts() -> None:
    assert from_tcvn3("§Ò ¸n ph¸t triÓn nu«i biÓn, b¶o vÖ m«i tr­êng n­íc") == (
        "Đề án phát triển nuôi biển, bảo vệ môi trường nước"
    )
    assert from_vni("Ñeà aùn phaùt trieån nuoâi bieån, baûo veä moâi tröôøng nöôùc") == (
        "Đề án phát triển nuôi biển, bảo vệ môi trường nước"
    )
    assert from_vni("ÑEÀ AÙN BAÛO VEÄ MOÂI TRÖÔØNG") == "ĐỀ ÁN BẢO VỆ MÔI TRƯỜNG"


def extract(*texts: str) -> Extract:
    return Extract(blocks=[Block(text=text) for text in texts], has_styles=False)


def test_a_draft_in_an_old_encoding_is_converted_as_a_whole() -> None:
    draft = extract("Môc tiªu", "Ph¸t triÓn nu«i biÓn theo h­íng bÒn v÷ng, b¶o vÖ m«i tr­êng.", "Tû lÖ 50%")

    repair_blocks(draft, "cu.txt")

    assert [block.text for block in draft.blocks] == [
        "Mục tiêu",
        "Phát triển nuôi biển theo hướng bền vững, bảo vệ môi trường.",
        "Tỷ lệ 50%",
    ]
    assert [details for _message, details in draft.warnings] == [{"file": "cu.txt", "encoding": "TCVN3"}]


def test_broken_passages_among_sound_ones_are_flagged() -> None:
    broken = SAMPLES[1][0]
    draft = extract(*SOUND, *SOUND, broken, "Ƣu tiên phát triển giống hàu sữa.")

    repair_blocks(draft, "lan.docx")

    assert [block.text for block in draft.blocks] == [*SOUND, *SOUND, "", "Ưu tiên phát triển giống hàu sữa."]
    assert [block.flags for block in draft.blocks if block.flags] == [[(broken, FlagReason.BROKEN_ENCODING)]]
    assert [details for _message, details in draft.warnings] == [
        {"file": "lan.docx", "count": 1},
        {"file": "lan.docx", "count": 1},
    ]


def test_a_draft_that_is_mostly_broken_is_refused() -> None:
    with pytest.raises(UnreadableDraftError) as refused:
        repair_blocks(extract(SAMPLES[0][0], "Kế hoạch"), "hong.pdf")

    assert refused.value.problem is DraftProblem.LEGACY_ENCODING
    assert "hong.pdf" in str(refused.value)
