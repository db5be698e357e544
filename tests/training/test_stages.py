"""Training stages from lists of options."""

from __future__ import annotations

import pytest

from maskseg_cli.errors import UsageError
from maskseg_cli.training.stages import Stage, make_stages


def test_stages_from_lists() -> None:
    stages = make_stages(["heads", "4+", "all"], [1, 2], [0.1])
    assert stages == [Stage("heads", 1, 0.1), Stage("4+", 2, 0.1), Stage("all", 2, 0.1)]
    assert make_stages(["all"], [1, 2], [0.1, 0.01]) == [Stage("all", 1, 0.1), Stage("all", 2, 0.01)]


@pytest.mark.parametrize(("epochs", "rate"), [(0, 0.1), (1, 0.0), (1, -1.0), (1, float("nan"))])
def test_wrong_stages(epochs: int, rate: float) -> None:
    with pytest.raises(UsageError):
        Stage("all", epochs, rate)
