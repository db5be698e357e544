"""How well a network finds what people have marked: COCO's average precision of boxes and masks."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from maskseg_cli.evaluation.coco_dataset import CocoDataset
    from maskseg_cli.evaluation.compared import compare_evaluations
    from maskseg_cli.evaluation.evaluation_options import EvaluationOptions
    from maskseg_cli.evaluation.evaluator import Evaluation, boundary_precision, evaluate, score_results
    from maskseg_cli.evaluation.report.report import write_evaluation_report
    from maskseg_cli.evaluation.run import run_evaluation

_HOMES = {
    "CocoDataset": "coco_dataset",
    "Evaluation": "evaluator",
    "EvaluationOptions": "evaluation_options",
    "boundary_precision": "evaluator",
    "compare_evaluations": "compared",
    "evaluate": "evaluator",
    "run_evaluation": "run",
    "score_results": "evaluator",
    "write_evaluation_report": "report.report",
}

__all__ = [
    "CocoDataset",
    "Evaluation",
    "EvaluationOptions",
    "boundary_precision",
    "compare_evaluations",
    "evaluate",
    "run_evaluation",
    "score_results",
    "write_evaluation_report",
]


def __getattr__(name: str) -> Any:
    # NumPy and pycocotools are imported with the first use, not with the options, so that --help is shown at once.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
