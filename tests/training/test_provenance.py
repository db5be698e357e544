"""The origin of trained weights, as their file has it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np

from maskseg_cli.checkpoints import Checkpoint
from maskseg_cli.config import LITE
from maskseg_cli.training.setup import provenance_of
from maskseg_cli.training.start import Start

CHOICES = cast(Any, SimpleNamespace(data=[SimpleNamespace(annotations="data/instances.json")]))
ARRAYS = {"box.conv1x1/bias": np.zeros(3, np.float32)}


def test_the_origin_is_kept_over_several_runs_and_no_folder_is_written() -> None:
    first = Checkpoint(ARRAYS, LITE, None, {"made_by": "Somebody else", "licence": "Apache"}, "mask_rcnn2go")
    provenance = provenance_of(CHOICES, Start(LITE, first, "/home/me/weights/start.npz"))
    assert (provenance["origin"], provenance["licence"]) == ("Somebody else", "Apache")
    assert provenance["started_from"] == "start.npz"
    assert provenance["trained_on"] == "instances.json"
    again = provenance_of(CHOICES, Start(LITE, Checkpoint(ARRAYS, LITE, None, provenance), "run/last.npz"))
    assert (again["origin"], again["started_from"]) == ("Somebody else", "last.npz")
    assert again["made_by"].startswith("maskseg ")


def test_random_weights_have_no_origin() -> None:
    provenance = provenance_of(CHOICES, Start(LITE, None, "random weights"))
    assert "origin" not in provenance
    assert provenance["started_from"] == "random weights"
