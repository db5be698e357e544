"""Conversion of one kind of weight file into another, with its origin and class names."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from maskseg_cli import __version__
from maskseg_cli.checkpoints.assign import check_fits, check_labels, expected_shapes
from maskseg_cli.checkpoints.checkpoint import Checkpoint
from maskseg_cli.checkpoints.download import file_digests
from maskseg_cli.checkpoints.matterport import check_matterports, write_matterport
from maskseg_cli.checkpoints.native import write_checkpoint
from maskseg_cli.checkpoints.reading import read_checkpoint
from maskseg_cli.checkpoints.registry import IR_SUFFIX
from maskseg_cli.checkpoints.releases import ALGORITHMS, release_of
from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.media.outputs import check_file_writable

HDF5_SUFFIXES = (".h5", ".hdf5")


def check_target(source: Path, target: Path, overwrite: bool) -> None:
    """Refuses a target that would overwrite another file or that has an unknown ending.

    Raises:
        UsageError: the source itself, a folder, or another ending than .npz, .h5, .hdf5 and .xml.
        MasksegError: the file exists and is not to be overwritten, or its folder cannot be written.
    """
    if target.suffix.lower() not in (".npz", *HDF5_SUFFIXES, IR_SUFFIX):
        raise UsageError(
            f"The output {target} ends neither in .npz (maskseg's own file), nor in .h5 (Matterport's), nor in .xml "
            "(OpenVINO's)."
        )
    if target.is_dir():
        raise UsageError(f"The output {target} is a folder: name a file.")
    if target.exists() and os.path.samefile(source, target):
        raise UsageError(f"{target} is the input itself, which is never overwritten: name another output.")
    if target.exists() and not overwrite:
        raise MasksegError(f"{target} exists already: --overwrite replaces it.")
    check_file_writable(target)


def check_settings(target: Path, settings: Mapping[str, Any]) -> None:
    """Refuses options for a kind of file that does not hold them or was computed without them.

    Raises:
        UsageError: there are options, and the target is not maskseg's own file.
    """
    if settings and target.suffix.lower() != ".npz":
        raise UsageError(
            f"Options can be set in maskseg's own files only, not in {target}: convert to .npz with --set, and that "
            "file again."
        )


def convert(
    source: Path,
    target: Path,
    dtype: str | None = None,
    labels: Sequence[str] | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Checkpoint:
    """Reads any kind of file and writes maskseg's own, or Matterport's where the target ends in .h5.

    The weights are compared with the network first: only complete and finite ones are written.

    Args:
        source: a weight file.
        target: its ending decides the kind.
        dtype: "float16" (the default) or "float32" for maskseg's own file; Matterport's is always float32.
        labels: class names to put into the file, background first.
        settings: options of `MaskRCNNConfig` to put into maskseg's own file.

    Returns:
        The checkpoint as it was written.

    Raises:
        MasksegError: the source cannot be read or is not sound, it does not fit into the kind of file, or the target
            cannot be written.
        UsageError: float16 or options for a Matterport file, or an option that does not exist.
    """
    check_settings(target, settings or {})
    hdf5 = target.suffix.lower() in HDF5_SUFFIXES
    if hdf5 and dtype == "float16":
        raise UsageError("Matterport's .h5 files hold float32 only: leave out --dtype float16.")
    checkpoint = read_checkpoint(source)
    if settings:
        checkpoint = dataclasses.replace(checkpoint, config=checkpoint.config.replace(**settings))
    check_labels(checkpoint, labels)
    if hdf5:
        check_matterports(str(source), checkpoint.config)
    check_fits(checkpoint, expected_shapes(checkpoint.config))
    if labels is not None:
        checkpoint = dataclasses.replace(checkpoint, class_names=tuple(labels))
    if hdf5:
        write_matterport(target, checkpoint)
        return checkpoint
    checkpoint = dataclasses.replace(checkpoint, provenance=_provenance(source, checkpoint), kind="maskseg")
    write_checkpoint(target, checkpoint, dtype or "float16")
    return checkpoint


def _provenance(source: Path, checkpoint: Checkpoint) -> dict[str, str]:
    """The source's own provenance, and the name and digest of the file."""
    known = dict(checkpoint.provenance)
    if checkpoint.kind != "maskseg":  # our own files have an entry "origin" already
        known["origin"] = known.pop("made_by", checkpoint.kind)
    digests = file_digests(source, ALGORITHMS)
    release = release_of(digests)
    if release is not None:
        known["origin"] = f"{release.name}, {release.address}"
        known["licence"] = release.licence
    known["made_by"] = f"maskseg {__version__}, weights convert"
    known["source_file"] = source.name
    known["source_sha256"] = digests["sha256"]
    return known
