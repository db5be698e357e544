"""OpenVINO's files of converted networks: an .xml with the graph and what it was made from, and a .bin with weights."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openvino

from maskseg_cli.checkpoints.download import file_digest
from maskseg_cli.config import MaskRCNNConfig
from maskseg_cli.errors import MasksegError
from maskseg_cli.media.atomic_file import atomic_path

#: Version of the converted graph and of what is stored with it; a file of another version is made anew.
FORMAT_VERSION = 2

#: Where OpenVINO's files keep what is not theirs.
_SECTION = "maskseg"

_REMEDY = "make it again with `maskseg weights convert`"


@dataclass(frozen=True)
class NetworkInfo:
    """What a converted network was made from.

    Attributes:
        config: the options of the network.
        class_names: index -> name, background first; None where the weights had none.
        weights_sha256: digest of the weights file.
        precision: "float32", or "int8" after quantisation.
    """

    config: MaskRCNNConfig
    class_names: tuple[str, ...] | None
    weights_sha256: str
    precision: str = "float32"


def write_ir(model: openvino.Model, path: Path, info: NetworkInfo, compress: bool = True) -> None:
    """Writes a network as `path` (.xml) and a .bin beside it; the .xml appears last and holds the .bin's digest.

    Args:
        compress: store float32 weights as float16, half the size.

    Raises:
        MasksegError: the files cannot be written.
    """
    stored = {
        "config": info.config.to_dict(),
        "class_names": info.class_names,
        "weights_sha256": info.weights_sha256,
        "precision": info.precision,
    }
    model = model.clone()
    model.set_rt_info(str(FORMAT_VERSION), [_SECTION, "format"])
    model.set_rt_info(json.dumps(stored), [_SECTION, "network"])
    with atomic_path(path) as xml, atomic_path(path.with_suffix(".bin")) as weights:
        # OpenVINO names the second file after the first.
        made = weights.with_suffix(".xml")
        try:
            _save(model, made, compress)
            model.set_rt_info(file_digest(made.with_suffix(".bin"), "sha256"), [_SECTION, "bin_sha256"])
            _save(model, made, compress)
            made.with_suffix(".bin").replace(weights)
            made.replace(xml)
        finally:
            made.unlink(missing_ok=True)
            made.with_suffix(".bin").unlink(missing_ok=True)


def _save(model: openvino.Model, path: Path, compress: bool) -> None:
    try:
        openvino.save_model(model, path, compress_to_fp16=compress)
    except RuntimeError as error:
        raise OSError(None, str(error).strip().splitlines()[-1]) from error


def read_ir(path: Path) -> tuple[openvino.Model, NetworkInfo]:
    """Reads a network that `write_ir` has written.

    Raises:
        MasksegError: a file is missing, damaged, of another version, or not maskseg's.
    """
    weights = path.with_suffix(".bin")
    for file in (path, weights):
        if not file.is_file():
            raise MasksegError(f"There is no {file}: an OpenVINO network is an .xml file and a .bin file beside it.")
    try:
        model = openvino.Core().read_model(path)
    except RuntimeError as error:
        reason = str(error).strip().splitlines()[-1]
        raise MasksegError(f"{path} is damaged or no OpenVINO network ({reason}): {_REMEDY}.") from None
    if not model.has_rt_info([_SECTION, "network"]):
        raise MasksegError(f"{path} is an OpenVINO model that maskseg has not made: give its weights file instead.")
    version = _text(model, "format")
    if version != str(FORMAT_VERSION):
        raise MasksegError(f"{path} has the format {version}, and this maskseg reads {FORMAT_VERSION}: {_REMEDY}.")
    if _text(model, "bin_sha256") != file_digest(weights, "sha256"):
        raise MasksegError(f"{weights} is damaged or does not belong to {path.name}: {_REMEDY}.")
    try:
        stored: dict[str, Any] = json.loads(_text(model, "network"))
        names = stored["class_names"]
        return model, NetworkInfo(
            MaskRCNNConfig(**stored["config"]),
            None if names is None else tuple(map(str, names)),
            str(stored["weights_sha256"]),
            str(stored["precision"]),
        )
    except (ValueError, KeyError, TypeError, MasksegError) as error:
        raise MasksegError(f"{path} does not describe its network ({error}): {_REMEDY}.") from None


def _text(model: openvino.Model, name: str) -> str:
    return str(model.get_rt_info([_SECTION, name]).astype(str)) if model.has_rt_info([_SECTION, name]) else ""
