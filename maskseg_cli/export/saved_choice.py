"""`SavedChoice`: the options of `maskseg render` that choose among saved objects."""

from __future__ import annotations

from dataclasses import dataclass

from maskseg_cli.option import option


@dataclass(frozen=True)
class SavedChoice:
    """Which of the saved objects are drawn."""

    min_score: float | None = option(
        None,
        "Leave out objects with a lower score, 0 to 1.",
        kind="share",
        metavar="SCORE",
        default="that of the first run",
    )
    classes: str | None = option(
        None,
        "Only these classes, separated by commas: person,dog. All: all.",
        metavar="NAMES",
        default="those of the first run",
    )
    max_detections: int | None = option(
        None,
        "At most so many objects a picture, best score first.",
        kind="whole",
        least=1,
        metavar="N",
        default="that of the first run",
    )
