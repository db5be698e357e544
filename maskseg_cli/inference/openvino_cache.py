"""Converted networks: the bundled ones beside their weights, and those made at first use in the user's cache."""

from __future__ import annotations

import contextlib
import hashlib
import json
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from maskseg_cli.checkpoints import apply_checkpoint
from maskseg_cli.config import MaskRCNNConfig
from maskseg_cli.errors import MasksegError
from maskseg_cli.inference.openvino_file import FORMAT_VERSION, NetworkInfo, read_ir, write_ir
from maskseg_cli.inference.weights_source import WeightsSource, networks_folder
from maskseg_cli.model.openvino_parts import join, split
from maskseg_cli.reporter import Reporter

if TYPE_CHECKING:
    import openvino

#: End of the name of a quantised network beside the one that it was made from.
INT8_SUFFIX = "-int8.xml"


def converted_network(source: WeightsSource, config: MaskRCNNConfig, reporter: Reporter) -> openvino.Model:
    """Finds the network of a weights file as OpenVINO's, or converts it, which takes seconds to a minute.

    Args:
        source: the weights file.
        config: the options with which it is used; those that shape the graph count.
        reporter: told when a network is converted.

    Raises:
        MasksegError: the weights are damaged or do not fit the config.
    """
    bundled = bundled_network(source, config, ".xml")
    if bundled is not None:
        return bundled
    kept = cached_file(source, config)
    found = _read(kept, source, config)
    if found is not None:
        return found
    reporter.say(f"Preparing {source.path.name} for this computer's processor, once; later starts are fast.")
    model = convert_checkpoint(source, config)
    info = NetworkInfo(config, source.class_names, source.digest)
    # A full or read-only disk costs time at the next start, nothing else.
    with contextlib.suppress(MasksegError, OSError):
        write_ir(model, kept, info, compress=False)  # float16 would round what is float32 in the file
    return model


def convert_checkpoint(source: WeightsSource, config: MaskRCNNConfig) -> openvino.Model:
    """Converts a weights file by way of Keras; imports TensorFlow.

    Raises:
        MasksegError: the weights are damaged or do not fit the config.
    """
    from maskseg_cli.model.tensorflow_start import import_tensorflow

    checkpoint = source.checkpoint
    import_tensorflow()
    from maskseg_cli.model.mask_rcnn import MaskRCNN
    from maskseg_cli.model.openvino_conversion import convert

    network = MaskRCNN(config)
    apply_checkpoint(checkpoint, network.named_variables())
    return convert(network)


def bundled_network(source: WeightsSource, config: MaskRCNNConfig, suffix: str) -> openvino.Model | None:
    """The network that lies beside a weights file, if it was made from it; None: there is none.

    The quantised one may lack the mask head, which is not quantised: it is taken from the one in floating point.

    Args:
        suffix: ".xml", or INT8_SUFFIX for the quantised one.
    """
    found = _read(source.path.with_name(source.path.stem + suffix), source, config)
    if found is None or suffix != INT8_SUFFIX:
        return found
    parts = split(found)
    if "masks" not in parts:
        full = bundled_network(source, config, ".xml")
        if full is None:
            return None
        parts["masks"] = split(full)["masks"]
    return join(parts)


def cached_file(source: WeightsSource, config: MaskRCNNConfig) -> Path:
    """Where a converted network is kept; the name depends on the weights, the graph's options, and versions."""
    shape = json.dumps([config.graph, FORMAT_VERSION, version("openvino")], sort_keys=True)
    return networks_folder() / f"{source.digest[:32]}-{hashlib.sha256(shape.encode()).hexdigest()[:16]}.xml"


def _read(path: Path, source: WeightsSource, config: MaskRCNNConfig) -> openvino.Model | None:
    """A network from a file; None where there is none, it is damaged, or it belongs to other weights or options."""
    if not path.is_file():
        return None
    try:
        model, info = read_ir(path)
    except MasksegError:
        return None  # it is made anew
    fits = info.weights_sha256 == source.digest and info.config.graph == config.graph
    return model if fits else None
