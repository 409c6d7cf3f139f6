"""Reads a draft in a child process with limits on time and memory, which may die without harm."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import msgspec

from ingestion.drafts.libreoffice import convert, find_libreoffice
from ingestion.drafts.limits import MEGABYTE, OUT_OF_MEMORY, Limits
from ingestion.drafts.messages import Outcome, Task
from ingestion.drafts.records import DraftProblem, DraftReading, UnreadableDraftError
from ingestion.records import N_

logger = logging.getLogger(__name__)

MISSING_MESSAGE = N_("There is no file “%(file)s”, or it may not be read. Check the path and the rights.")
FOLDER_MESSAGE = N_("“%(file)s” is a folder. Name the draft's own file.")
EMPTY_MESSAGE = N_("“%(file)s” is empty (0 bytes). Send it again.")
TOO_LARGE_MESSAGE = N_(
    "“%(file)s” has %(megabytes)d MB; at most %(limit)d MB are read. "
    "Make its pictures smaller, or send it without annexes."
)
TIMED_OUT_MESSAGE = N_(
    "“%(file)s” took longer than %(seconds)d seconds to read and was given up. "
    "Save it as a new file, or send it without annexes."
)
OUT_OF_MEMORY_MESSAGE = N_(
    "“%(file)s” needs more than %(megabytes)d MB of memory to read and was given up. "
    "Save it as a new file, or send it without annexes."
)
DIED_MESSAGE = N_(
    "The process that read “%(file)s” was stopped (signal %(signal)d); nothing else was harmed. "
    "Try again; if it happens again, save the draft as a new file and send that."
)
NEEDS_TESSERACT_MESSAGE = N_(
    "“%(file)s” is a scan, and OCR needs Tesseract with Vietnamese (packages tesseract-ocr and tesseract-ocr-vie). "
    "Install them on the server, or send the DOCX or PDF it was printed from."
)
NO_PAGES_WARNING = N_("The pages of “%(file)s” could not be counted; passages are named by paragraph.")

PAGED_PASSAGES_MAX = 10_000  # of a DOCX: more are some 800 pages, and LibreOffice takes too long
DEFAULT_LIMITS = Limits()


def read_draft(path: Path, *, ocr: bool = False, limits: Limits = DEFAULT_LIMITS) -> DraftReading:
    """The draft in passages. Pages of DOCX and DOC are counted by LibreOffice where it is installed, else None.

    `ocr` reads pages that are pictures with Tesseract. Raises UnreadableDraftError, which says what to do; whatever the
    file does to the process that opens it, this one goes on. Blocks; may be called from any thread.
    """
    name = path.name
    sha256 = _checked(path, name, limits)
    tesseract = _find_tesseract() if ocr else None
    with tempfile.TemporaryDirectory(prefix="draft-") as scratch:
        folder = Path(scratch)
        task = Task(
            kind="read",
            path=str(path.resolve()),
            name=name,
            seconds=limits.ocr_seconds if tesseract else limits.seconds,
            memory_bytes=limits.memory_bytes,
            ocr=ocr,
            tesseract=tesseract,
        )
        outcome = _ask(task, folder)
        docx = path if outcome.is_docx else None
        if outcome.needs_conversion is not None:
            docx = _converted(path, outcome.needs_conversion, folder, limits)
            task = msgspec.structs.replace(task, path=str(docx), media_type=outcome.media_type)
            outcome = _ask(task, folder)
        if outcome.problem is DraftProblem.SCAN and ocr and tesseract is None:
            raise UnreadableDraftError(DraftProblem.SCAN, NEEDS_TESSERACT_MESSAGE, file=name)
        if outcome.problem is not None:
            raise UnreadableDraftError(outcome.problem, outcome.message, **outcome.details)
        if docx is not None and outcome.page_count is None:
            outcome = _with_pages(docx, name, outcome, folder, limits)
    return DraftReading(
        file=name,
        media_type=outcome.media_type,
        sha256=sha256,
        title=outcome.title,
        document_number=outcome.document_number,
        page_count=outcome.page_count,
        passages=outcome.passages,
        flagged=outcome.flagged,
        warnings=outcome.warnings,
    )


def _checked(path: Path, name: str, limits: Limits) -> str:
    """The file's SHA-256, after what can be said without opening it."""
    try:
        if path.is_dir():
            raise UnreadableDraftError(DraftProblem.MISSING, FOLDER_MESSAGE, file=name)
        if not path.is_file():
            raise UnreadableDraftError(DraftProblem.MISSING, MISSING_MESSAGE, file=name)
        size = path.stat().st_size
        if size == 0:
            raise UnreadableDraftError(DraftProblem.EMPTY, EMPTY_MESSAGE, file=name)
        if size > limits.file_bytes:
            raise UnreadableDraftError(
                DraftProblem.TOO_LARGE,
                TOO_LARGE_MESSAGE,
                file=name,
                megabytes=-(-size // MEGABYTE),
                limit=limits.file_bytes // MEGABYTE,
            )
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise UnreadableDraftError(DraftProblem.MISSING, MISSING_MESSAGE, file=name) from error


def _find_tesseract() -> str | None:
    """The program, if it knows Vietnamese."""
    program = shutil.which("tesseract")
    if program is None:
        return None
    listing = subprocess.run([program, "--list-langs"], capture_output=True, check=False, timeout=30)
    languages = (listing.stdout + listing.stderr).decode("utf-8", "replace").split()
    return program if "vie" in languages else None


def _converted(path: Path, ending: str, folder: Path, limits: Limits) -> Path:
    # LibreOffice goes by the ending, which may be wrong.
    source = folder / f"draft.{ending}"
    shutil.copyfile(path, source)
    return convert(source, "docx", folder, run=_run, limits=limits, name=path.name)


def _with_pages(docx: Path, name: str, outcome: Outcome, folder: Path, limits: Limits) -> Outcome:
    """The outcome with pages, or as it was with a warning. Without LibreOffice: as it was."""
    if find_libreoffice() is None:
        return outcome
    seconds = min(limits.seconds, limits.page_count_seconds)
    try:
        if len(outcome.passages) > PAGED_PASSAGES_MAX:
            raise UnreadableDraftError(DraftProblem.TOO_LARGE, NO_PAGES_WARNING, file=name)
        source = folder / "paged.docx"
        shutil.copyfile(docx, source)
        pdf = convert(source, "pdf", folder, run=_run, limits=replace(limits, seconds=seconds), name=name)
        task = Task(
            kind="count_pages",
            path=str(pdf),
            name=name,
            seconds=seconds,
            memory_bytes=limits.memory_bytes,
            passages=outcome.passages,
            flagged=outcome.flagged,
        )
        paged = _ask(task, folder)
        if paged.problem is not None:
            raise UnreadableDraftError(paged.problem, paged.message, **paged.details)
    except UnreadableDraftError:
        return msgspec.structs.replace(outcome, warnings=(*outcome.warnings, (NO_PAGES_WARNING, {"file": name})))
    return msgspec.structs.replace(outcome, page_count=paged.page_count, passages=paged.passages, flagged=paged.flagged)


# --- the child process ------------------------------------------------------------------------------------------------


def _ask(task: Task, folder: Path) -> Outcome:
    """Run the task in a child. Raises UnreadableDraftError when the child took too long or died."""
    answer = folder / "outcome.json"
    answer.unlink(missing_ok=True)
    code = _run(task, folder, answer)
    if code == OUT_OF_MEMORY:
        raise UnreadableDraftError(
            DraftProblem.TIMED_OUT,
            OUT_OF_MEMORY_MESSAGE,
            file=task.name,
            megabytes=task.memory_bytes // MEGABYTE,
        )
    if code < 0 or not answer.exists():
        raise UnreadableDraftError(DraftProblem.TIMED_OUT, DIED_MESSAGE, file=task.name, signal=max(0, -code))
    return msgspec.json.decode(answer.read_bytes(), type=Outcome)


def _run(task: Task, folder: Path, answer: Path) -> int:
    """The exit code of a child that does the task; negative when a signal ended it. Raises UnreadableDraftError."""
    task_file = folder / "task.json"
    task_file.write_bytes(msgspec.json.encode(task))
    with (folder / "errors.txt").open("w+b") as errors:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "ingestion.drafts.child", str(task_file), str(answer)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            cwd=folder,
            env=_environment(folder),
            start_new_session=True,  # so that what it started can be ended with it
        )
        try:
            code = process.wait(timeout=task.seconds + 2)
        except subprocess.TimeoutExpired:
            code = None
        finally:
            # Also on Ctrl-C: nothing of the child outlives this call.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        errors.seek(0)
        said = errors.read(20_000).decode("utf-8", "replace").strip()
    if said and task.kind != "run":
        logger.warning("reading %s: %s", task.name, said)
    if code is None or code in (-signal.SIGXCPU, -signal.SIGALRM):
        raise UnreadableDraftError(
            DraftProblem.TIMED_OUT, TIMED_OUT_MESSAGE, file=task.name, seconds=round(task.seconds)
        )
    return code


def _environment(folder: Path) -> dict[str, str]:
    """Only what the child needs: no passwords or database addresses of ours."""
    kept = {key: os.environ[key] for key in ("PATH", "LANG", "LC_ALL", "TZ", "SYSTEMROOT") if key in os.environ}
    root = str(Path(__file__).resolve().parents[2])
    return {
        **kept,
        "PYTHONPATH": root,
        "PYTHONDONTWRITEBYTECODE": "1",
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "OMP_THREAD_LIMIT": "1",
    }
