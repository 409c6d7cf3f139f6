"""How long the demo takes, installed and run, then run again: python tests/bench/bench_demo.py [--keep]

Takes the last commit into a fresh folder, installs there as `make .venv` does, and runs `trithuc demo
--no-serve` twice. Baseline: `trithuc migrate` on a fresh folder, which starts the database and makes its tables, no
more. CPU is that of all processes started, PostgreSQL's in a figure of its own where it can be told apart.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import subprocess
import tempfile
from pathlib import Path
from time import perf_counter

from measuring import machine

ROOT = Path(__file__).parents[2]


def timed(title: str, command: list[str], **environment: str) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = perf_counter()
    done = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, check=False)
    seconds = perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"{title:34} {seconds:6.1f} s, CPU of the command and its children {cpu:.1f} s")
    if done.returncode:
        print((done.stdout + done.stderr)[-2000:])
        raise SystemExit(f"{title} ended with {done.returncode}")
    return seconds


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--keep", action="store_true", help="leave the folder")
    given = options.parse_args()
    print(machine())
    folder = Path(tempfile.mkdtemp(prefix="trithuc-bench-"))
    folder.chmod(0o755)
    archive = subprocess.run(["git", "archive", "HEAD"], cwd=ROOT, capture_output=True, check=True).stdout
    subprocess.run(["tar", "-x", "-C", str(folder)], input=archive, check=True)
    trithuc = str(folder / ".venv" / "bin" / "trithuc")
    install = timed("make .venv", ["make", "-C", str(folder), ".venv"])
    bare = timed("bare: trithuc migrate", [trithuc, "migrate"], TRITHUC_VAR=str(folder / "bare"))
    first = timed("demo, first", [trithuc, "demo", "--no-serve"], TRITHUC_VAR=str(folder / "var"))
    again = timed("demo, again", [trithuc, "demo", "--no-serve"], TRITHUC_VAR=str(folder / "var"))
    print(f"make demo: first {install + first:.0f} s, again {again:.1f} s ({again / bare:.1f} × bare)")
    print(machine())
    if not given.keep:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
