"""The texts of the pages, as gettext's extractor finds them in the sources."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir

WEB = Path(__file__).parents[2] / "api" / "web"
KEYWORDS: Mapping[str, tuple[int, ...] | None] = {
    "_": None,
    "N_": None,
    "gettext": None,
    "say": None,
    "ngettext": (1, 2),
    "count": (1, 2),
}


def extracted() -> Catalog:
    """Return the catalogue that the sources ask for, without translations."""
    catalog = Catalog(project="Leerspoor", charset="utf-8", fuzzy=False)
    found = extract_from_dir(
        WEB,
        method_map=[("templates/**.html", "jinja2"), ("**.py", "python")],
        options_map={
            "templates/**.html": {"trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}
        },
        keywords=dict(KEYWORDS),
    )
    for file, line, message, comments, context in sorted(found, key=lambda item: (item[0], item[1])):
        catalog.add(message, locations=[(file, line)], auto_comments=comments, context=context)
    return catalog
