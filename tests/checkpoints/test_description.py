"""What is said of a weights file, with the sentences about what it does not say itself."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from maskseg_cli.checkpoints import Checkpoint
from maskseg_cli.checkpoints.description import describe, describe_as_text
from maskseg_cli.config.torch_presets import DETECTRON2


@dataclass(frozen=True, eq=False)
class Noted(Checkpoint):
    """A checkpoint of which something was assumed."""

    notes: tuple[str, ...] = ("The first sentence.", "The second\none.")


def test_what_was_assumed_is_said(tmp_path: Path) -> None:
    path = tmp_path / "model_final.pth"
    path.write_bytes(b"1234")
    arrays = {"conv1/kernel": np.ones((1, 1, 3, 4), np.float32), "mrcnn_mask/bias": np.zeros(4, np.float32)}
    found = describe(path, Noted(arrays, DETECTRON2.replace(num_classes=5), None, {"made_by": "detectron2"}))
    assert found["notes"] == list(Noted.notes)
    assert json.loads(json.dumps(found))["provenance"] == {"made_by": "detectron2"}
    lines = describe_as_text(found).splitlines()
    assert next(line.split(maxsplit=1)[1] for line in lines if line.startswith("note ")) == "The first sentence."
    assert sum(line.startswith("note ") for line in lines) == 2
    assert "class names  not in the file: give them with --labels" in lines
