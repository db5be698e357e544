"""`page`: a whole HTML document from its sections; it loads nothing and runs nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from maskseg_cli.pages.elements import escaped
from maskseg_cli.pages.style import STYLE

_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def page(title: str, heading: str, content: Iterable[str]) -> Iterator[str]:
    """The parts of a page, for `export.parts.write_parts` after `utf8`.

    Args:
        title: in the browser's tab; it is escaped here.
        heading: above the page; it is escaped here.
        content: HTML, part by part: first what stands below the heading, then `section`s.
    """
    yield (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escaped(title)}</title><style>{STYLE}</style></head><body>\n"
        f"<h1>{escaped(heading)}</h1>"
    )
    for part in content:
        yield part + "\n"
    yield "</body></html>\n"


def section(title: str, *content: str, anchor: str = "") -> str:
    """A section of a page.

    Args:
        title: it is escaped here.
        content: HTML.
        anchor: id for links within the page (letters, digits, hyphens).
    """
    name = f' id="{escaped(anchor)}"' if anchor else ""
    return f"<section{name}><h2>{escaped(title)}</h2>{''.join(content)}</section>"
