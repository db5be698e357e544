"""Validation during training: AP of the current weights, measured with a second network."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from maskseg_cli.config import SCORE_FLOOR, MaskRCNNConfig
from maskseg_cli.datasets.picture_files import find_photos
from maskseg_cli.datasets.problems import pictures_left_out, summary
from maskseg_cli.errors import MasksegError
from maskseg_cli.evaluation import CocoDataset, evaluate
from maskseg_cli.inference.predictor import Predictor
from maskseg_cli.inference.tensorflow_engine import TensorFlowEngine
from maskseg_cli.model.mask_rcnn import MaskRCNN
from maskseg_cli.reporter import Reporter


class Validation:
    """Measures box and mask AP of given weights.

    A second network is built once and gets the weights each time, so that the one in training keeps its options and
    values.

    Args:
        config: of the network in training.
        class_names: background first.
        annotations: a file or folder of a known format.
        images: the folder of its pictures.
        limit: number of pictures to measure on, the first ones; None: all.
        attribute: of a VIA file, as `via.read_via` takes it.
        format: the name of the annotations' format; None: their content shows it.
        reporter: is told what is read.

    Raises:
        MasksegError: the annotations cannot be used, they have no class in common with the network, or a picture is
            missing.
    """

    def __init__(
        self,
        config: MaskRCNNConfig,
        class_names: tuple[str, ...],
        annotations: Path,
        images: Path,
        limit: int | None = None,
        attribute: str | None = None,
        format: str | None = None,
        reporter: Reporter | None = None,
    ) -> None:
        # All checks are made here, before the training begins.
        self.dataset = CocoDataset.read(annotations, images, attribute=attribute, reporter=reporter, format=format)
        self.dataset.match_classes(class_names)
        self.dataset.require_objects()
        names = [record["file_name"] for record in self.dataset.images[:limit]]
        if pictures_left_out(self.dataset.problems):
            raise MasksegError(summary(self.dataset.problems, annotations))
        missing = [name for name, path in find_photos(images, names).items() if not path.is_file()]
        if missing:
            raise MasksegError(
                f"{len(missing)} of the {len(names)} pictures of {annotations} are not in {images}: {missing[0]} first."
            )
        self.images = images
        self.limit = limit
        self.network = MaskRCNN(
            config.replace(detection_min_confidence=SCORE_FLOOR, detection_duplicate_threshold=None)
        )
        self.predictor = Predictor(TensorFlowEngine(self.network), class_names)

    def __call__(self, arrays: Mapping[str, NDArray[Any]]) -> dict[str, float]:
        """Measures the metrics, in 0..1: {"box AP": ..., "mask AP": ...}; one that cannot be measured is left out.

        Args:
            arrays: "layer/weight" -> array, as `MaskRCNN.named_variables` names them.
        """
        for name, variable in self.network.named_variables().items():
            variable.assign(arrays[name])
        metrics = evaluate(self.predictor, self.dataset, self.images, limit=self.limit).metrics
        found = {"box AP": metrics.get("bbox"), "mask AP": metrics.get("segm")}
        return {name: part["AP"] for name, part in found.items() if part and part["AP"] is not None}
