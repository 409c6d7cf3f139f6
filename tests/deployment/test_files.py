"""The deployment's files: well formed, closed by default, and naming commands that exist. No container is run here."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import click
import pytest

from service.cli import main
from service.settings import Settings
from tests.deployment.compose import COMPOSE, ours, read, services
from tests.deployment.conftest import ROOT

BIN = Path(sys.executable).parent


def said_by(*command: str | Path) -> tuple[int, str]:
    done = subprocess.run(list(map(str, command)), cwd=ROOT, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_compose_file_keeps_the_compose_specification() -> None:
    assert said_by(BIN / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", COMPOSE) == (
        0,
        "ok -- validation done\n",
    )


def test_the_schema_finds_what_is_wrong(tmp_path: Path) -> None:
    broken = tmp_path / "docker-compose.yml"
    broken.write_text(COMPOSE.read_text("utf-8").replace("networks: [data]", "networks: 7", 1), "utf-8")

    assert said_by(BIN / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", broken)[0] == 1


def test_hadolint_has_nothing_to_say_of_the_dockerfile() -> None:
    assert said_by(BIN / "hadolint", "Dockerfile") == (0, "")


def test_what_is_deployed_is_all_there() -> None:
    assert sorted(services()) == [
        "backup",
        "database",
        "migrate",
        "proxy",
        "search",
        "search-keys",
        "web",
        "worker",
    ]


@pytest.mark.parametrize("name", sorted(services()))
def test_a_service_is_pinned_limited_watched_and_closed(name: str) -> None:
    service = services()[name]
    image, _, tag = service["image"].rpartition(":")

    assert image
    assert re.match(r"v?\d+\.\d+\.\d+", tag)
    limits = service["deploy"]["resources"]["limits"]
    assert sorted(limits) == ["cpus", "memory", "pids"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["cap_drop"] == ["ALL"]
    assert service["read_only"] is True
    assert service["logging"]["options"]["max-size"]
    runs_once = service["restart"] == "no"
    assert runs_once or service["restart"] == "unless-stopped"
    assert service["healthcheck"].get("disable", False) is runs_once
    assert runs_once or service["healthcheck"]["test"]


def test_only_the_proxy_is_reached_from_outside() -> None:
    networks = read()["networks"]
    inside = {name for name, network in networks.items() if network.get("internal")}
    published = {name for name, service in services().items() if "ports" in service}
    outside = {name for name, service in services().items() if not set(service["networks"]) <= inside}

    assert published == outside == {"proxy"}
    assert all("network_mode" not in service for service in services().values())
    # The proxy reaches the pages and nothing behind them.
    assert set(services()["proxy"]["networks"]) & set(services()["database"]["networks"]) == set()


def test_every_secret_is_a_file_of_whoever_needs_it() -> None:
    given = read()["secrets"]
    used = {name: service.get("secrets", []) for name, service in services().items()}

    assert all(list(secret) == ["file"] and secret["file"].startswith("deploy/secrets/") for secret in given.values())
    assert used == {
        "database": ["superuser_password", "database_password"],
        "search": ["meili_master_key"],
        "search-keys": ["meili_master_key"],
        "migrate": ["database_url"],
        "web": ["database_url"],
        "worker": ["database_url"],
        "backup": ["database_url"],
        "proxy": ["site_users"],
    }
    for service in services().values():
        for variable, value in service.get("environment", {}).items():
            is_secret = re.search(r"PASSWORD|KEY|DATABASE_URL|TOKEN", variable) is not None
            assert not is_secret or variable.endswith("_FILE"), variable
            assert "@" not in str(value)
    assert "deploy/secrets" not in said_by("git", "ls-files", "deploy")[1]


def test_the_pages_hold_only_the_key_that_searches() -> None:
    web, worker = services()["web"], services()["worker"]

    assert web["environment"]["TRITHUC_MEILI_SEARCH_KEY_FILE"] == "/keys/search/meili_search_key"
    assert web["volumes"] == ["search_key:/keys/search:ro"]
    assert "TRITHUC_MEILI_KEY_FILE" not in web["environment"]
    assert worker["environment"]["TRITHUC_MEILI_KEY_FILE"] == "/keys/write/meili_key"
    assert worker["volumes"] == ["write_key:/keys/write:ro"]


def test_the_others_wait_for_the_migration() -> None:
    done, well = {"condition": "service_completed_successfully"}, {"condition": "service_healthy"}

    assert services()["migrate"]["depends_on"] == {"database": well}
    for name in ("web", "worker", "backup"):
        assert services()[name]["depends_on"]["migrate"] == done
    assert services()["proxy"]["depends_on"] == {"web": well}


def test_what_must_outlive_a_container_is_on_a_named_volume() -> None:
    kept = {
        mount.split(":")[1]: name
        for name, service in services().items()
        for mount in service.get("volumes", [])
        if not mount.startswith("./")
    }

    assert {mount.split(":")[0] for s in services().values() for mount in s.get("volumes", []) if mount[0] != "."} == (
        set(read()["volumes"])
    )
    assert kept["/var/lib/postgresql"] == "database"
    assert kept["/meili_data"] == "search"
    assert kept["/backups"] == "backup"
    assert kept["/data"] == "proxy"  # certificates: their authority counts how many are asked for


def commands() -> list[tuple[str, list[str]]]:
    """Service → arguments of `trithuc`: what it runs, and what asks for its health."""
    found = []
    for name, service in ours().items():
        found.append((name, service["command"]))
        test = service["healthcheck"].get("test", [])
        if test[:2] == ["CMD", "trithuc"]:
            found.append((f"{name}, its health", test[2:]))
    return found


@pytest.mark.parametrize(("_name", "arguments"), commands())
def test_every_command_and_option_exists(_name: str, arguments: list[str]) -> None:
    context = click.Context(main, info_name="trithuc")
    command = main.get_command(context, arguments[0])

    assert command is not None
    command.make_context(arguments[0], list(arguments[1:]), parent=context)  # raises on what click does not know


@pytest.mark.parametrize("name", sorted(ours()))
def test_every_setting_of_a_service_is_one_that_the_program_reads(name: str, tmp_path: Path) -> None:
    environment = filled_in(ours()[name]["environment"])
    for variable, path in environment.items():
        if variable.endswith("_FILE"):
            secret = tmp_path / path.strip("/").replace("/", "-")
            secret.write_text(f"value of {variable}\n")
            environment[variable] = str(secret)
    settings = Settings.from_env(environment)
    known = {f"TRITHUC_{field.upper()}" for field in Settings.__dataclass_fields__}

    assert {variable.removesuffix("_FILE") for variable in environment} <= known
    for variable in environment:
        field = variable.removesuffix("_FILE").removeprefix("TRITHUC_").lower()
        if variable.endswith("_FILE"):
            assert getattr(settings, field) == f"value of {variable}"
        else:
            assert str(getattr(settings, field)) == environment[variable]


def filled_in(environment: dict[str, Any]) -> dict[str, str]:
    """As compose fills it in from deploy/env.example."""
    example = dict(
        line.split("=", 1)
        for line in (ROOT / "deploy" / "env.example").read_text("utf-8").splitlines()
        if line and not line.startswith("#")
    )

    def value(match: re.Match[str]) -> str:
        return example.get(match[1]) or (match[2] or "").removeprefix(":-")

    return {
        name: re.sub(r"\$\{(\w+)(:[-?][^}]*)?\}", value, str(one)).replace("$$", "$")
        for name, one in environment.items()
    }


def test_the_image_holds_every_file_of_the_program(tmp_path: Path) -> None:
    """The wheel that the Dockerfile installs, made of what .dockerignore lets through."""
    source = tmp_path / "source"
    listed = said_by("git", "ls-files", "ingestion", "search", "service")[1].split("\n")
    wanted = {name for name in listed if name and (ROOT / name).is_file()}
    for name in (*wanted, "pyproject.toml", "README.md"):
        target = source / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((ROOT / name).read_bytes())
    made = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", tmp_path, source],
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    (wheel,) = tmp_path.glob("trithuc-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())

    assert wanted - held == set()


def test_what_the_image_is_built_from_gets_past_dockerignore() -> None:
    copied = set()
    for line in re.sub(r"\\\n\s*", "", (ROOT / "Dockerfile").read_text("utf-8")).splitlines():
        if line.startswith("COPY ") and "--from" not in line:
            copied |= set(line.split()[1:-1])
    let_through = {
        line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")
    }

    assert copied == let_through
    assert all((ROOT / name).exists() for name in copied)


def test_the_images_python_can_install_what_is_locked() -> None:
    """The version named in the Dockerfile is one that the project takes."""
    versions = set(re.findall(r"^FROM python:(\d+\.\d+)-slim", (ROOT / "Dockerfile").read_text("utf-8"), re.M))
    (low, high) = re.findall(r'requires-python = ">=(\S+),<(\S+)"', (ROOT / "pyproject.toml").read_text("utf-8"))[0]

    assert len(versions) == 1
    (version,) = {tuple(map(int, v.split("."))) for v in versions}
    assert tuple(map(int, low.split("."))) <= version < tuple(map(int, high.split(".")))
    assert f"python{'.'.join(map(str, version))}/site-packages" in (ROOT / "Dockerfile").read_text("utf-8")
