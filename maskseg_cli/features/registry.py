"""All features, in the order in which they add to a run, and what a run builds from their options."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from maskseg_cli.config.value_types import conform, short
from maskseg_cli.errors import UsageError
from maskseg_cli.features.counting import Counting
from maskseg_cli.features.effects import Effects
from maskseg_cli.features.exports import Exports
from maskseg_cli.features.feature import Feature, RunKind, RunParts
from maskseg_cli.features.saved_detections import SaveDetections
from maskseg_cli.features.style import Style
from maskseg_cli.features.tracking import Tracking

#: In this order transforms see the detections, and --help lists the options.
FEATURES: tuple[type[Feature], ...] = (Style, Tracking, Counting, Effects, Exports, SaveDetections)


def features_of(kind: RunKind) -> list[type[Feature]]:
    """The features that a kind of run has."""
    return [feature for feature in FEATURES if kind in feature.kinds]


def take_features(options: dict[str, Any], kind: RunKind) -> list[Feature]:
    """Removes the keywords that are options of features, and returns the features with them.

    Raises:
        UsageError: a value that is not possible.
    """
    features = []
    for feature in features_of(kind):
        values = {}
        for field in dataclasses.fields(feature):  # type: ignore[arg-type]
            if field.name in options:
                values[field.name] = _of_its_kind(field, options.pop(field.name))
        features.append(feature(**values))
    return features


def _of_its_kind(field: dataclasses.Field[Any], value: Any) -> Any:
    """The value of an option from Python, where it is of a kind that the option can have at all.

    Raises:
        UsageError: it is not.
    """
    if isinstance(field.default, bool):
        return conform(field.name, value, bool)
    if isinstance(field.default, tuple) and value is not None:
        if not isinstance(value, (str, list, tuple)) or not all(isinstance(one, str) for one in value):
            raise UsageError(f"{field.name} is a text or a list of texts, not {short(value)}.")
    elif field.metadata["option"].kind in ("path", "file") and not isinstance(value, (str, Path, type(None))):
        raise UsageError(f"{field.name} is a path, not {short(value)}.")
    return value


def lowest_score(features: Sequence[Feature], kind: RunKind) -> float | None:
    """The score from which on the network must find objects, or None where no feature asks for one."""
    scores = [score for feature in features if (score := feature.lowest_score(kind)) is not None]
    return min(scores, default=None)


def saves_from(features: Sequence[Feature]) -> float | None:
    """The score from which on recorders want objects, or None where no feature has recorders."""
    scores = [score for feature in features if (score := feature.saves_from()) is not None]
    return min(scores, default=None)


def add_features(features: Sequence[Feature], parts: RunParts) -> RunParts:
    """Lets each feature add to the parts, and returns them."""
    for feature in features:
        feature.add_to(parts)
    return parts


def option_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values from a command line without those that were not given, which then have the fields' defaults."""
    return {name: value for name, value in values.items() if value is not None and value != ()}
