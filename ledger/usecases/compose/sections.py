"""Labelled paragraphs in one plain text: what Open Badges offers for facts that have no member of their own.

The text is read by people in any wallet, and by `parse` here. One section is "Label: text"; sections are
parted by an empty line; a list has one item a line. No Markdown is written, so a reader that renders it
shows the same words.
"""

import re
from collections.abc import Iterable

_GAP = re.compile(r"\n{2,}")


def dump(sections: Iterable[tuple[str, str | None]]) -> str:
    """Write the sections that have a text.

    Args:
        sections: label and text; a text of None is left out.
    """
    # An empty line inside a text would look like the start of a section.
    return "\n\n".join(f"{label}: {_GAP.sub(chr(10), text)}" for label, text in sections if text)


def parse(text: str) -> tuple[tuple[str, str], ...]:
    """Read sections back; a paragraph without a label has the empty label."""
    found: list[tuple[str, str]] = []
    for paragraph in _GAP.split(text):
        label, colon, rest = paragraph.partition(": ")
        found.append((label, rest) if colon else ("", paragraph))
    return tuple(found)


def lines(items: Iterable[str]) -> str:
    """Write a list, one item a line."""
    return "\n".join(items)
