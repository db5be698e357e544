"""Checks of what a run over photos on a cluster cannot do, before any work."""

from __future__ import annotations

import pickle
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from maskseg_cli.errors import UsageError
from maskseg_cli.features.feature import Feature
from maskseg_cli.inference.model_options import ModelOptions
from maskseg_cli.sink import Sink
from maskseg_cli.transform import Lookahead, Transform

#: An address that was made a path, which has one slash left.
_STORED = re.compile(r"[a-z][a-z0-9+.-]+:/")


def check_cluster_run(
    model: Any,
    features: Sequence[Feature],
    transforms: Sequence[Transform],
    sinks: Sequence[Sink],
    switches: dict[str, bool],
    streams: bool,
) -> None:
    """Checks the options of a run on a cluster.

    Args:
        model: the network, which the workers load.
        transforms, sinks: the caller's own, which are sent to the workers.
        switches: option as on the command line -> whether it was given, of those that need one process.
        streams: a photo comes from standard input, or a result goes to standard output.

    Raises:
        UsageError: something is not possible there.
    """
    given = next((name for name, value in switches.items() if value), None)
    if given is not None:
        raise UsageError(f"{given} cannot be used with --ray: the photos are done on other machines.")
    if streams:
        raise UsageError("--ray reads and writes files: - for standard input and output cannot be used with it.")
    if not isinstance(model, ModelOptions):
        raise UsageError("With ray, model is a name or a weights file, which each worker loads; it cannot be sent.")
    for feature in features:
        if getattr(feature, "report", None) is not None:
            raise UsageError(
                "--report cannot be used with --ray: use --save-detections FILE, and then maskseg render FILE PHOTOS "
                "--report."
            )
    for transform in transforms:
        if hasattr(transform, "reset") or isinstance(transform, Lookahead):
            raise UsageError(
                f"The transform {type(transform).__name__} keeps state from photo to photo, which ray cannot: each "
                "worker does other photos."
            )
    for sink in sinks:
        if sink.on_cluster is None:
            raise UsageError(f"The sink {type(sink).__name__} does not say with on_cluster who calls it with ray.")
    for one in (*transforms, *sinks):
        try:
            pickle.dumps(one)
        except Exception as error:
            raise UsageError(f"{one!r} cannot be sent to the workers of ray: {error}.") from error


def check_own_files(files: Iterable[Path | None]) -> None:
    """Checks that the files that the program itself writes are not on a storage.

    Raises:
        UsageError: one is.
    """
    for path in files:
        if path is not None and _STORED.match(str(path)):
            raise UsageError(f"{path} is on a storage, where --ray writes photos only: name a file on this machine.")
