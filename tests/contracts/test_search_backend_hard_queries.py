"""What every index backend must do (search/backend.py): synonyms, document numbers, pasted texts, what is no query."""

from __future__ import annotations

import pytest

from search.backend import SearchBackend
from search.query import Rankings
from tests.contracts.indexed import found, person, put, search


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("Kinh tế đồng bằng sông Cửu Long", "ĐBSCL"),
        ("Nghiên cứu ĐBSCL", "đồng bằng sông cửu long"),
        ("Đánh giá tác động môi trường của cảng", "ĐTM cảng"),
        ("Nuôi trồng thủy sản", "aquaculture"),
        ("Sustainable aquaculture", "nuôi trồng thủy sản"),
        ("Trường Đại học Cần Thơ", "đh cần thơ"),
        ("Ứng dụng trí tuệ nhân tạo", "AI"),
    ],
)
async def test_synonyms_and_abbreviations_work_both_ways(backend: SearchBackend, text: str, query: str) -> None:
    wanted, other = person("Một", text), person("Hai", "Luật dân sự")
    await put(backend, wanted, other)

    assert (await found(backend, query, [wanted, other]))[:1] == ["Một"]


async def test_synonyms_go_one_level_only(backend: SearchBackend) -> None:
    wanted, other = person("Một", "Ứng dụng TTNT"), person("Hai", "AI")
    await put(backend, wanted, other)

    assert await found(backend, "AI", [wanted, other]) == ["Hai"], "AI → trí tuệ nhân tạo, not on to TTNT"


async def test_abbreviations_are_whole_words(backend: SearchBackend) -> None:
    wanted, other = person("Một", "nông nghiệp"), person("Hai", "NNUDCNC")
    await put(backend, wanted, other)

    assert await found(backend, "NN", [wanted, other]) == ["Một"]


async def test_the_typed_form_ranks_above_its_synonym(backend: SearchBackend) -> None:
    people = [person("Mở rộng", "trí tuệ nhân tạo"), person("Viết tắt", "AI")]
    await put(backend, *people)

    assert (await found(backend, "AI", people))[0] == "Viết tắt"


@pytest.mark.parametrize("query", ["192/KH-UBND", "192/kh-ubnd", "192/KHUBND", "kế hoạch số 192/KH-UBND."])
async def test_document_numbers_are_one_word(backend: SearchBackend, query: str) -> None:
    wanted = person("Một", "Góp ý Kế hoạch 192/KH-UBND")
    other = person("Hai", "Phòng 192, nhà KH; UBND xã")
    await put(backend, wanted, other)

    assert (await found(backend, query, [wanted, other]))[0] == "Một"
    assert await found(backend, "192/KH-UBND", [wanted, other]) == ["Một"]


async def test_document_numbers_with_letters_and_marks_match_without_them(backend: SearchBackend) -> None:
    wanted, other = person("Một", "Theo Quyết định 14/2014/QĐ-TTg"), person("Hai", "15/2014/QĐ-TTg")
    await put(backend, wanted, other)

    assert await found(backend, "14/2014/QD-TTg", [wanted, other]) == ["Một"]


async def test_a_pasted_paragraph_needs_only_some_of_its_words(backend: SearchBackend) -> None:
    wanted = person("Một", "Xâm nhập mặn và sinh kế của hộ nuôi tôm")
    others = [person("Hai", "Luật đất đai"), person("Ba", "Tim mạch can thiệp")]
    await put(backend, wanted, *others)

    ranking = await found(
        backend,
        "Những năm gần đây, tình hình xâm nhập mặn diễn biến phức tạp, ảnh hưởng trực tiếp đến sản xuất và đời sống của"
        " người dân nuôi tôm ở các huyện ven biển; cần có giải pháp đồng bộ.",
        [wanted, *others],
    )

    assert ranking[0] == "Một"


@pytest.mark.parametrize(
    "query",
    [
        "",
        "   ",
        "!!! ??? …",
        "\x00",
        "\ufdfa",
        "'\\\"; drop table",
        "zzzzzz",
        "&|!()<>:*",
        "\ud800",
        "<b>",
        "١٢٣",
        "中文",
        "🙂" * 50,
    ],
)
async def test_a_query_without_a_known_word_finds_nobody(backend: SearchBackend, query: str) -> None:
    await put(backend, person("Một", "Nuôi tôm"))

    assert await search(backend, query) == Rankings()


async def test_a_query_of_ten_thousand_characters_is_answered(backend: SearchBackend) -> None:
    wanted, other = person("Một", "Nuôi tôm ở vùng ven biển"), person("Hai", "Tim mạch")
    await put(backend, wanted, other)
    filler = " ".join(f"chữ{n}" for n in range(550))

    assert await found(backend, f"{filler} nuôi tôm vùng ven biển {filler}"[:10_000], [wanted, other]) == ["Một"]


async def test_the_limit_is_kept(backend: SearchBackend) -> None:
    await put(backend, *(person(f"Người {n}", "Nuôi tôm") for n in range(7)))

    assert len((await search(backend, "nuôi tôm", limit=3)).by_words) == 3


@pytest.mark.parametrize(
    "query",
    [
        "tôm " * 2500,
        "tôm" + " " * 9_990,
        "x" * 9_000 + " tôm",
        "1/" * 4_000 + " tôm",
        "tôm " + "1.2-3/" * 1_600,
        "\n".join(["• Nuôi tôm:"] * 800),
        "tôm" + "\u0301" * 5_000 + " nuôi tôm",
        "<p>nuôi tôm</p>" * 600,
        "'tôm' & !tôm | \\\\ " * 500,
    ],
)
async def test_long_and_odd_queries_find_the_words_in_them(backend: SearchBackend, query: str) -> None:
    wanted, other = person("Một", "Nuôi tôm"), person("Hai", "Tim mạch")
    await put(backend, wanted, other)

    assert await found(backend, query, [wanted, other]) == ["Một"]


@pytest.mark.parametrize(
    "query",
    ["khong_co", "tom-su", "TÔM SÚ.", "«tôm sú»", "tôm/sú", "(tôm sú)", "tôm\u00a0sú", "tôm\u200bsú", "#tômsú tôm"],
)
async def test_signs_between_words_do_not_hide_them(backend: SearchBackend, query: str) -> None:
    wanted, other = person("Một", "Tôm sú", keywords=("khong co",)), person("Hai", "Tim mạch")
    await put(backend, wanted, other)

    assert await found(backend, query, [wanted, other]) == ["Một"]


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("Góp ý Kế hoạch 192/KH-UBND", "192/KH-UBND ngày 5/6/2024"),
        ("Quyết định số 14/2014/QĐ-TTg về đất", "QĐ 14/2014/QĐ-TTg"),
        ("Công văn 52-CTr/TU", "52-CTr/TU"),
        ("Luật số 31/2024/QH15", "31/2024/qh15"),
        ("Nghị định 102/2024/NĐ-CP", "102/2024/ND-CP"),
    ],
)
async def test_numbers_of_documents_are_found_among_other_words(backend: SearchBackend, text: str, query: str) -> None:
    wanted, other = person("Một", text), person("Hai", "Kế hoạch 193/KH-UBND, 15/2014, 30/2024/QH15")
    await put(backend, wanted, other)

    assert (await found(backend, query, [wanted, other]))[0] == "Một"
