"""Pieces of HTML; every text from outside is escaped here."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence

from maskseg_cli.pages.thumbnails import Thumbnail
from maskseg_cli.printable import printable


def escaped(text: str) -> str:
    """A text for HTML, also between quotation marks; control characters become visible escapes.

    Example:
        >>> escaped('<b> & "c"')
        '&lt;b&gt; &amp; &quot;c&quot;'
    """
    return html.escape(printable(text), quote=True)


def paragraph(text: str, kind: str = "") -> str:
    """A paragraph.

    Args:
        text: it is escaped.
        kind: the class for its style, "soft" or "note"; "" for usual text.

    Example:
        >>> paragraph("a < b", "soft")
        '<p class="soft">a &lt; b</p>'
    """
    style = f' class="{kind}"' if kind else ""
    return f"<p{style}>{escaped(text)}</p>"


def table(
    titles: Sequence[str],
    rows: Iterable[Sequence[str | int | float]],
    caption: str = "",
    words: bool = False,
) -> str:
    """A table, the first column of which is text and the others are numbers.

    Args:
        titles: of the columns.
        rows: cells; they are escaped.
        caption: above the table; it is escaped.
        words: the last column is text, too, which is broken into lines.
    """
    head = "".join(f'<th scope="col">{escaped(title)}</th>' for title in titles)
    body = "".join(
        "<tr>"
        + "".join(
            f'<th scope="row">{escaped(str(cell))}</th>' if not number else f"<td>{escaped(str(cell))}</td>"
            for number, cell in enumerate(row)
        )
        + "</tr>"
        for row in rows
    )
    named = f"<caption>{escaped(caption)}</caption>" if caption else ""
    kind = ' class="words"' if words else ""
    return f'<div class="wide"><table{kind}>{named}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def pictures(thumbnails: Sequence[Thumbnail], kind: str) -> str:
    """Small pictures with captions; `kind` is the class for their style, "sheet" or "objects"."""
    figures = "".join(
        f'<figure><img src="{one.data}" width="{one.width}" height="{one.height}" alt="{escaped(one.caption)}">'
        f"<figcaption>{escaped(one.caption)}</figcaption></figure>"
        for one in thumbnails
    )
    return f'<div class="{kind}">{figures}</div>' if figures else ""


def folded(title: str, content: str) -> str:
    """Content that opens at a click."""
    return f"<details><summary>{escaped(title)}</summary>{content}</details>"


def tiles(facts: Sequence[tuple[str, str]]) -> str:
    """Numbers with their names, large."""
    inner = "".join(f"<div><dt>{escaped(name)}</dt><dd>{escaped(value)}</dd></div>" for name, value in facts)
    return f'<dl class="tiles">{inner}</dl>'
