"""`OtherResults`: what another network found in the same photos, to compare with."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from maskseg_cli.datasets.problems import Problem
from maskseg_cli.errors import MasksegError
from maskseg_cli.evaluation.coco_dataset import CocoDataset
from maskseg_cli.evaluation.evaluator import Evaluation, score_rows
from maskseg_cli.evaluation.results_file import read_results
from maskseg_cli.messages import counted


@dataclass(frozen=True)
class OtherResults:
    """A file of results that was read, and not scored yet.

    Attributes:
        path: the file.
        rows: in COCO's result format, with the ids of the data set that they were read with.
        notes: what was read in another way than COCO's, or looks wrong.
    """

    path: Path
    rows: list[dict[str, Any]]
    notes: tuple[Problem, ...]

    @classmethod
    def read(cls, path: str | Path, dataset: CocoDataset) -> OtherResults:
        """Reads a file of results of photos of a data set.

        Raises:
            MasksegError: the file cannot be read, or a row names a photo or category that the data set lacks.
        """
        rows, notes = read_results(path, dataset)
        return cls(Path(path), rows, tuple(notes))

    def score(self, evaluation: Evaluation) -> Evaluation:
        """Scores the results on the photos and categories of an evaluation.

        A photo of which the file has no result is one in which the other network found nothing.

        Raises:
            MasksegError: the file has results, but none of these photos.
        """
        dataset = evaluation.dataset
        photos = {image["id"] for image in dataset.images}
        # The network of the evaluation may take several categories of the file for one class.
        rows = [
            {**row, "category_id": dataset.same_as.get(row["category_id"], row["category_id"])}
            for row in self.rows
            if row["image_id"] in photos
        ]
        if self.rows and not rows:
            raise MasksegError(f"{self.path} has no result of the {counted(len(photos), 'photo')} that were measured.")
        return replace(score_rows(dataset, rows, evaluation.category_ids), notes=self.notes)

    def without_result(self, evaluation: Evaluation) -> int:
        """How many photos of the evaluation have no result in the file."""
        known = {row["image_id"] for row in self.rows}
        return sum(image["id"] not in known for image in evaluation.dataset.images)
