"""`weights.csv` holds names of a file as texts, never as formulas of a spreadsheet."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from maskseg_cli.checkpoints import Checkpoint
from maskseg_cli.config import COCO
from maskseg_cli.inspection.weights.inspection import inspect_checkpoint
from maskseg_cli.inspection.weights.weights_table import weights_table
from maskseg_cli.printable import plain_cell

NAMES = ('=HYPERLINK("http://example.org","conv1")/kernel', "+1/bias", "@sum/bias", 'a,"b"\n/bias')


def checkpoint_of(*names: str) -> Checkpoint:
    return Checkpoint({name: np.ones((2, 3), np.float32) for name in names}, COCO, None, kind="matterport")


def test_names_are_no_formulas() -> None:
    path = Path("mine.h5")
    first, second = checkpoint_of(*NAMES[:2], "conv1/bias"), checkpoint_of(*NAMES[2:], "conv1/bias")
    text = weights_table(inspect_checkpoint(path, first, path, second))
    [titles, *rows] = csv.reader(text.splitlines(keepends=True))
    assert all(len(row) == len(titles) for row in rows)
    cells = [row[0] for row in rows]
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells)
    assert sorted(map(plain_cell, cells)) == sorted([*NAMES, "conv1/bias"])
