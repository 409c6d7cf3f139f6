"""The scripts below deploy/ that make and change secrets, and how a service reads one, run for real."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tests.deployment.compose import read, services
from tests.deployment.conftest import ROOT, PasswordServer

CADDY = Path(sys.executable).parent / "caddy"


@pytest.fixture
def deploy(tmp_path: Path) -> Path:
    """A copy of the folder, without anybody's secrets."""
    return shutil.copytree(ROOT / "deploy", tmp_path / "deploy", ignore=shutil.ignore_patterns("secrets"))


def run_script(script: Path, *arguments: str, said: str = "", **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", str(script), *arguments],
        input=said,
        env={"PATH": os.environ["PATH"], **more},
        capture_output=True,
        text=True,
        check=False,
    )


def test_secrets_are_made_once_and_never_changed(deploy: Path) -> None:
    first = run_script(deploy / "make-secrets")
    made = {path.name: path.read_text() for path in (deploy / "secrets").iterdir()}
    second = run_script(deploy / "make-secrets")
    kept = {path.name: path.read_text() for path in (deploy / "secrets").iterdir()}

    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert set(made) | {"site_users"} == set(read()["secrets"])
    assert made == kept
    assert len(made["database_password"]) == len(made["meili_master_key"]) == 32
    assert made["database_password"] != made["meili_master_key"]
    assert made["database_url"] == f"postgresql://trithuc:{made['database_password']}@database:5432/trithuc\n"
    assert (deploy / "secrets").stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in (deploy / "secrets").iterdir()} == {0o444}


def test_somebody_is_let_in_changed_and_kept_out(deploy: Path) -> None:
    script, users = deploy / "set-site-password", deploy / "secrets" / "site_users"
    first = run_script(script, "thu-ky", said="một mật khẩu dài\n", CADDY=str(CADDY))
    before = users.read_text()
    run_script(script, "chanh.van-phong", said="một mật khẩu khác\n", CADDY=str(CADDY))
    run_script(script, "thu-ky", said="mật khẩu đã đổi rồi\n", CADDY=str(CADDY))
    both = users.read_text().splitlines()
    run_script(script, "--remove", "thu-ky")
    one = users.read_text().splitlines()
    last = run_script(script, "--remove", "chanh.van-phong")

    assert first.returncode == 0, first.stderr
    assert before.startswith("thu-ky $2a$")
    assert sorted(line.split()[0] for line in both) == ["chanh.van-phong", "thu-ky"]
    assert before.strip() not in both
    assert [line.split()[0] for line in one] == ["chanh.van-phong"]
    assert (last.returncode, users.read_text().splitlines()) == (2, one)


@pytest.mark.parametrize(
    ("arguments", "password"),
    [((), "một mật khẩu dài"), (("a b",), "một mật khẩu dài"), (("a{$X}",), "một mật khẩu dài"), (("thuky",), "ngắn")],
)
def test_names_and_passwords_that_will_not_do_are_refused(
    deploy: Path, arguments: tuple[str, ...], password: str
) -> None:
    refused = run_script(deploy / "set-site-password", *arguments, said=f"{password}\n", CADDY=str(CADDY))

    assert refused.returncode == 2
    assert not (deploy / "secrets" / "site_users").exists()


def test_the_databases_password_is_changed_on_both_sides(
    deploy: Path, password_server: PasswordServer, tmp_path: Path
) -> None:
    address = password_server.make_database("rotated")
    (deploy / "secrets").mkdir()
    (deploy / "secrets" / "database_password").write_text(password_server.password)
    (deploy / "secrets" / "database_url").write_text(address + "\n")
    psql = tmp_path / "psql"
    psql.write_text(
        "import sys, psycopg\n"
        f"with psycopg.connect({password_server.superuser_url()!r}) as connection:\n"
        "    connection.execute(sys.stdin.read())\n"
    )
    try:
        done = run_script(deploy / "rotate-database-password", PSQL=f"{sys.executable} {psql}")
        new = (deploy / "secrets" / "database_password").read_text()
        new_address = (deploy / "secrets" / "database_url").read_text().strip()
        with psycopg.connect(new_address) as connection:
            (answer,) = connection.execute("SELECT 1").fetchone() or (None,)
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(address)
    finally:
        with psycopg.connect(password_server.superuser_url(), autocommit=True) as connection:
            connection.execute(f"ALTER ROLE trithuc PASSWORD '{password_server.password}'")  # type: ignore[call-overload]

    assert done.returncode == 0, done.stderr
    assert answer == 1
    assert new != password_server.password
    assert new_address == address.replace(password_server.password, new)


def test_a_password_that_the_database_does_not_take_changes_no_file(deploy: Path) -> None:
    run_script(deploy / "make-secrets")
    before = (deploy / "secrets" / "database_url").read_text()
    failed = run_script(deploy / "rotate-database-password", PSQL="false")

    assert failed.returncode != 0
    assert (deploy / "secrets" / "database_url").read_text() == before


def test_meilisearch_is_given_its_master_key_out_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "meili_master_key").write_text("chìa khóa\n", "utf-8")
    *shell, script = services()["search"]["entrypoint"]
    script = script.replace("$$", "$").replace("/run/secrets", str(tmp_path))
    assert shell == ["tini", "--", "/bin/sh", "-c"]
    started = subprocess.run(
        ["/bin/sh", "-c", script.replace("/bin/meilisearch", "printenv MEILI_MASTER_KEY")],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (started.returncode, started.stdout) == (0, "chìa khóa\n")
