"""The three ways in which the proxy comes by its certificate, as Caddy understands deploy/Caddyfile."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.deployment.compose import services
from tests.deployment.conftest import ROOT

CADDY = Path(sys.executable).parent / "caddy"


def understood(folder: Path, site_tls: str) -> dict[str, Any]:
    """The part of the configuration that is about TLS."""
    (folder / "site_users").write_text("thu-ky $2a$14$FpF2Mw6pelZHeYTc0jzhEu5QMFiPHrlZp.yQpEHzc801TXVv1yXae\n")
    adapted = subprocess.run(
        [CADDY, "adapt", "--config", ROOT / "deploy" / "Caddyfile", "--adapter", "caddyfile"],
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "SITE_ADDRESS": "tri-thuc.example.vn",
            "SITE_TLS": site_tls,
            "SITE_USERS_FILE": str(folder / "site_users"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert adapted.returncode == 0, adapted.stderr
    found: dict[str, Any] = json.loads(adapted.stdout)["apps"]["tls"]
    return found


@pytest.mark.parametrize(
    ("site_tls", "issuers"),
    [
        ("internal", [("internal", None)]),
        ("van-phong@example.vn", [("acme", "van-phong@example.vn"), ("acme", "van-phong@example.vn")]),
    ],
)
def test_a_certificate_is_made_here_or_asked_for_in_the_name_of_an_address(
    tmp_path: Path, site_tls: str, issuers: list[tuple[str, str | None]]
) -> None:
    (policy,) = understood(tmp_path, site_tls)["automation"]["policies"]

    assert policy["subjects"] == ["tri-thuc.example.vn"]
    assert [(issuer["module"], issuer.get("email")) for issuer in policy["issuers"]] == issuers


def test_a_certificate_of_ones_own_is_read_from_the_folder_that_is_mounted(tmp_path: Path) -> None:
    (line,) = [
        line.removeprefix("# SITE_TLS=")
        for line in (ROOT / "deploy" / "env.example").read_text("utf-8").splitlines()
        if line.startswith("# SITE_TLS=")
    ]
    (pair,) = understood(tmp_path, line)["certificates"]["load_files"]

    assert f"{pair['certificate']} {pair['key']}" == line
    assert "./deploy/certificates:/certificates:ro" in services()["proxy"]["volumes"]
    assert line.count("/certificates/") == 2


def test_no_key_can_be_committed_by_mistake() -> None:
    for path in ("deploy/certificates/site.key", "deploy/secrets/database_url", ".env"):
        ignored = subprocess.run(["git", "check-ignore", "--quiet", path], cwd=ROOT, check=False)
        assert ignored.returncode == 0, path
