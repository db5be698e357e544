"""OpenVINO's files of converted networks: an .xml with the graph and what it was made from, and a .bin with weights."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openvino

from maskseg_cli.checkpoints.download import file_digest
from maskseg_cli.config import MaskRCNNConfig
from maskseg_cli.errors import MasksegError, last_line
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
        raise OSError(None, last_line(error)) from error


def read_ir(path: Path) -> tuple[openvino.Model, NetworkInfo]:
    """Reads a network that `write_ir` has written.

    Raises:
        MasksegError: a file is missing, damaged, of another version, or not maskseg's.
    """
    weights = path.with_suffix(".bin")
    for file in (path, weights):
        if not file.is_file():
            raise MasksegError(f"There is no {file}: an OpenVINO network is an .xml file and a .bin file beside it.")
    _check_head(path)
    try:
        model = openvino.Core().read_model(path)
        known = model.has_rt_info([_SECTION, "network"])
        version, digest, described = (_text(model, name) for name in ("format", "bin_sha256", "network"))
    except UnicodeDecodeError:  # OpenVINO quotes the file in its message
        raise MasksegError(f"{path} is damaged or no OpenVINO network (its text is not UTF-8): {_REMEDY}.") from None
    except RuntimeError as error:
        raise MasksegError(f"{path} is damaged or no OpenVINO network ({last_line(error)}): {_REMEDY}.") from None
    if not known:
        raise MasksegError(f"{path} is an OpenVINO model that maskseg has not made: give its weights file instead.")
    if version != str(FORMAT_VERSION):
        raise MasksegError(f"{path} has the format {version}, and this maskseg reads {FORMAT_VERSION}: {_REMEDY}.")
    if digest != file_digest(weights, "sha256"):
        raise MasksegError(f"{weights} is damaged or does not belong to {path.name}: {_REMEDY}.")
    try:
        stored: dict[str, Any] = json.loads(described)
        names = stored["class_names"]
        if names is not None and not (isinstance(names, list) and all(isinstance(name, str) for name in names)):
            raise ValueError("its class names are not a list of texts")
        return model, NetworkInfo(
            MaskRCNNConfig(**stored["config"]),
            None if names is None else tuple(names),
            str(stored["weights_sha256"]),
            str(stored["precision"]),
        )
    except (ValueError, KeyError, TypeError, RecursionError, MasksegError) as error:
        raise MasksegError(f"{path} does not describe its network ({error}): {_REMEDY}.") from None


def _check_head(path: Path) -> None:
    """Refuses what is no network in XML: OpenVINO would take it for a model of another program and read it as that.

    A document type could name other files.
    """
    try:
        with path.open("rb") as stream:
            head = stream.read(4096)
    except OSError as error:
        raise MasksegError(f"{path} cannot be read ({error.strerror}).") from None
    if not head.lstrip().startswith((b"<?xml", b"<net")) or b"<net" not in head or b"<!DOCTYPE" in head:
        raise MasksegError(f"{path} is no OpenVINO network: {_REMEDY}.")


def _text(model: openvino.Model, name: str) -> str:
    return str(model.get_rt_info([_SECTION, name]).astype(str)) if model.has_rt_info([_SECTION, name]) else ""
