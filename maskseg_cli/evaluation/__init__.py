"""How well a network finds what people have marked: COCO's average precision of boxes and masks."""

from maskseg_cli.evaluation.coco_dataset import CocoDataset
from maskseg_cli.evaluation.evaluator import Evaluation, evaluate, score_results

__all__ = ["CocoDataset", "Evaluation", "evaluate", "score_results"]
