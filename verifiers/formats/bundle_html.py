"""A bundle as a web page that opens offline: the JSON of the bundle inside an HTML file, found without a parser.

    <!doctype html>
    …
    <script type="application/json" id="leerspoor-bundle">{"type":"leerspoor-bundle.v1",…}</script>
    …

The JSON holds no "<": in its texts that is written \\u003c. So the element ends at the first "<" behind it, whatever a
browser thinks of the rest of the file, and what a browser takes out is what is taken out here. Only the JSON is
checked; what else the page shows is not.

Not here: making the page (`api.web.bundle_page`), reading the JSON (`verifiers.formats.bundle`).
Source: docs/formats.md, "The bundle as a page"; HTML §4.12.1 (data blocks).
"""

from __future__ import annotations

from verifiers.errors import MalformedError
from verifiers.formats.bundle import BUNDLE_BYTES_MAX

HTML_BYTES_MAX = BUNDLE_BYTES_MAX + 2 * 1_048_576  # the page around it has some hundred thousand
ELEMENT_ID = "leerspoor-bundle"

_START = b"<!doctype html>"
_OPEN = b'<script type="application/json" id="leerspoor-bundle">'
_CLOSE = b"</script>"
_WHITE = b" \t\r\n"


def is_page(data: bytes) -> bool:
    """Return whether bytes begin as such a page does."""
    return data.lstrip(_WHITE)[: len(_START)].lower() == _START


def extract(data: bytes) -> bytes:
    """Return the JSON in a page.

    Raises:
        MalformedError: bundle_html_malformed: it is no such page, is too large, or holds no bundle or several.
    """
    if not is_page(data):
        raise _malformed("it does not begin as one")
    if len(data) > HTML_BYTES_MAX:
        raise _malformed("it is too large")
    _, *parts = data.split(_OPEN)
    if len(parts) != 1:
        raise _malformed("it does not hold exactly one bundle")
    content, mark, rest = parts[0].partition(b"<")
    if not (mark + rest).startswith(_CLOSE):
        raise _malformed("its bundle is not closed")
    return content


def unwrap(data: bytes) -> bytes:
    """Return the JSON when the bytes are a page, and else the bytes as they are; raises as `extract`."""
    return extract(data) if is_page(data) else data


def embed(bundle: bytes) -> bytes:
    """Return the element that holds a bundle.

    Args: bundle: JSON; "<" stands in texts only, so its escape means the same.
    """
    return _OPEN + bundle.replace(b"<", b"\\u003c") + _CLOSE


def _malformed(what: str) -> MalformedError:
    return MalformedError("bundle_html_malformed", f"the file is not a page with a bundle: {what}")
