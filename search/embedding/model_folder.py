"""A sentence-transformers model as files: where it is, whether it is one, and what its vectors depend on.

Reads small JSON files and takes a digest of the rest; loads nothing into memory and does not import PyTorch.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from search.embedding.frames import TextKind
from search.errors import N_, EmbedderUnavailableError

NO_FOLDER = N_("There is no model in %(folder)s: this folder does not exist.")
NOT_A_MODEL = N_("%(folder)s does not hold a sentence-transformers model: %(what)s is missing.")
UNREADABLE = N_("The model in %(folder)s cannot be read: %(reason)s")
NOT_FOUND = N_(
    "The model %(model)s is neither a folder nor in the local model cache, and it could not be fetched: %(reason)s "
    "Give the folder of a model in TRITHUC_EMBEDDER, or fetch it once on a machine with a network."
)
_SETTINGS = ("modules.json", "config.json")
_WEIGHTS = (".safetensors", ".bin")
# What vectors depend on: settings, vocabulary, weights. Other formats of the same weights are left out.
_SUFFIXES = (".json", ".txt", ".model", *_WEIGHTS)
_OTHER_FORMATS = ("onnx", "openvino")
_NOT_FETCHED = ["onnx/*", "openvino/*", "*.onnx", "*.h5", "*.msgpack", "*.ot", "*.gguf", "*.tflite"]
_E5 = re.compile(r"(^|[-_/])e5[-_]")
_READ_AT_A_TIME = 1 << 22


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFolder:
    """`prompts` go before each text of their kind. `digest` changes with anything that changes the vectors."""

    path: Path
    label: str
    digest: str
    dimensions: int
    prompts: dict[TextKind, str]


def open_model(name: str) -> ModelFolder:
    """`name` is a folder, or a name as model hubs give them ("intfloat/multilingual-e5-small", perhaps with
    "@revision"). A name that is not in the local model cache is fetched, unless HF_HUB_OFFLINE forbids it.

    Raises EmbedderUnavailableError, saying what is missing.
    """
    folder = _find(name)
    if what := _missing(folder):
        raise EmbedderUnavailableError(NOT_A_MODEL, folder=folder, what=what)
    label = name.rstrip("/").rpartition("/")[2].partition("@")[0]
    try:
        prompts = _prompts(folder, label)
        return ModelFolder(
            path=folder,
            label=label,
            digest=_digest(folder, prompts),
            dimensions=_dimensions(folder),
            prompts=prompts,
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise EmbedderUnavailableError(UNREADABLE, folder=folder, reason=f"{type(error).__name__}: {error}") from None


def _find(name: str) -> Path:
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder.resolve()
    if name.startswith(("/", ".", "~")) or name.count("/") > 1:
        raise EmbedderUnavailableError(NO_FOLDER, folder=folder)
    return _find_by_name(name)


def _find_by_name(name: str) -> Path:
    # Half a second to import, and only needed for models by name.
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError

    repository, _, revision = name.partition("@")

    def snapshot(**options: Any) -> Path:
        return Path(snapshot_download(repository, revision=revision or None, **options))

    try:
        try:
            kept = snapshot(local_files_only=True)
        except OSError:
            kept = None
        if kept is not None and not _missing(kept):
            return kept
        fetched = snapshot(ignore_patterns=[*_NOT_FETCHED, "*.bin"])
        return fetched if not _missing(fetched) else snapshot(ignore_patterns=_NOT_FETCHED)
    except (OSError, ValueError, HfHubHTTPError) as error:
        reason = " ".join(str(error).split())[:200].rstrip(".") + "."
        raise EmbedderUnavailableError(NOT_FOUND, model=name, reason=reason) from None


def _missing(folder: Path) -> str | None:
    if not any((folder / name).is_file() for name in _SETTINGS):
        return "modules.json"
    if not any(path.suffix in _WEIGHTS for path in _files(folder)):
        return "model.safetensors"
    return None


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if path.suffix in _SUFFIXES and parts[0] not in _OTHER_FORMATS and not any(p.startswith(".") for p in parts):
            yield path


def _digest(folder: Path, prompts: dict[TextKind, str]) -> str:
    found = list(_files(folder))
    has_safetensors = any(path.suffix == ".safetensors" for path in found)
    digest = hashlib.sha256(json.dumps(prompts, sort_keys=True).encode())
    for path in found:
        if path.suffix == ".bin" and has_safetensors:
            continue  # the same weights once more
        digest.update(f"\0{path.relative_to(folder)}\0{path.stat().st_size}\0".encode())
        with path.open("rb") as file:
            while part := file.read(_READ_AT_A_TIME):
                digest.update(part)
    return digest.hexdigest()[:12]


def _prompts(folder: Path, label: str) -> dict[TextKind, str]:
    """The model's own; those every e5 model was trained with; else none."""
    own = _json(folder / "config_sentence_transformers.json").get("prompts") or {}
    query = own.get("query") or ""
    passage = next((own[name] for name in ("passage", "document", "corpus") if own.get(name)), "")
    if not query and not passage and _is_e5(folder, label):
        query, passage = "query: ", "passage: "
    return {"query": str(query), "passage": str(passage)}


def _is_e5(folder: Path, label: str) -> bool:
    """Models that take an instruction have prompts of another kind, which they bring themselves."""
    names = (label, str(_json(folder / "config.json").get("_name_or_path", "")))
    return any(_E5.search(name.lower()) and "instruct" not in name.lower() for name in names)


def _dimensions(folder: Path) -> int:
    """As the modules say, in their order; a bare transformer gives what its hidden layers have."""
    size = _hidden_size(folder)
    modules = folder / "modules.json"
    for module in json.loads(modules.read_text("utf-8")) if modules.is_file() else ():
        kind = module["type"].rpartition(".")[2]
        config = _json(folder / module["path"] / "config.json")
        if kind == "Pooling":
            size = int(config.get("embedding_dimension") or config["word_embedding_dimension"])
            size *= max(1, sum(value is True for name, value in config.items() if name.startswith("pooling_mode_")))
        elif kind == "Dense":
            size = int(config["out_features"])
        elif kind == "Transformer":
            size = _hidden_size(folder / module["path"])
    return size


def _hidden_size(folder: Path) -> int:
    config = _json(folder / "config.json")
    return int(config.get("hidden_size") or config.get("dim") or config.get("d_model") or 0)


def _json(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    content = json.loads(path.read_text("utf-8"))
    if not isinstance(content, dict):
        raise ValueError(f"{path.name} holds no object")
    return content
