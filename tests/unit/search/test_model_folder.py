"""A model as files: what it is known by, and what is said when it is none."""

from __future__ import annotations

import importlib.util
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from search.embedding.cache import open_embeddings
from search.embedding.model_folder import open_model
from search.embedding.sentence_transformer import SentenceTransformerEmbedder
from search.errors import EmbedderUnavailableError
from service.i18n import translate


def write(folder: Path, files: dict[str, Any]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return folder


MODULES = [
    {"path": "", "type": "sentence_transformers.models.Transformer"},
    {"path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
    {"path": "2_Normalize", "type": "sentence_transformers.models.Normalize"},
]
PLAIN: dict[str, Any] = {
    "config.json": {"hidden_size": 32},
    "modules.json": MODULES,
    "1_Pooling/config.json": {"word_embedding_dimension": 32, "pooling_mode_mean_tokens": True},
    "model.safetensors": b"weights",
    "tokenizer.json": {"words": ["một"]},
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path / "some-model", PLAIN)


def test_a_folder_is_known_by_its_name_and_by_what_is_in_it(folder: Path, tmp_path: Path) -> None:
    model = open_model(str(folder))
    moved = open_model(str(shutil.copytree(folder, tmp_path / "elsewhere" / "some-model")))

    assert (model.label, model.dimensions, model.prompts) == ("some-model", 32, {"query": "", "passage": ""})
    assert (moved.label, moved.digest) == (model.label, model.digest)


@pytest.mark.parametrize(
    "change",
    [
        {"model.safetensors": b"other weights"},
        {"tokenizer.json": {"words": ["hai"]}},
        {"1_Pooling/config.json": {"word_embedding_dimension": 32, "pooling_mode_cls_token": True}},
        {"config_sentence_transformers.json": {"prompts": {"query": "hỏi: "}}},
        {"2_Dense/model.safetensors": b"one more layer"},
    ],
    ids=["weights", "vocabulary", "pooling", "prompts", "a layer"],
)
def test_whatever_changes_the_vectors_changes_the_digest(folder: Path, change: dict[str, Any]) -> None:
    before = open_model(str(folder)).digest

    assert open_model(str(write(folder, change))).digest != before


def test_what_does_not_change_the_vectors_does_not(folder: Path) -> None:
    before = open_model(str(folder)).digest
    other = {"README.md": b"#", "onnx/model.onnx": b"x", "onnx/config.json": {}, "pytorch_model.bin": b"the same"}

    assert open_model(str(write(folder, other))).digest == before


@pytest.mark.parametrize(
    ("name", "files", "prompts"),
    [
        ("multilingual-e5-small", {}, ("query: ", "passage: ")),
        ("e5-base-v2", {}, ("query: ", "passage: ")),
        (
            "my-copy",
            {"config.json": {"hidden_size": 32, "_name_or_path": "intfloat/e5-large"}},
            ("query: ", "passage: "),
        ),
        ("multilingual-e5-large-instruct", {}, ("", "")),
        ("Vietnamese_Embedding", {}, ("", "")),
        ("free5-model", {}, ("", "")),
        (
            "multilingual-e5-small",
            {"config_sentence_transformers.json": {"prompts": {"query": "Q ", "document": "D "}}},
            ("Q ", "D "),
        ),
        (
            "asks-only",
            {"config_sentence_transformers.json": {"prompts": {"query": "Represent: ", "document": ""}}},
            ("Represent: ", ""),
        ),
    ],
)
def test_prompts_are_the_model_s_own_or_those_of_its_family(
    tmp_path: Path, name: str, files: dict[str, Any], prompts: tuple[str, str]
) -> None:
    model = open_model(str(write(tmp_path / name, PLAIN | files)))

    assert (model.prompts["query"], model.prompts["passage"]) == prompts


@pytest.mark.parametrize(
    ("files", "dimensions"),
    [
        (
            {
                "1_Pooling/config.json": {
                    "word_embedding_dimension": 32,
                    "pooling_mode_mean_tokens": True,
                    "pooling_mode_max_tokens": True,
                }
            },
            64,
        ),
        ({"1_Pooling/config.json": {"embedding_dimension": 48, "pooling_mode": "mean"}}, 48),
        (
            {
                "modules.json": [*MODULES, {"path": "3_Dense", "type": "sentence_transformers.models.Dense"}],
                "3_Dense/config.json": {"in_features": 32, "out_features": 16},
            },
            16,
        ),
        ({"modules.json": []}, 32),
    ],
    ids=["two poolings", "a newer form", "a dense layer", "a bare transformer"],
)
def test_the_size_of_vectors_is_read_from_the_files(folder: Path, files: dict[str, Any], dimensions: int) -> None:
    assert open_model(str(write(folder, files))).dimensions == dimensions


@pytest.mark.parametrize(
    ("name", "english", "vietnamese"),
    [
        ("{tmp}/gone", "There is no model in {tmp}/gone", "Không có mô hình nào ở {tmp}/gone"),
        ("{tmp}/empty", "{tmp}/empty does not hold", "Thư mục {tmp}/empty không chứa mô hình"),
        ("{tmp}/no-weights", "model.safetensors is missing", "thiếu model.safetensors"),
        ("{tmp}/broken", "The model in {tmp}/broken cannot be read", "Không đọc được mô hình trong {tmp}/broken"),
        ("no/such/model", "There is no model in no/such/model", "Không có mô hình nào ở no/such/model"),
    ],
)
def test_what_is_no_model_is_refused_in_words_for_people(
    tmp_path: Path, name: str, english: str, vietnamese: str
) -> None:
    (tmp_path / "empty").mkdir()
    write(tmp_path / "no-weights", {"config.json": {"hidden_size": 32}})
    write(tmp_path / "broken", PLAIN | {"modules.json": b"{"})

    with pytest.raises(EmbedderUnavailableError) as refused:
        open_model(name.format(tmp=tmp_path))

    assert english.format(tmp=tmp_path) in translate(refused.value.message, refused.value.details, "en")
    assert vietnamese.format(tmp=tmp_path) in translate(refused.value.message, refused.value.details, "vi")


@pytest.mark.needs("sentence-transformers")
@pytest.mark.parametrize("name", ["intfloat/a-model-nobody-has", "not a name!"])
def test_a_name_that_is_neither_here_nor_to_be_fetched_is_refused_at_once(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)  # read once, when it is imported

    with pytest.raises(EmbedderUnavailableError) as refused:
        open_model(name)

    assert f"The model {name} is neither a folder nor in the local model cache" in str(refused.value)
    assert f"Mô hình {name} không phải là một thư mục" in translate(refused.value.message, refused.value.details, "vi")


@pytest.mark.needs("sentence-transformers")
def test_a_model_in_the_local_cache_is_found_by_its_name_without_a_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import huggingface_hub.constants

    kept = tmp_path / "models--intfloat--multilingual-e5-small"
    write(kept / "snapshots" / "0123abc", PLAIN)
    (kept / "refs").mkdir()
    (kept / "refs" / "main").write_text("0123abc")
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))

    model = open_model("intfloat/multilingual-e5-small")

    assert (model.label, model.path.name, model.prompts["query"]) == ("multilingual-e5-small", "0123abc", "query: ")


def test_without_the_extra_it_says_how_to_get_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "sentence_transformers" else find(name)
    )

    with pytest.raises(EmbedderUnavailableError, match=r"pip install 'trithuc\[sentence-transformers\]'"):
        SentenceTransformerEmbedder(str(folder))

    embeddings = open_embeddings(f"sentence-transformers:{folder}", None)
    why = embeddings.unavailable
    assert why is not None
    assert (embeddings.embedder_id, embeddings.is_available) == (None, False)
    assert "nhưng máy này chưa cài" in translate(why.message, why.details, "vi")
