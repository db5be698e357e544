"""`matrix_table`: a table whose cells are shaded by their values."""

from __future__ import annotations

from collections.abc import Sequence

from maskseg_cli.pages.elements import escaped


def matrix_table(
    names: Sequence[str],
    titles: Sequence[str],
    cells: Sequence[Sequence[tuple[str, float]]],
    corner: str = "",
    caption: str = "",
    marked: Sequence[tuple[int, int]] = (),
) -> str:
    """A matrix as a table.

    Args:
        names: of the rows, N.
        titles: of the columns, M; they stand upright, so that columns are narrow.
        cells: N rows of M cells: the text, and the shade from 0 (none) to 1 (full).
        corner: what rows and columns are, in the first cell.
        caption: above the table.
        marked: row and column of cells with a frame, such as the diagonal.

    Returns:
        a `<table>` that scrolls within the page where it is wide.
    """
    framed = set(marked)
    head = "".join(f'<th scope="col"><span>{escaped(title)}</span></th>' for title in titles)
    rows = []
    for row, (name, values) in enumerate(zip(names, cells, strict=True)):
        inner = "".join(
            f"<td{' class=own' if (row, column) in framed else ''}{_shade(shade)}>{escaped(text)}</td>"
            for column, (text, shade) in enumerate(values)
        )
        rows.append(f'<tr><th scope="row">{escaped(name)}</th>{inner}</tr>')
    named = f"<caption>{escaped(caption)}</caption>" if caption else ""
    return (
        f'<div class="wide"><table class="matrix">{named}<thead><tr><th scope="col">{escaped(corner)}</th>{head}</tr>'
        f"</thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def _shade(value: float) -> str:
    """The blue of the charts behind a cell; never so dark that the text could not be read on light or dark pages."""
    share = min(max(value, 0.0), 1.0)
    return f' style="background:rgba(0,114,178,{0.1 + 0.5 * share:.2f})"' if share > 0 else ""
