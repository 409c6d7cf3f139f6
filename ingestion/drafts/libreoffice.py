"""Conversions by LibreOffice, each with a profile of its own: runs do not disturb each other or a user's office."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from ingestion.drafts.limits import Limits
from ingestion.drafts.messages import Task
from ingestion.drafts.records import DraftProblem, UnreadableDraftError
from ingestion.records import N_

NEEDS_LIBREOFFICE_MESSAGE = N_(
    "“%(file)s” is a %(format)s file, which only LibreOffice can open here. Install LibreOffice on the server, "
    "or save the draft as DOCX and send that."
)
CONVERSION_MESSAGE = N_(
    "LibreOffice could not open “%(file)s”. It may be damaged; open it in Word, save it as DOCX and send that."
)
# No macros, no links to other files or to the net.
PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="DisableMacrosExecution" oor:op="fuse">
<value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="MacroSecurityLevel" oor:op="fuse">
<value>3</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="BlockUntrustedRefererLinks"
 oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Writer/Content/Update"><prop oor:name="Link" oor:op="fuse">
<value>2</value></prop></item>
</oor:items>
"""


def find_libreoffice() -> str | None:
    return shutil.which("soffice") or shutil.which("libreoffice")


def convert(
    source: Path, ending: str, folder: Path, *, run: Callable[[Task, Path, Path], int], limits: Limits, name: str
) -> Path:
    """The converted file, beside the others of `folder`. Raises UnreadableDraftError."""
    program = find_libreoffice()
    if program is None:
        raise UnreadableDraftError(
            DraftProblem.NEEDS_LIBREOFFICE, NEEDS_LIBREOFFICE_MESSAGE, file=name, format=source.suffix[1:].upper()
        )
    profile = folder / "profile" / "user"
    if not profile.exists():
        profile.mkdir(parents=True)
        (profile / "registrymodifications.xcu").write_text(PROFILE, encoding="utf-8")
    output = folder / "converted"
    task = Task(
        kind="run",
        path=str(source),
        name=name,
        seconds=limits.seconds,
        memory_bytes=limits.libreoffice_memory_bytes,
        command=(
            program,
            f"-env:UserInstallation={profile.parent.as_uri()}",
            "--headless",
            "--norestore",
            "--nolockcheck",
            "--convert-to",
            ending,
            "--outdir",
            str(output),
            str(source),
        ),
    )
    run(task, folder, folder / "unused")
    result = output / f"{source.stem}.{ending}"
    if not result.exists():
        raise UnreadableDraftError(DraftProblem.DAMAGED, CONVERSION_MESSAGE, file=name)
    return result
