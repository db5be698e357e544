"""A network that trains in milliseconds: the small family with three blocks for a trunk, on pictures of 64 pixels."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from maskseg_cli.config import MASK_RCNN2GO
from maskseg_cli.training.training_options import TrainingOptions

#: Name, output channels and stride of the trunk's blocks.
TRUNK = (("block0_0", 16, 1), ("block1_0", 16, 2), ("block2_0", 24, 2), ("block3_0", 32, 2))

SETTINGS = {"train_rois_per_image": 16, "post_nms_rois_training": 50, "post_nms_rois_inference": 20}

CONFIG = MASK_RCNN2GO.replace(num_classes=4, image_min_dim=64, image_max_dim=128, **SETTINGS)

NAMES = ("background", "square", "circle", "triangle")

#: The same for `maskseg train`.
ARGUMENTS = ["shapes", "--shapes", "8", "64", "--size", "64", "--init", "random"]
ARGUMENTS += [word for name, value in SETTINGS.items() for word in ("--set", f"{name}={value}")]


#: Blocks of the heads that keep their input as it is: with all of them, most of a test's time goes into their graphs.
LEFT_OUT = ("rpn.block3_5", "rpn.block3_6", "box.block4_1", "box.block4_2", "mask.block4_1", "mask.block4_2")


def shrink(patch: pytest.MonkeyPatch) -> None:
    """Makes the small trunk tiny, and its heads."""
    from maskseg_cli.model import box_head, mask_head, mobile, rpn

    # the other columns of the table, such as the width of a block's inside, are kept
    rest = {row[0]: row[3:] for row in mobile.TRUNK_BLOCKS}
    patch.setattr(mobile, "TRUNK_BLOCKS", tuple((*row, *rest[row[0]]) for row in TRUNK))
    block = mobile.inverted_residual

    def some_blocks(x: Any, name: str, *arguments: Any, **options: Any) -> Any:
        return x if name in LEFT_OUT else block(x, name, *arguments, **options)

    for module in (rpn, box_head, mask_head):
        patch.setattr(module, "inverted_residual", some_blocks)


def tiny_model(seed: int = 0) -> Any:
    import keras

    from maskseg_cli.model.mask_rcnn import MaskRCNN

    keras.utils.set_random_seed(seed)
    with pytest.MonkeyPatch.context() as patch:
        shrink(patch)
        return MaskRCNN(CONFIG)


def batches(batch: int = 1, count: int = 8) -> Callable[[int], Iterator[Mapping[str, Any]]]:
    """Shapes, as `Trainer` takes them."""
    from maskseg_cli.datasets.shapes import ShapesSource
    from maskseg_cli.training.inputs import training_dataset

    return lambda first: iter(training_dataset(ShapesSource(count, 64), CONFIG, batch=batch, first_batch=first))


def values(model: Any) -> dict[str, np.ndarray]:
    """A copy of a network's weights."""
    return {name: np.asarray(variable).copy() for name, variable in model.named_variables().items()}


def put_back(model: Any, arrays: Mapping[str, np.ndarray]) -> None:
    for name, variable in model.named_variables().items():
        variable.assign(arrays[name])


def make_trainer(output: Path, log: Any, strategy: Any = None, validate: Any = None, **options: Any) -> Any:
    """A `Trainer` of a tiny network on shapes."""
    import contextlib

    from maskseg_cli.training.loop import Trainer

    steps = options.pop("steps_per_epoch", 4)
    with contextlib.nullcontext() if strategy is None else strategy.scope():
        model = tiny_model()
    chosen = TrainingOptions(output, **options)
    return Trainer(model, NAMES, batches(), steps, chosen, log, validate, {"made_by": "a test"}, strategy)
