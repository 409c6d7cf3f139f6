"""What the service reads from its environment, and what it refuses before it starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.errors import BadInputError
from service.settings import Settings


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.20", "::"])
def test_other_machines_reach_the_pages_only_through_a_named_address(host: str) -> None:
    with pytest.raises(BadInputError) as refused:
        Settings.from_env({"TRITHUC_HOST": host})

    assert f"TRITHUC_HOST={host}" in str(refused.value)
    assert "TRITHUC_BASE_URL" in str(refused.value)

    settings = Settings.from_env({"TRITHUC_HOST": host, "TRITHUC_BASE_URL": "https://tri-thuc.example/"})

    assert (settings.host, settings.base_url) == (host, "https://tri-thuc.example")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_this_machine_alone_needs_no_address(host: str) -> None:
    assert Settings.from_env({"TRITHUC_HOST": host}).base_url is None


@pytest.mark.parametrize(
    "url",
    [
        "https://",
        "https://tri-thuc.example/path",
        "https://tri-thuc.example?x=1",
        "https://user:secret@tri-thuc.example",
        "https://tri-thuc.example:port",
        "https://[::1",
        "ftp://tri-thuc.example",
        "tri-thuc.example",
    ],
)
def test_an_address_that_is_more_or_less_than_scheme_name_and_port_is_refused(url: str) -> None:
    with pytest.raises(BadInputError) as refused:
        Settings.from_env({"TRITHUC_BASE_URL": url})

    assert "TRITHUC_BASE_URL" in str(refused.value)


def test_a_secret_may_stand_in_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "database_url"
    secret.write_text("postgresql://trithuc:mật khẩu@db/trithuc\n", encoding="utf-8")

    settings = Settings.from_env({"TRITHUC_DATABASE_URL_FILE": str(secret)})

    assert settings.database_url == "postgresql://trithuc:mật khẩu@db/trithuc"


def test_a_secret_whose_file_cannot_be_read_is_named_and_not_shown(tmp_path: Path) -> None:
    binary = tmp_path / "key"
    binary.write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "missing", tmp_path, binary):
        with pytest.raises(BadInputError) as refused:
            Settings.from_env({"TRITHUC_MEILI_KEY_FILE": str(path)})

        assert str(refused.value) == "TRITHUC_MEILI_KEY_FILE names a file that cannot be read."
