"""`refuse_read_files`: a run never writes over a file that it reads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from maskseg_cli.features.feature import Feature
from maskseg_cli.inference.model_options import ModelOptions, files_read
from maskseg_cli.media.outputs import refuse_inputs

if TYPE_CHECKING:
    from maskseg_cli.inference.predictor import Predictor


def refuse_read_files(
    targets: Iterable[Path | None], model: ModelOptions | Predictor, features: Sequence[Feature]
) -> None:
    """Checks that no file of the results is one that the options name as an input: weights, a style, a background.

    Raises:
        UsageError: one is.
    """
    own = files_read(model) if isinstance(model, ModelOptions) else [*getattr(model, "files", ())]
    inputs = [*own, *(path for feature in features for path in feature.inputs())]
    refuse_inputs([path for path in targets if path is not None], inputs)
