"""The process that opens a draft. It limits itself first, and may die at any time: the parent only loses an answer.

Started as `python -m ingestion.drafts.child TASK_FILE OUTCOME_FILE`.
"""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path

import msgspec

from ingestion.drafts.limits import OUT_OF_MEMORY, limit_this_process
from ingestion.drafts.messages import Outcome, Task
from ingestion.drafts.records import DraftProblem, UnreadableDraftError
from ingestion.records import N_

UNEXPECTED_MESSAGE = N_(
    "“%(file)s” could not be read: it is not built as its format asks. "
    "Open it in the program it was made with, save it as a new file and send that."
)


def main() -> None:
    task = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Task)
    limit_this_process(seconds=task.seconds, memory_bytes=task.memory_bytes)
    if task.kind == "run":
        os.execvp(task.command[0], task.command)  # noqa: S606 - the limits stay with the process
    # Libraries may print; nothing but the outcome file counts.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    try:
        outcome = _outcome(task)
        content = msgspec.json.encode(outcome)
    except MemoryError:
        os._exit(OUT_OF_MEMORY)
    Path(sys.argv[2]).write_bytes(content)


def _outcome(task: Task) -> Outcome:
    # Parsers are imported here, after the limits are set.
    from ingestion.drafts.reading import count_pages, read

    try:
        return count_pages(task) if task.kind == "count_pages" else read(task)
    except UnreadableDraftError as error:
        return Outcome(problem=error.problem, message=error.message, details=dict(error.details))
    except MemoryError:
        raise
    except Exception:  # a parser stumbled over the file: that is the file's trouble, but say where
        traceback.print_exc(limit=-4)
        return Outcome(problem=DraftProblem.DAMAGED, message=UNEXPECTED_MESSAGE, details={"file": task.name})


if __name__ == "__main__":
    main()
