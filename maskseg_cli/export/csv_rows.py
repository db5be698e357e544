"""Rows of CSV files as bytes, one after the other."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

from maskseg_cli.media.atomic_file import utf8


def csv_rows(rows: Iterable[Iterable[Any]]) -> Iterator[bytes]:
    """Yields each row as a line in UTF-8, with quotes where a cell needs them.

    Example:
        >>> list(csv_rows([["file", "x"], ["a,b.jpg", 5]]))
        [b'file,x\\n', b'"a,b.jpg",5\\n']
    """
    stream = io.StringIO()
    table = csv.writer(stream, lineterminator="\n")
    for row in rows:
        table.writerow(row)
        yield utf8(stream.getvalue())
        stream.seek(0)
        stream.truncate()
