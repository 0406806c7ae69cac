"""The files that pages load: style, script, font and mark, all from this host.

Their addresses hold a digest of their content, so a browser may keep them for ever and still never shows an
old style with a new page. Only the files named here are served; no part of a request becomes a path.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from verifiers.primitives.encoding import b64_encode

FOLDER = Path(__file__).parent / "static"
DIGEST_CHARS = 12
_TYPES: Mapping[str, str] = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}
NAMES = (
    "style.css",
    "drop.js",
    "verifier.js",
    "showing.js",
    "own-check.js",
    "mark.svg",
    "fonts/atkinson-latin.woff2",
    "fonts/atkinson-latin-ext.woff2",
)


IMPORTED = ("verifier.js", "showing.js")
"""What own-check.js imports."""


@dataclass(frozen=True, slots=True)
class Asset:
    """One file, its bytes, its media type, its address, and the hash that lets a browser run these bytes only."""

    content: bytes
    media_type: str
    path: str
    integrity: str


def integrity(content: bytes) -> str:
    """Return the hash of a script or style, as pages and their policies write it."""
    return f"sha256-{b64_encode(hashlib.sha256(content).digest())}"


@lru_cache(maxsize=1)
def all_assets() -> Mapping[str, Asset]:
    """Return every asset by its name; read once, at first use."""
    return {name: _read(name) for name in NAMES}


@lru_cache(maxsize=1)
def by_path() -> Mapping[str, Asset]:
    """Return every asset by its address."""
    return {asset.path: asset for asset in all_assets().values()}


def _read(name: str) -> Asset:
    file = FOLDER / name
    content = file.read_bytes()
    if name == "own-check.js":
        # The script finds the others beside it; here each address holds a digest.
        for other in IMPORTED:
            content = content.replace(f'"./{other}"'.encode(), f'"{_read(other).path}"'.encode())
    digest = hashlib.sha256(content).hexdigest()[:DIGEST_CHARS]
    if file.suffix == ".css":
        # The style finds the fonts beside it; here each address holds a digest.
        content = content.replace(b"url(fonts/", b"url(../" + _fonts_digest().encode() + b"/fonts/")
    if name.startswith("fonts/"):
        digest = _fonts_digest()
    return Asset(content, _TYPES[file.suffix], f"/static/{digest}/{name}", integrity(content))


def _fonts_digest() -> str:
    fonts = (FOLDER / name for name in NAMES if name.startswith("fonts/"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in fonts)).hexdigest()[:DIGEST_CHARS]
