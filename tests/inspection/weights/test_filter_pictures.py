"""Sheets of filters: places, colours and the order of the channels."""

from __future__ import annotations

import numpy as np
import pytest

from maskseg_cli.inspection.weights.filter_pictures import CELLS_A_ROW, FILTER_SIDE, filter_sheet, norm_cells


@pytest.mark.parametrize(("order", "channel"), [("RGB", 2), ("BGR", 0)])
def test_a_first_layer(order: str, channel: int) -> None:
    kernel = np.zeros((7, 7, 3, 20), np.float32)
    kernel[0, 6, 0, 17] = 0.02  # the first channel, in the upper right corner
    kernel[6, 0, 0, 17] = -0.01
    kernel[..., 3] = np.nan
    sheet = filter_sheet(kernel, order)
    assert sheet.shape == (2 * FILTER_SIDE, 16 * FILTER_SIDE, 3)
    shown = sheet[FILTER_SIDE:, FILTER_SIDE : 2 * FILTER_SIDE]
    assert shown[0, 34, channel] == 255
    assert shown[34, 0, channel] == 64
    others = [one for one in range(3) if one != channel]
    assert (shown[:35, :35, others] == 128).all()
    assert (sheet[:35, 3 * FILTER_SIDE : 3 * FILTER_SIDE + 35] == 128).all(), "not finite: grey"


def test_norms_as_cells() -> None:
    norms = np.linspace(1, 2, 120)
    norms[[7, 60, 61]] = 0, 1000, np.nan
    dead, exploding = norms == 0, norms == 1000
    cells = norm_cells(norms, dead, exploding)
    assert cells.shape == (3, CELLS_A_ROW, 3)
    assert cells[0, 7].tolist() == [0, 94, 213]
    assert cells[1, 10].tolist() == [167, 121, 204]
    assert cells[1, 11].tolist() == [0, 0, 0]
    assert (cells[2, 20:] == 255).all(), "no filters there"
    usual = cells[0, [0, 20, 49]].astype(int).sum(axis=1)
    assert usual[0] > usual[1] > usual[2], "the larger the darker"


def test_a_layer_of_zeros() -> None:
    nothing = np.zeros(3)
    assert norm_cells(nothing, nothing == 0, nothing > 0).shape == (1, 3, 3)
