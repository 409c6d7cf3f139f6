"""What `trithuc doctor` says of a deployment: how the pages are reached, what the database's user lacks, backups."""

from __future__ import annotations

from pathlib import Path

from tests.deployment.conftest import PasswordServer, environment, run


def test_a_server_whose_superuser_has_not_added_pgvector_is_a_fault_with_the_way_out(
    password_server: PasswordServer, tmp_path: Path
) -> None:
    address = password_server.make_database("not_added", with_vector=False)
    doctor = run(environment(tmp_path, TRITHUC_DATABASE_URL=address), "doctor")

    assert doctor.returncode == 1
    assert "✗ The extension vector is not in the database, and this account may not add it" in doctor.stdout
    assert "CREATE EXTENSION vector;" in doctor.stdout


def test_the_last_backup_and_the_address_of_the_pages_are_told(password_server: PasswordServer, tmp_path: Path) -> None:
    address = password_server.make_database("doctored")
    environ = environment(
        tmp_path, TRITHUC_DATABASE_URL=address, TRITHUC_HOST="0.0.0.0", TRITHUC_BASE_URL="https://tri-thuc.example"
    )
    run(environ, "migrate")
    before = run(environ, "doctor")
    run(environ, "backup", "--to", tmp_path / "backups")
    after = run(environ, "doctor")
    (dump,) = (tmp_path / "backups").glob("*.dump")

    assert (before.returncode, after.returncode) == (0, 0), before.stdout + after.stdout
    assert "– There is no backup of this database" in before.stdout
    assert f": {dump.name}" in after.stdout
    assert "✓ The last backup was made at" in after.stdout
    assert "✓ pg_dump, pg_restore and psql are there, for backups" in after.stdout
    assert "browsers open https://tri-thuc.example" in after.stdout
