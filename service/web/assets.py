"""Style sheet, script and fonts: read from the packages that bring them, served under names that carry their content.

Nothing is loaded from another host and no third-party file is kept in this repository. A name changes with its content,
so that browsers may keep what they have for ever.
"""

from __future__ import annotations

import gzip
import hashlib
import importlib.util
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

STATIC = Path(__file__).parent / "static"
PREFIX = "/static/"
_MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".ttf": "font/ttf",
}
_SOURCE_MAP = re.compile(rb"/[*/]# sourceMappingURL=\S+?( \*/)?\s*$")
_FONTS = ("BeVietnamPro-Regular.ttf", "BeVietnamPro-Italic.ttf", "BeVietnamPro-SemiBold.ttf")


@dataclass(frozen=True, slots=True)
class Asset:
    """`name` is how templates and style sheets call it; `path` is where browsers find it."""

    name: str
    path: str
    media_type: str
    content: bytes
    gzipped: bytes


class Assets:
    """All static files, in memory: a few hundred kilobytes, compressed once."""

    def __init__(self, assets: Iterator[Asset]) -> None:
        self._by_name = {asset.name: asset for asset in assets}
        self._by_path = {asset.path: asset for asset in self._by_name.values()}

    def url(self, name: str) -> str:
        """Raises KeyError for a name that does not exist: a fault of ours."""
        return self._by_name[name].path

    def find(self, path: str) -> Asset | None:
        return self._by_path.get(path)


def load_assets() -> Assets:
    return Assets(_read_assets())


def _read_assets() -> Iterator[Asset]:
    urls: dict[str, str] = {}
    for path in _sources():
        content = _SOURCE_MAP.sub(b"", path.read_bytes())
        if path.suffix == ".css":
            content = _point_at(content, urls)
        asset = _asset(path.name, content)
        urls[path.name] = asset.path
        yield asset


def _sources() -> Iterator[Path]:
    """Fonts first: our style sheet names them."""
    fonts = _package_folder("fontpkg_be_vietnam_pro") / "files"
    yield from (fonts / name for name in _FONTS)
    yield _package_folder("bootstrap") / "css" / "bootstrap.min.css"
    # The package is made for Django, which is neither needed nor installed: only its files are used.
    yield _package_folder("js_lib_htmx") / "static" / "htmx" / "htmx.min.js"
    yield from sorted(path for path in STATIC.iterdir() if path.suffix in _MEDIA_TYPES)


def _package_folder(name: str) -> Path:
    """Where a package's files are, found without importing it."""
    spec = importlib.util.find_spec(name)
    if spec is not None and spec.submodule_search_locations:
        return Path(next(iter(spec.submodule_search_locations)))
    raise FileNotFoundError(name)


def _point_at(css: bytes, urls: Mapping[str, str]) -> bytes:
    """Put the lasting address of a file in the place of its plain name: url("name.ttf")."""
    for name, url in urls.items():
        css = css.replace(f'url("{name}")'.encode(), f'url("{url}")'.encode())
    return css


def _asset(name: str, content: bytes) -> Asset:
    stem, suffix = name.rsplit(".", 1)
    digest = hashlib.sha256(content).hexdigest()[:12]
    return Asset(
        name=name,
        path=f"{PREFIX}{stem}.{digest}.{suffix}",
        media_type=_MEDIA_TYPES[f".{suffix}"],
        content=content,
        gzipped=gzip.compress(content, 9, mtime=0),
    )
