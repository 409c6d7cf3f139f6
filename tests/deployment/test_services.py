"""What docker-compose.yml runs, run here: on the embedded server, and on PostgreSQL over TCP with a password.

The commands and settings are those of the file; addresses and folders are this machine's. Meilisearch is left out:
there is none here (tests/integration/test_meilisearch_away.py says what happens without it).
"""

from __future__ import annotations

import contextlib
import http.client
import os
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import psycopg
import pytest

from service.database.migrate import newest_version
from service.database.server import EmbeddedServer
from tests.conftest import free_port
from tests.deployment.compose import ours
from tests.deployment.conftest import ROOT, TRITHUC, PasswordServer, environment, run
from tests.deployment.test_files import filled_in

CADDY = Path(sys.executable).parent / "caddy"
USER, PASSWORD = "thu-ky", "một mật khẩu dài"


@dataclass
class Deployment:
    """Services as processes on this machine, on one database. `database_url` None: the embedded one."""

    var: Path
    database_url: str | None
    port: int
    base_url: str

    def environ_of(self, name: str) -> dict[str, str]:
        """The settings of the file, with what only a container has put in its place."""
        settings = filled_in(ours()[name]["environment"])
        for variable in [one for one in settings if "MEILI" in one]:
            del settings[variable]
        if self.database_url is None:
            del settings["TRITHUC_DATABASE_URL_FILE"]
        else:
            secret = self.var / "database_url"
            secret.write_text(self.database_url + "\n")
            settings["TRITHUC_DATABASE_URL_FILE"] = str(secret)
        replaced = {
            "TRITHUC_EMBEDDER": "none",
            "TRITHUC_HOST": "127.0.0.1",  # a test opens no port to other machines
            "TRITHUC_PORT": str(self.port),
            "TRITHUC_BASE_URL": self.base_url,
            "TRITHUC_LOCALE": "en",
        }
        settings |= {key: value for key, value in replaced.items() if key in settings}
        bare = {key: value for key, value in environment(self.var).items() if not key.startswith("TRITHUC_")}
        return {**bare, "TRITHUC_VAR": str(self.var), **settings}

    def command_of(self, name: str) -> list[str]:
        return [one.replace("/backups", str(self.var / "backups")) for one in ours()[name]["command"]]

    def health_of(self, name: str) -> subprocess.CompletedProcess[str]:
        kind, *test = ours()[name]["healthcheck"]["test"]
        if kind == "CMD-SHELL":
            script = test[0].replace("$$", "$").replace("/backups", str(self.var / "backups"))
            return subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=False)
        return run(self.environ_of(name), *test[1:])

    @contextlib.contextmanager
    def running(self, name: str) -> Iterator[subprocess.Popen[bytes]]:
        process = subprocess.Popen(
            [*TRITHUC, *self.command_of(name)],
            cwd=ROOT,
            env=self.environ_of(name),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)

    def wait_until_well(self, name: str, process: subprocess.Popen[bytes], seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while (health := self.health_of(name)).returncode != 0:
            assert process.poll() is None, f"{name} ended with {process.returncode}"
            assert time.monotonic() < deadline, health.stdout + health.stderr
            time.sleep(0.2)


@pytest.fixture(params=["embedded", "over TCP with a password"])
def deployment(request: pytest.FixtureRequest, password_server: PasswordServer) -> Iterator[Deployment]:
    # Not pytest's tmp_path: it is closed to the account under which root runs the embedded server.
    var = Path(tempfile.mkdtemp(prefix="trithuc-services-"))
    var.chmod(0o755)
    address = None if request.param == "embedded" else password_server.make_database("services")
    port = free_port()
    yield Deployment(var, address, port, f"http://127.0.0.1:{port}")
    if (var / "postgresql" / "data" / "postmaster.pid").exists():
        with EmbeddedServer(var / "postgresql"):
            pass  # takes over what a failed test left running, and stops it
    shutil.rmtree(var, ignore_errors=True)


def migrated(deployment: Deployment) -> None:
    done = run(deployment.environ_of("migrate"), *deployment.command_of("migrate"))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"The database is at version {newest_version()}.\n"


def test_the_services_of_the_file_do_their_work_and_are_well(deployment: Deployment) -> None:
    migrated(deployment)
    migrated(deployment)  # at the next start of all
    roster = deployment.var / "mot-nguoi.csv"
    roster.write_text("Họ và tên,Đơn vị,Từ khóa\nTrần Văn Mới,Sở Y tế tỉnh An Giang,nuôi cá\n", encoding="utf-8")
    with (
        deployment.running("web") as web,
        deployment.running("worker") as worker,
        deployment.running("backup") as backup,
    ):
        deployment.wait_until_well("web", web)
        deployment.wait_until_well("worker", worker)
        deployment.wait_until_well("backup", backup)
        imported = run(deployment.environ_of("worker"), "import", roster)
        with httpx.Client(base_url=deployment.base_url) as client:
            found = until_answered(lambda: client.get("/experts", params={"q": "nuôi cá"}), "Trần Văn Mới")
            probes = [client.get(path).status_code for path in ("/health", "/ready")]

    assert imported.returncode == 0, imported.stderr
    assert "Trần Văn Mới" in found
    assert probes == [200, 200]
    assert [service.returncode for service in (web, worker)] == [0, 0]
    (dump,) = (deployment.var / "backups").glob("trithuc-*.dump")
    restored = run(deployment.environ_of("backup"), "restore", dump, "--force")
    assert (restored.returncode, restored.stderr) == (0, "")
    assert "Restored: 0 experts" in restored.stdout  # the backup is of before the import


def until_answered(ask: Callable[[], httpx.Response], wanted: str) -> str:
    deadline = time.monotonic() + 30
    while True:
        page = ask()
        assert page.status_code == 200
        if wanted in page.text or time.monotonic() > deadline:
            return page.text
        time.sleep(0.2)


def test_what_does_not_run_is_not_well(deployment: Deployment) -> None:
    migrated(deployment)

    for name in ("web", "worker", "backup"):
        assert deployment.health_of(name).returncode == 1, name


def test_the_pages_do_not_run_the_worker_where_there_is_a_server(password_server: PasswordServer) -> None:
    with tempfile.TemporaryDirectory() as folder:
        address, port = password_server.make_database("no_worker"), free_port()
        deployment = Deployment(Path(folder), address, port, f"http://127.0.0.1:{port}")
        migrated(deployment)
        with deployment.running("web") as web:
            deployment.wait_until_well("web", web)
            time.sleep(2)
            with psycopg.connect(address) as connection:
                workers = connection.execute("SELECT count(*) FROM procrastinate_workers").fetchone()

    assert workers == (0,)


# -- the proxy


@pytest.fixture(scope="module")
def behind_caddy(password_server: PasswordServer) -> Iterator[tuple[str, ssl.SSLContext, str]]:
    """The pages behind deploy/Caddyfile, with a certificate of Caddy's own: address, whom to trust, plain address."""
    folder = Path(tempfile.mkdtemp(prefix="trithuc-proxy-"))
    https, http, port = free_port(), free_port(), free_port()
    address = f"https://localhost:{https}"
    hashed = subprocess.run(
        [CADDY, "hash-password"], input=PASSWORD + "\n", capture_output=True, text=True, check=True
    ).stdout
    (folder / "site_users").write_text(f"{USER} {hashed}\n")
    deployment = Deployment(folder, password_server.make_database("behind_caddy"), port, address)
    migrated(deployment)
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "XDG_DATA_HOME": str(folder / "data"),
        "XDG_CONFIG_HOME": str(folder / "config"),
        "CADDY_ADMIN": f"localhost:{free_port()}",
        "HTTP_PORT": str(http),
        "HTTPS_PORT": str(https),
        "BIND_ADDRESS": "127.0.0.1",
        "SITE_ADDRESS": "localhost",
        "SITE_TLS": "internal",
        "SITE_USERS_FILE": str(folder / "site_users"),
        "WEB": f"127.0.0.1:{port}",
    }
    caddyfile = ["--config", str(ROOT / "deploy" / "Caddyfile"), "--adapter", "caddyfile"]
    valid = subprocess.run([CADDY, "validate", *caddyfile], env=environ, capture_output=True, text=True, check=False)
    assert valid.returncode == 0, valid.stderr
    with deployment.running("web") as web:
        deployment.wait_until_well("web", web)
        with (folder / "caddy.log").open("wb") as log:
            caddy = subprocess.Popen([CADDY, "run", *caddyfile], env=environ, stdout=log, stderr=log)
        try:
            root = folder / "data" / "caddy" / "pki" / "authorities" / "local" / "root.crt"
            deadline = time.monotonic() + 30
            while not (root.exists() and accepts(https)):
                assert caddy.poll() is None, (folder / "caddy.log").read_text()
                assert time.monotonic() < deadline, "caddy does not answer"
                time.sleep(0.1)
            yield address, ssl.create_default_context(cafile=str(root)), f"http://localhost:{http}"
        finally:
            caddy.terminate()
            caddy.wait(20)
    shutil.rmtree(folder, ignore_errors=True)


