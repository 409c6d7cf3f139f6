"""deploy/make-database, which the database's image runs once, run here by PostgreSQL's own psql."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

from service.commands.client_programs import find_client_program
from service.database.migrate import newest_version
from tests.deployment.compose import services
from tests.deployment.conftest import ROOT, PasswordServer, environment, run

SCRIPT = ROOT / "deploy" / "make-database"


@pytest.fixture
def without_ours(password_server: PasswordServer) -> Iterator[PasswordServer]:
    """A server as it is at its first start: the user of the other tests has another name meanwhile."""
    with psycopg.connect(password_server.superuser_url(), autocommit=True) as connection:
        connection.execute("ALTER ROLE trithuc RENAME TO trithuc_of_others")
        yield password_server
        connection.execute("DROP DATABASE IF EXISTS trithuc WITH (FORCE)")
        connection.execute("DROP ROLE IF EXISTS trithuc")
        connection.execute("ALTER ROLE trithuc_of_others RENAME TO trithuc")


def test_the_program_gets_a_database_of_its_own_and_is_no_superuser(
    without_ours: PasswordServer, tmp_path: Path
) -> None:
    secret = tmp_path / "database_password"
    secret.write_text("it's a \\ secret :name\n", "utf-8")
    made = subprocess.run(
        ["sh", SCRIPT],
        env={
            "PATH": f"{find_client_program('psql').parent}:{os.environ['PATH']}",
            "PGHOST": "127.0.0.1",
            "PGPORT": str(without_ours.port),
            "PGPASSWORD": without_ours.superuser_password,
            "PASSWORD_FILE": str(secret),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert (made.returncode, made.stdout, made.stderr) == (0, "", "")
    password = quote(secret.read_text("utf-8").strip(), safe="")
    address = f"postgresql://trithuc:{password}@127.0.0.1:{without_ours.port}/trithuc"
    migrated = run(environment(tmp_path, TRITHUC_DATABASE_URL=address), "migrate")
    with psycopg.connect(address) as connection:
        rights = connection.execute(
            "SELECT rolsuper, rolcreaterole, rolcreatedb, rolreplication FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("COPY (SELECT 1) TO PROGRAM 'cat'")

    assert (migrated.returncode, migrated.stdout) == (0, f"The database is at version {newest_version()}.\n")
    assert rights == (False, False, False, False)


def test_the_image_runs_it_and_the_superusers_password_stays_there() -> None:
    database = services()["database"]
    holders = [name for name, service in services().items() if "superuser_password" in service.get("secrets", [])]

    assert "./deploy/make-database:/docker-entrypoint-initdb.d/make-database.sh:ro" in database["volumes"]
    assert os.access(SCRIPT, os.X_OK)
    assert database["environment"]["POSTGRES_PASSWORD_FILE"] == "/run/secrets/superuser_password"
    assert "POSTGRES_USER" not in database["environment"]
    assert holders == ["database"]
