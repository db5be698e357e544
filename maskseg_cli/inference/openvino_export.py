"""Writes networks as OpenVINO files: converted, or quantised with photos."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.checkpoints.assign import check_label_count
from maskseg_cli.inference.openvino_cache import convert_checkpoint, converted_network
from maskseg_cli.inference.openvino_file import NetworkInfo, write_ir
from maskseg_cli.inference.quantization import import_nncf, quantize
from maskseg_cli.inference.weights_source import WeightsSource
from maskseg_cli.media.images import read_image
from maskseg_cli.media.input_files import find_sources
from maskseg_cli.media.readable_photos import readable_photos
from maskseg_cli.model.openvino_parts import join
from maskseg_cli.reporter import Reporter


def export_network(
    source: Path, target: Path, dtype: str = "float16", class_names: Sequence[str] | None = None
) -> None:
    """Converts a weights file to OpenVINO's .xml and .bin.

    Args:
        source: a weights file.
        target: the .xml file; the .bin lies beside it.
        dtype: "float16" or "float32", how the weights are stored; float16 is half the size.
        class_names: to put into the file, background first; None: those of the source.

    Raises:
        MasksegError: the source cannot be read or is not sound, or the target cannot be written.
    """
    weights = WeightsSource(source)
    names = _checked_names(weights, class_names)
    model = convert_checkpoint(weights, weights.config)
    write_ir(model, target, NetworkInfo(weights.config, names, weights.digest), compress=dtype == "float16")


def export_quantized(
    source: Path,
    target: Path,
    photos: Sequence[str],
    limit: int,
    class_names: Sequence[str] | None = None,
    reporter: Reporter | None = None,
    with_mask_head: bool = True,
) -> None:
    """Quantises a weights file to int8 and writes it as OpenVINO's .xml and .bin.

    Args:
        source, target, class_names: as for `export_network`.
        photos: files, folders or patterns.
        limit: at most so many photos, spread evenly over all of them.
        reporter: told of the progress.
        with_mask_head: False leaves the mask head out of the file, which is not quantised: for a file that lies beside
            the network in floating point, from which it is taken (`openvino_cache.bundled_network`).

    Raises:
        MasksegError: as `export_network`; NNCF is not installed; there are no photos, or one cannot be read.
    """
    reporter = reporter or Reporter()
    import_nncf()  # before any work
    weights = WeightsSource(source)
    names = _checked_names(weights, class_names)
    paths = [found.path for found in readable_photos(find_sources(photos), reporter) if found.path is not None]
    chosen = [paths[i] for i in sorted(set(np.linspace(0, len(paths) - 1, min(limit, len(paths))).astype(int)))]
    model = converted_network(weights, weights.config, reporter)
    readers: list[Callable[[], NDArray[np.uint8]]] = [partial(read_image, path) for path in chosen]
    reporter.say(f"Quantising with {len(readers)} photos; this takes minutes.")
    with reporter.progress(len(readers), "photo") as seen:
        parts = quantize(model, weights.config, readers, seen)
    if not with_mask_head:
        del parts["masks"]
    write_ir(join(parts), target, NetworkInfo(weights.config, names, weights.digest, "int8"))


def _checked_names(weights: WeightsSource, class_names: Sequence[str] | None) -> tuple[str, ...] | None:
    names = weights.class_names if class_names is None else tuple(class_names)
    check_label_count(f"The weights file {weights.path.name}", weights.config, names)
    return names
