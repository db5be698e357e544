"""Networks as OpenVINO's files: .xml with the graph and what describes the network, .bin beside it with the weights."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import openvino

from maskseg_cli.checkpoints.download import file_digest
from maskseg_cli.config import MaskRCNNConfig
from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.inference.openvino_stages import split
from maskseg_cli.media.atomic_file import UnfinishedFile

#: Of the description; a reader refuses larger numbers.
VERSION = 1

#: Where the .xml file has the description: rt_info, under this name.
_KEY = "maskseg"


@dataclass(frozen=True)
class NetworkDescription:
    """What an .xml file says about its network.

    Attributes:
        config: the network's options.
        class_names: background first; None: not known.
        weights_sha256: hexadecimal digest of the weights file that the network was made from.
        precision: "float32" or "float16", of the stored weights; "int8": some layers are quantised.
    """

    config: MaskRCNNConfig
    class_names: tuple[str, ...] | None
    weights_sha256: str
    precision: str = "float32"


def write_ir(model: openvino.Model, path: str | Path, description: NetworkDescription) -> None:
    """Writes a converted network as `path` and, beside it, its .bin file; existing files are replaced.

    Whatever interrupts it, `read_ir` accepts only an .xml and a .bin that belong together.

    Args:
        model: from `maskseg_cli.model.openvino_conversion.convert`; the description is added to it.
        path: ends in .xml.
        description: with precision "float16" the weights are stored in half the size.

    Raises:
        MasksegError: the files cannot be written.
        UsageError: `path` does not end in .xml.
    """
    path = Path(path)
    if path.suffix.lower() != ".xml":
        raise UsageError(f"OpenVINO's files end in .xml, which {path.name} does not.")
    unfinished: list[UnfinishedFile] = []
    try:
        weights, graph = (UnfinishedFile(name) for name in (weights_file(path), path))
        unfinished += [weights, graph]
        with tempfile.TemporaryDirectory(prefix=".maskseg-", dir=path.parent) as folder:
            _save(model, Path(folder), description)
            shutil.move(Path(folder) / "network.bin", weights.temporary)
            shutil.move(Path(folder) / "network.xml", graph.temporary)
        # Between the two renames the pair does not match, and the digest in the old .xml shows it.
        weights.rename()
        graph.rename()
    except (OSError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or str(error).strip().splitlines()[-1]
        raise MasksegError(f"{path} cannot be written: {reason}.") from error
    finally:
        for file in unfinished:
            file.discard()


def read_ir(path: str | Path) -> tuple[openvino.Model, NetworkDescription]:
    """Reads a network that `write_ir` wrote.

    Raises:
        MasksegError: a file is missing, damaged, of another program or of a newer maskseg.
    """
    path = Path(path)
    weights = weights_file(path)
    for file in (path, weights):
        if not file.is_file():
            belongs = "" if file is path else f", which belongs to {path.name}"
            raise MasksegError(f"There is no file {file}{belongs}.")
    try:
        model = openvino.Core().read_model(str(path), str(weights))
    except (RuntimeError, OSError) as error:
        raise MasksegError(f"{path} is damaged or not a network in OpenVINO's format; make it again.") from error
    if _KEY not in model.get_rt_info():
        raise MasksegError(f"{path} is a network of OpenVINO that maskseg did not write.")
    described = _described(path, model)
    if described.get("bin_sha256") != file_digest(weights, "sha256"):
        raise MasksegError(f"{weights} is damaged or belongs to another file than {path.name}; make them again.")
    description = _description(path, described)
    split(model)  # refuses what lacks a part
    return model, description


def weights_file(path: str | Path) -> Path:
    """The .bin file that belongs to an .xml file."""
    return Path(path).with_suffix(".bin")


def _save(model: openvino.Model, folder: Path, description: NetworkDescription) -> None:
    """Writes network.xml and network.bin; the .xml holds the digest of the .bin, so it is written twice."""
    described: dict[str, Any] = asdict(description) | {"version": VERSION, "config": description.config.to_dict()}
    for _ in range(2):
        model.set_rt_info(json.dumps(described, sort_keys=True), [_KEY, "network"])
        openvino.save_model(model, folder / "network.xml", compress_to_fp16=description.precision == "float16")
        described["bin_sha256"] = file_digest(folder / "network.bin", "sha256")


def _described(path: Path, model: openvino.Model) -> Mapping[str, Any]:
    """The description in the graph's rt_info, as it was written."""
    try:
        described = json.loads(str(model.get_rt_info([_KEY, "network"]).value))
        version = int(described["version"])
    except (RuntimeError, ValueError, KeyError, TypeError) as error:
        raise MasksegError(f"{path} is damaged: it does not describe its network; make it again.") from error
    if version > VERSION:
        raise MasksegError(
            f"{path} was made by a newer maskseg (file format {version}, this one reads up to {VERSION}): install the "
            "newest maskseg."
        )
    return described


def _description(path: Path, described: Mapping[str, Any]) -> NetworkDescription:
    try:
        names = described["class_names"]
        return NetworkDescription(
            MaskRCNNConfig(**described["config"]),
            None if names is None else tuple(map(str, names)),
            str(described["weights_sha256"]),
            str(described["precision"]),
        )
    except (KeyError, TypeError, ValueError, UsageError) as error:
        raise MasksegError(f"{path} describes a network that this maskseg cannot build: {error}") from error