def accepts(port: int) -> bool:
    """Once it has made its certificate."""
    try:
        httpx.get(f"https://localhost:{port}", verify=False)
    except httpx.ConnectError:
        return False
    return True


def test_nobody_comes_in_without_a_password(behind_caddy: tuple[str, ssl.SSLContext, str]) -> None:
    address, trusted, _ = behind_caddy
    with httpx.Client(base_url=address, verify=trusted) as client:
        for path in ("/", "/experts", "/status", "/static/x.css", "/nothing"):
            assert client.get(path).status_code == 401, path
            assert client.get(path, auth=(USER, "wrong")).status_code == 401, path
        home = client.get("/experts", auth=(USER, PASSWORD.encode().decode("utf-8")))

    assert home.status_code == 200
    assert "Trí Thức" in home.text


def test_answers_through_the_proxy_are_closed_and_go_by_tls_alone(
    behind_caddy: tuple[str, ssl.SSLContext, str],
) -> None:
    address, trusted, plain = behind_caddy
    with httpx.Client(verify=trusted, auth=(USER, PASSWORD)) as client:
        page = client.get(f"{address}/experts")
        moved = client.get(f"{plain}/experts?q=cá")
        ready = client.get(f"{address}/ready")

    assert page.headers["strict-transport-security"] == "max-age=31536000"
    assert page.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'; script-src 'self'" in page.headers["content-security-policy"]
    assert page.headers.get_list("content-security-policy") == [page.headers["content-security-policy"]]
    assert page.headers["content-encoding"] in ("gzip", "zstd")
    assert "server" not in page.headers
    assert (moved.status_code, moved.headers["location"].split("?")[0]) == (308, "https://localhost/experts")
    assert ready.status_code == 404


