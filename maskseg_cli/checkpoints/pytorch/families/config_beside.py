"""detectron2's config.yaml in the folder of a weights file, as its trainer leaves it there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from maskseg_cli.config.detectron2_config import is_detectron2_config, options_of_detectron2
from maskseg_cli.config.overrides import read_document
from maskseg_cli.config.plain_values import lookup
from maskseg_cli.errors import MasksegError, UsageError

_USUAL_SCORE = 0.05


def config_beside(path: Path) -> Path | None:
    """The detectron2 config for a weights file: model_final.yaml for model_final.pth, else config.yaml; or None.

    YAML files of other programs do not count.
    """
    for candidate in (path.with_suffix(".yaml"), path.with_name("config.yaml")):
        try:
            if candidate.is_file() and is_detectron2_config(read_document(candidate)):
                return candidate
        except (MasksegError, OSError):
            continue  # no YAML: whatever it is, it is no config
    return None


def options_beside(path: Path, notes: list[str]) -> tuple[Path | None, dict[str, Any]]:
    """The config beside a weights file, and the options that it sets; sentences about what is not taken are added.

    Raises:
        UsageError: it wants what maskseg does not compute.
    """
    found = config_beside(path)
    if found is None:
        return None, {}
    document = read_document(found)
    try:
        options = options_of_detectron2(document)
    except UsageError as error:
        raise UsageError(f"In {found}: {error}") from None
    if "_BASE_" in document:
        notes.append(
            f"{found.name} builds on another config ({str(document['_BASE_'])[:80]}), which is not read: what it does "
            "not say itself is as in mask_rcnn_R_50_FPN_3x. The config.yaml that a training writes says all."
        )
    score = lookup(document, "MODEL.ROI_HEADS.SCORE_THRESH_TEST")
    if score not in (None, _USUAL_SCORE):
        notes.append(
            f"SCORE_THRESH_TEST {str(score)[:20]} of {found.name} is not the score from which on objects are shown: "
            "that one is --min-score."
        )
    return found, options
