"""maskseg's own weight file: one .npz with arrays, configuration, class names and provenance.

Member "maskseg.json" describes the network; every other member is an array in NumPy's own format, so that
`numpy.load` opens the file too. It cannot run code: there are no pickles in it.
"""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.checkpoints.checkpoint import Checkpoint
from maskseg_cli.checkpoints.mask_rcnn2go import from_mask_rcnn2go, is_mask_rcnn2go
from maskseg_cli.checkpoints.npz_archive import NpzArchive
from maskseg_cli.checkpoints.size_limit import check_size
from maskseg_cli.checkpoints.sniff import identify
from maskseg_cli.config import MASK_RCNN2GO, MaskRCNNConfig
from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.media.atomic_file import atomic_path

FORMAT = "maskseg checkpoint"
VERSION = 1
DTYPES = ("float16", "float32")
_DESCRIPTION = "maskseg.json"
_MOST_DESCRIPTION = 1 << 22
_NEWER = "was made by a newer maskseg"


def write_checkpoint(path: str | Path, checkpoint: Checkpoint, dtype: str = "float16") -> None:
    """Writes a checkpoint as one file; the same content gives the same bytes.

    Args:
        path: any name; the ending .npz is usual. A file of that name is replaced once the new one is
            complete.
        checkpoint: what to write.
        dtype: "float16" or "float32" for the kernels. Biases and batch-norm statistics stay float32: they are
            few, and a variance can be too large for float16.

    Raises:
        MasksegError: the file cannot be written, or a value is not finite or too large for float16.
        UsageError: another dtype.
    """
    if dtype not in DTYPES:
        raise UsageError(f"Weights are stored as float16 or float32, not {dtype}.")
    described = {
        "format": FORMAT,
        "version": VERSION,
        "dtype": dtype,
        "config": checkpoint.config.to_dict(),
        "class_names": checkpoint.class_names,
        "provenance": dict(sorted(checkpoint.provenance.items())),
    }
    with atomic_path(path) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        archive.writestr(_member(_DESCRIPTION), json.dumps(described, indent=1, ensure_ascii=False) + "\n")
        for name in sorted(checkpoint.arrays):
            array = _stored(name, checkpoint.arrays[name], dtype)
            with archive.open(_member(f"{name}.npy"), "w", force_zip64=True) as stream:
                np.lib.format.write_array(stream, array, allow_pickle=False)


def _member(name: str) -> zipfile.ZipInfo:
    """A zip entry without the time and without properties of the machine."""
    info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    info.compress_type = zipfile.ZIP_DEFLATED
    info.create_system = 3
    info.external_attr = 0o644 << 16
    return info


def _stored(name: str, array: NDArray[Any], dtype: str) -> NDArray[Any]:
    kind = np.dtype("<f2" if dtype == "float16" and array.ndim > 1 else "<f4")
    if not np.isfinite(array).all():
        raise MasksegError(f"{name} holds values that are not finite (NaN or infinity), so it is not written.")
    with np.errstate(over="ignore"):
        stored = np.ascontiguousarray(array).astype(kind).reshape(array.shape)
    if not np.isfinite(stored).all():
        largest = float(np.abs(array).max())
        raise MasksegError(f"{name} holds {largest:.6g}, which is too large for {kind.name}: write float32.")
    return stored


def read_npz(path: str | Path) -> Checkpoint:
    """Reads maskseg's own file, or an .npz of Mask R-CNN2Go's weights.

    Raises:
        MasksegError: damaged, made by a newer version, or arrays of another kind.
    """
    path = Path(path)
    with NpzArchive(path) as archive:
        names = archive.names
        described = _described(path, archive) if _DESCRIPTION in archive.members else None
        if described is None and not is_mask_rcnn2go(names):
            if path.name == "state.npz" and any(name.startswith("model/") for name in names):
                raise MasksegError(f"{path} is the saved state of a training: its weights are in last.npz beside it.")
            some = ", ".join(names[:3])
            raise MasksegError(f"{path} is an .npz file of arrays ({some}, ...) that maskseg did not write.")
        headers = {name: archive.header(name) for name in names}
        strange = [name for name, header in headers.items() if header.dtype.kind != "f"]
        if strange:
            raise MasksegError(f"{path} is damaged: {strange[0]} is not of floating-point numbers.")
        config = None if described is None else _config(path, described.get("config"))
        check_size(path, config or MASK_RCNN2GO, [header.size for header in headers.values()])
        if described is None or config is None:
            return from_mask_rcnn2go(path, {name: archive.array(name) for name in names})
        return Checkpoint(
            arrays={name: archive.array(name).astype(np.float32, copy=False) for name in names},
            config=config,
            class_names=_class_names(path, described),
            provenance=_provenance(path, described),
            kind="maskseg",
            stored_dtype=str(described.get("dtype", "float32")),
        )


def read_description(path: str | Path) -> tuple[MaskRCNNConfig, tuple[str, ...] | None] | None:
    """Reads the config and the class names of maskseg's own file, without its arrays; None: a file of another kind.

    Raises:
        MasksegError: damaged, made by a newer version, or a config that cannot be used.
    """
    path = Path(path)
    if identify(path) != "npz":
        return None
    with NpzArchive(path) as archive:
        if _DESCRIPTION not in archive.members:
            return None
        described = _described(path, archive)
    return _config(path, described.get("config")), _class_names(path, described)


def _class_names(path: Path, described: dict[str, Any]) -> tuple[str, ...] | None:
    names = described.get("class_names")
    if names is None:
        return None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise MasksegError(f"{path} is damaged: its class names are not a list of texts.")
    return tuple(names)


def _provenance(path: Path, described: dict[str, Any]) -> dict[str, str]:
    fields = described.get("provenance") or {}
    if not isinstance(fields, dict):
        raise MasksegError(f"{path} is damaged: its provenance is not a table of texts.")
    return {str(key): str(value) for key, value in fields.items()}


def _described(path: Path, archive: NpzArchive) -> dict[str, Any]:
    try:
        described = json.loads(archive.text(_DESCRIPTION, _MOST_DESCRIPTION))
    except (ValueError, RecursionError) as error:
        reason = "brackets in brackets without an end" if isinstance(error, RecursionError) else str(error)
        raise MasksegError(f"{path} is damaged ({_DESCRIPTION}: {reason}); fetch or copy it again.") from None
    if not isinstance(described, dict) or described.get("format") != FORMAT:
        raise MasksegError(f"{path} has a {_DESCRIPTION} that is not maskseg's.")
    version = described.get("version")
    if not isinstance(version, int) or version > VERSION:
        raise MasksegError(
            f"{path} {_NEWER} (file format {version}, this one reads up to {VERSION}): install the newest maskseg."
        )
    return described


def _config(path: Path, options: Any) -> MaskRCNNConfig:
    if not isinstance(options, dict):
        raise MasksegError(f"{path} is damaged: it does not describe its network.")
    unknown = sorted(set(options) - set(MaskRCNNConfig().to_dict()))
    if unknown:
        raise MasksegError(
            f"{path} {_NEWER}: it sets {', '.join(unknown[:3])}, which this version does not know; install "
            "the newest maskseg."
        )
    try:
        return MaskRCNNConfig(**options)
    except UsageError as error:
        raise MasksegError(f"{path} describes a network that this maskseg cannot build: {error}") from None
