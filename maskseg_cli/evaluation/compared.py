"""`compare_evaluations`: two networks on the same photos, figure by figure and photo by photo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from maskseg_cli.evaluation.bootstrap import Comparison, compare
from maskseg_cli.evaluation.evaluator import Evaluation
from maskseg_cli.evaluation.matches import PhotoMatches
from maskseg_cli.reporter import Reporter


@dataclass(frozen=True)
class Compared:
    """Another network beside the one that was measured.

    Attributes:
        name: of the other one, for people.
        evaluation: its result, on the same photos and classes.
        figures: "mask AP", where both have masks, and "box AP" -> the difference; the first counts most.
    """

    name: str
    evaluation: Evaluation
    figures: dict[str, Comparison]

    @property
    def document(self) -> dict[str, Any]:
        """The figures of the other network and the differences, ready for JSON."""
        differences = {
            name.replace(" ", "_"): {
                "difference": one.difference,
                "low": one.low,
                "high": one.high,
                "is_proof": one.is_proof,
            }
            for name, one in self.figures.items()
        }
        return {**self.evaluation.metrics, "differences": differences}


def compare_evaluations(
    own: Evaluation, other: Evaluation, name: str = "the other network", reporter: Reporter | None = None
) -> Compared:
    """Compares box AP and mask AP, with the interval that the choice of the photos explains.

    Args:
        own, other: of the same photos, annotations and classes.
        name: of the other network.
        reporter: is shown the progress: it takes a second for 80 classes and 100 photos, half a minute for 5,000.

    Raises:
        MasksegError: the photos or the objects in them are not the same.
    """
    pairs = {"box AP": (own.boxes, other.boxes)}
    if own.masks is not None and other.masks is not None:
        pairs = {"mask AP": (own.masks, other.masks), **pairs}
    figures = {}
    for figure, (first, second) in pairs.items():
        classes = len(first.matches.classes) + len(second.matches.classes)
        with (reporter or Reporter()).progress(classes, "class", f"comparing {figure}") as show_done:
            figures[figure] = compare(first.matches, second.matches, progress=_Sum(show_done))
    return Compared(name, other, figures)


def photo_score(photo: PhotoMatches) -> float:
    """How good the result of one photo is, 0..1: the share of objects and detections that belong together (F1).

    A photo without objects in which nothing was found has 1.
    """
    both = 2 * len(photo.right)
    pairs = (photo.badly_outlined, photo.wrong_class)
    wrong = 2 * sum(map(len, pairs)) + len(photo.duplicates) + len(photo.missed) + len(photo.false)
    return both / (both + wrong) if both + wrong else 1.0


def changed_photos(
    own: Sequence[PhotoMatches], other: Sequence[PhotoMatches]
) -> list[tuple[dict[str, Any], float, float]]:
    """The record of each photo with `photo_score` of both networks; those that became better most come first."""
    scores = [(first.image, photo_score(first), photo_score(second)) for first, second in zip(own, other, strict=True)]
    return sorted(scores, key=lambda one: one[2] - one[1])


class _Sum:
    """Turns numbers of done classes that begin anew for the second network into one count."""

    def __init__(self, show_done: Any) -> None:
        self._show_done, self._before, self._last = show_done, 0, 0

    def __call__(self, done: int) -> None:
        if done <= self._last:
            self._before += self._last
        self._last = done
        self._show_done(self._before + done)
