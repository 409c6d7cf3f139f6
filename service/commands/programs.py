"""Outside programs that some functions use, and how to get them."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass

from service.i18n import N_


@dataclass(frozen=True, slots=True)
class Program:
    """`purpose` is a sentence to translate; `language` is a language Tesseract must know."""

    name: str
    executables: tuple[str, ...]
    purpose: str
    how_to_get: str
    language: str | None = None


PROGRAMS = {
    program.name: program
    for program in (
        Program(
            "libreoffice",
            ("soffice", "libreoffice"),
            N_("reads old Word files (.doc)"),
            "apt-get install libreoffice-writer-nogui",
        ),
        Program(
            "tesseract",
            ("tesseract",),
            N_("reads scanned pages in Vietnamese"),
            "apt-get install tesseract-ocr tesseract-ocr-vie",
            language="vie",
        ),
        Program(
            "chromium",
            ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome"),
            N_("only for tests of the pages"),
            "apt-get install chromium",
        ),
    )
}


def find_program(name: str) -> str | None:
    """The path of a program of PROGRAMS, when it is there and has the language it needs."""
    program = PROGRAMS[name]
    path = next((found for executable in program.executables if (found := shutil.which(executable))), None)
    if path is not None and program.language is not None:
        listing = subprocess.run([path, "--list-langs"], capture_output=True, text=True, check=False, timeout=30)
        if program.language not in (listing.stdout + listing.stderr).split():
            return None
    return path


def program_version(name: str) -> str | None:
    """The first line that says a version; None when the program is missing or does not answer."""
    path = find_program(name)
    if path is None:
        return None
    try:
        answer = subprocess.run([path, "--version"], capture_output=True, text=True, check=False, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return None
    lines = [line.strip() for line in (answer.stdout or answer.stderr).splitlines() if any(c.isdigit() for c in line)]
    return lines[0] if lines else ""
