"""How well a network finds what people have marked: COCO's average precision of boxes and masks."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from maskseg_cli.evaluation.coco_dataset import CocoDataset
    from maskseg_cli.evaluation.evaluation_options import EvaluationOptions
    from maskseg_cli.evaluation.evaluator import Evaluation, evaluate, score_results
    from maskseg_cli.evaluation.run import run_evaluation

_HOMES = {
    "CocoDataset": "coco_dataset",
    "Evaluation": "evaluator",
    "EvaluationOptions": "evaluation_options",
    "evaluate": "evaluator",
    "run_evaluation": "run",
    "score_results": "evaluator",
}

__all__ = ["CocoDataset", "Evaluation", "EvaluationOptions", "evaluate", "run_evaluation", "score_results"]


def __getattr__(name: str) -> Any:
    # NumPy and pycocotools are imported with the first use, not with the options, so that --help is shown at once.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
