"""What trained weights say of where they come from."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np

from maskseg_cli.checkpoints import Checkpoint
from maskseg_cli.config import LITE
from maskseg_cli.training.setup import _provenance
from maskseg_cli.training.start import Start

CHOICES = cast(Any, SimpleNamespace(data=[SimpleNamespace(annotations="data/instances.json")]))
ARRAYS = {"box.conv1x1/bias": np.zeros(3, np.float32)}


def test_the_origin_stays_known_over_every_step_and_no_folder_is_told() -> None:
    first = Checkpoint(ARRAYS, LITE, None, {"made_by": "Somebody else", "licence": "Apache"}, "mask_rcnn2go")
    told = _provenance(CHOICES, Start(LITE, first, "/home/me/weights/start.npz"))
    assert (told["origin"], told["licence"], told["started_from"]) == ("Somebody else", "Apache", "start.npz")
    assert told["trained_on"] == "instances.json"
    again = _provenance(CHOICES, Start(LITE, Checkpoint(ARRAYS, LITE, None, told), "run/last.npz"))
    assert (again["origin"], again["started_from"]) == ("Somebody else", "last.npz")
    assert again["made_by"].startswith("maskseg ")


def test_random_weights_have_no_origin() -> None:
    told = _provenance(CHOICES, Start(LITE, None, "random weights"))
    assert "origin" not in told
    assert told["started_from"] == "random weights"
