"""docker-compose.yml as the tests read it."""

from __future__ import annotations

from typing import Any

import yaml

from tests.deployment.conftest import ROOT

COMPOSE = ROOT / "docker-compose.yml"


def services() -> dict[str, dict[str, Any]]:
    """Name → definition, anchors filled in."""
    found: dict[str, dict[str, Any]] = read()["services"]
    return found


def read() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(COMPOSE.read_text("utf-8"))
    return content


def ours() -> dict[str, dict[str, Any]]:
    """Those that run this program."""
    return {name: service for name, service in services().items() if service["image"].startswith("trithuc:")}
