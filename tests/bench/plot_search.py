"""Plots of what bench_search.py saved: python tests/bench/plot_search.py figures.jsonl service/docs/plots

Needs matplotlib (the extra `bench`). Of several runs of one size the last counts.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("svg")
import matplotlib.pyplot as plt

COLOURS = {
    "this search": "#0f5e63",
    "the index alone": "#4c9a9e",
    "plain full text": "#b7791f",
    "exhaustive vectors": "#7b6ca8",
}
_TARGETS = {1: 50, 8: 200}  # ms, p95 at 100,000 experts
_INK = "#22302f"

Run = dict[str, Any]


def read_runs(path: Path) -> list[Run]:
    runs = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [run for _, run in sorted({run["experts"]: run for run in runs}.items())]


def plot_cost(runs: list[Run], folder: Path) -> None:
    """Time of one client and CPU of both processes, by size of the directory."""
    sizes = [run["experts"] for run in runs]
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    for system, colour in COLOURS.items():
        ones = [run["systems"][system]["clients"]["1"] for run in runs]
        left.plot(sizes, [one["p50"] for one in ones], "-o", color=colour, label=system, markersize=4)
        left.plot(sizes, [one["p95"] for one in ones], ":", color=colour)
        right.plot(sizes, [one["cpu"] + one["database_cpu"] for one in ones], "-o", color=colour, markersize=4)
        right.plot(sizes, [one["database_cpu"] for one in ones], ":", color=colour)
    left.axhline(_TARGETS[1], color="#b3261e", linewidth=0.8)
    left.set(title="one client, ms: p50, and p95 dotted", xlabel="experts", ylabel="ms")
    right.set(title="CPU of a query, ms: all, and PostgreSQL dotted", xlabel="experts")
    for axes in (left, right):
        axes.set(xscale="log", yscale="log")
    left.legend(frameon=False)
    _save(figure, folder / "search-cost.svg")


def plot_clients(runs: list[Run], folder: Path) -> None:
    figure, every = plt.subplots(1, len(runs), figsize=(3 * len(runs), 3.4), layout="constrained", sharey=True)
    for run, axes in zip(runs, every if len(runs) > 1 else [every], strict=True):
        for system, colour in COLOURS.items():
            by_clients = run["systems"][system]["clients"]
            axes.plot(list(by_clients), [one["p95"] for one in by_clients.values()], "-o", color=colour, label=system)
        axes.set(title=f"{run['experts']:,} experts", xlabel="clients at once", yscale="log")
    figure.axes[0].set_ylabel("p95, ms")
    figure.axes[0].legend(frameon=False, fontsize=8)
    _save(figure, folder / "search-clients.svg")


def plot_making(runs: list[Run], folder: Path) -> None:
    sizes = [run["experts"] for run in runs]
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.4), layout="constrained")
    left.plot(sizes, [run["made"][1] + run["made"][2] for run in runs], "-o", color=COLOURS["this search"])
    left.set(title="CPU seconds to build the index, vectors at hand", xlabel="experts", xscale="log", yscale="log")
    for name, label in (("index_bytes", "this search"), ("plain_bytes", "plain full text")):
        right.plot(sizes, [run[name] / 1e6 for run in runs], "-o", color=COLOURS[label], label=label)
    right.set(title="size on disk, MB", xlabel="experts", xscale="log", yscale="log")
    right.legend(frameon=False)
    _save(figure, folder / "search-index.svg")


def _save(figure: Any, path: Path) -> None:
    for axes in figure.axes:
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(alpha=0.25)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None, "Creator": None})
    path.write_text("\n".join(line.rstrip() for line in path.read_text().splitlines()) + "\n")
    plt.close(figure)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("figures", type=Path)
    options.add_argument("folder", type=Path)
    chosen = options.parse_args()
    mpl.rcParams.update(
        {"svg.hashsalt": "trithuc", "svg.fonttype": "none", "font.size": 9, "text.color": _INK, "axes.labelcolor": _INK}
    )
    runs = read_runs(chosen.figures)
    for plot in (plot_cost, plot_clients, plot_making):
        plot(runs, chosen.folder)


if __name__ == "__main__":
    main()