def test_who_watches_from_outside_learns_without_a_password_that_the_pages_are_served_and_nothing_else(
    behind_caddy: tuple[str, ssl.SSLContext, str],
) -> None:
    address, trusted, _ = behind_caddy
    host, port = address.removeprefix("https://").split(":")

    def ask(path: str) -> tuple[int, bytes]:
        connection = http.client.HTTPSConnection(host, int(port), context=trusted)
        with contextlib.closing(connection):
            connection.request("GET", path)  # as it stands: httpx would tidy it up
            answer = connection.getresponse()
            return answer.status, answer.read()

    asked = ("/health", "/health?q=1", "/HEALTH", "//health", "/experts/../health", "/experts%2F..%2Fhealth")
    closed = ("/ready", "/health/", "/health/../experts", "/health%2F..%2Fexperts", "/health/..;/experts")

    assert {path: ask(path) for path in asked} == dict.fromkeys(asked, (200, b"ok\n"))
    assert {path: ask(path) for path in closed} == dict.fromkeys(closed, (401, b"401 Unauthorized"))


def test_forms_work_through_the_proxy_and_other_sites_cannot_send_them(
    behind_caddy: tuple[str, ssl.SSLContext, str],
) -> None:
    address, trusted, _ = behind_caddy
    with httpx.Client(base_url=address, verify=trusted, auth=(USER, PASSWORD)) as client:
        ours_ = client.post("/shortlists", data={"name": "Danh sách thử"}, headers={"Origin": address})
        theirs = client.post("/shortlists", data={"name": "Lấy trộm"}, headers={"Origin": "https://evil.example"})

    assert ours_.status_code in (200, 201, 302, 303), ours_.text[:300]
    assert theirs.status_code == 403
