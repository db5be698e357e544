"""The engine that connects the network's parts: what does not fit together is named."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from maskseg_cli.config import LITE
from maskseg_cli.errors import MasksegError
from maskseg_cli.inference.engine import Stages
from maskseg_cli.inference.staged_engine import StagedEngine
from maskseg_cli.model.anchors import AnchorCache


def outputs(images: Any) -> Any:
    """Maps, objectness and deltas of a network with 30 anchors."""
    count = len(images)
    return [np.zeros((count, 1, 2, 4), np.float32)], np.zeros((count, 30), np.float32), np.zeros((count, 30, 4))


@pytest.mark.parametrize("change", [{"backbone_strides": (8,)}, {"rpn_anchor_sizes": LITE.rpn_anchor_sizes[:4]}])
def test_anchors_of_another_network_are_named(change: dict[str, Any]) -> None:
    """Such options can stand in any weights file."""
    config = LITE.replace(**change)
    engine = StagedEngine(cast(Stages, SimpleNamespace(features=outputs)), config)
    images, windows = np.zeros((1, 16, 32, 3), np.float32), np.zeros((1, 4), np.float32)
    with pytest.raises(MasksegError, match="looks at 30 boxes of a picture and its options describe"):
        engine.run(images, AnchorCache(config)(16, 32), windows)
