"""Detection of a file's format by its content; for files without usable weights, a sentence that says what they are."""

from __future__ import annotations

import os
import re
import stat
import zipfile
from pathlib import Path
from typing import Literal

from maskseg_cli.checkpoints.npz_archive import DAMAGE
from maskseg_cli.errors import MasksegError, UsageError

FileKind = Literal["hdf5", "npz", "pytorch", "safetensors"]

HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_ZIP_SIGNATURE = b"PK\x03\x04"

#: The end of a sentence about pipes, devices and sockets.
NOT_REGULAR = "is no regular file (but a pipe or a device), so it is not read as weights."
_READABLE = "maskseg reads .h5, .npz, .pth, .pkl and .safetensors files with the weights of a Mask R-CNN"


def identify(path: str | Path) -> FileKind:
    """Distinguishes HDF5, npz, PyTorch (and other pickles) and safetensors by their first bytes, never by their names.

    Raises:
        MasksegError: no such file, no permission, a truncated file, or any other kind of file. The sentence
            names what it is (a git-LFS pointer, a web page, an ONNX model, ...) and what to do.
    """
    path = Path(path)
    if path.is_dir():
        raise MasksegError(_folder(path))
    try:
        with open(path, "rb", opener=_without_waiting) as stream:
            status = os.fstat(stream.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise MasksegError(f"{path} {NOT_REGULAR}")
            head, size = stream.read(4096), status.st_size
    except FileNotFoundError:
        raise UsageError(f"There is no weights file {path}.") from None
    except OSError as error:
        raise MasksegError(f"The weights file {path} cannot be read: {error.strerror}.") from None
    if hdf5_offset(path, head, size) is not None:
        _check_hdf5_is_whole(path, size)
        return "hdf5"
    if head.startswith(_ZIP_SIGNATURE):
        return _kind_of_zip(path)
    if is_pickle(head):
        return "pytorch"
    if _is_safetensors(head, size):
        return "safetensors"
    raise MasksegError(f"{path} {_description(path, head)}")


def _without_waiting(path: str, flags: int) -> int:
    """Opens a file; a named pipe too, which otherwise waits until someone writes into it."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def hdf5_offset(path: Path, head: bytes, size: int) -> int | None:
    """The offset of the HDF5 superblock (0, 512, 1024, 2048, ...), or None."""
    offset = 0
    while offset + len(HDF5_SIGNATURE) <= size:
        if head[offset : offset + 8] == HDF5_SIGNATURE:
            return offset
        offset = offset * 2 or 512
        if offset >= len(head):
            return None
    return None


def _check_hdf5_is_whole(path: Path, size: int) -> None:
    """Compares the file's size with the end address in the superblock: a shorter file is truncated."""
    with path.open("rb") as stream:
        stream.seek(hdf5_offset(path, stream.read(4096), size) or 0)
        block = stream.read(96)
    version = block[8] if len(block) > 8 else 255
    if version in (0, 1):
        width, base = (block[13] if len(block) > 13 else 8), (24 if version == 0 else 28)
    else:
        width, base = (block[9] if len(block) > 9 else 8), 12
    # The base address, the free-space (or superblock extension) address, and the end of the file.
    start = base + 2 * width
    end = int.from_bytes(block[start : start + width], "little")
    if len(block) < start + width or size < end < 1 << (8 * width - 1):
        whole = f" of {end:,}" if len(block) >= start + width else ""
        raise MasksegError(
            f"{path} is a truncated HDF5 file: only {size:,}{whole} bytes are here; fetch or copy it again."
        )


def _kind_of_zip(path: Path) -> FileKind:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except DAMAGE:
        raise MasksegError(
            f"{path} is truncated or damaged: it starts like an .npz or .pth file and its end is missing or wrong; "
            "fetch or copy it again."
        ) from None
    if "model.weights.h5" in names and "config.json" in names:
        raise MasksegError(
            f'{path} is a whole Keras 3 model (.keras); save its weights instead: model.save("weights.h5").'
        )
    if any(name.rpartition("/")[2] in _PYTORCH_MEMBERS for name in names):
        return "pytorch"
    if any(name.rpartition("/")[2] == "saved_model.pb" for name in names):
        raise MasksegError(f"{path} {_SAVED_MODEL}")
    inside = [name for name in names if name.lower().endswith((".h5", ".hdf5", ".npz"))]
    if inside:
        raise MasksegError(f"{path} is a zip archive: unpack it and use {inside[0]} in it.")
    if not any(name.endswith(".npy") for name in names):
        raise MasksegError(f"{path} is a zip archive without arrays, not weights: {_READABLE}.")
    return "npz"


def is_pickle(head: bytes) -> bool:
    """Whether a file that starts with these bytes is a pickle: of protocol 2 to 5, or of an older one."""
    if len(head) > 1 and head[0] == 0x80 and 2 <= head[1] <= 5:
        return True
    return _OLD_PICKLE.match(head) is not None


def _is_safetensors(head: bytes, size: int) -> bool:
    """Whether a file starts with the length of a header, and a header in JSON."""
    return (
        head[8:9] == b"{" and head[9:10] in b'"} \n\r\t' and int.from_bytes(head[:8], "little") < 1 << 32 and size > 9
    )


#: A dict of protocol 1; a dict, a list or a tuple of protocol 0; a name of two parts on two lines that is called.
_OLD_PICKLE = re.compile(rb"\}q\0|\(?[dlt]p\d+\n|\(?c[A-Za-z_][\w.]*\n[A-Za-z_][\w.]*\n(p\d+\n|q[\0-\7]|\(|\)R)")

#: Members of zip files that torch.save, torch.jit.save and torch.export.save write.
_PYTORCH_MEMBERS = ("data.pkl", "serialized_exported_program.json", "archive_format")

#: What the first member of the oldest PyTorch files is.
_TAR_MEMBERS = (b"sys_info", b"pickle", b"tensors", b"storages")

_SAVED_MODEL = (
    "is a TensorFlow SavedModel, a frozen graph without Matterport's layer names: "
    "use the .h5 weights that it was exported from."
)
_ONNX = "is an ONNX model: use the .h5 weights that it was exported from."

#: First bytes -> what the file is; tried in this order.
_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (
        b"version https://git-lfs.github.com/spec/",
        "is only a git-LFS pointer, a text in place of the real file: run `git lfs pull` there, or "
        "download the file itself.",
    ),
    (b"\x93NUMPY", f"is a single NumPy array (.npy), not a network's weights: {_READABLE}."),
    (b"\x1f\x8b", "is a gzip archive: unpack it and use the file inside."),
    (b"7z\xbc\xaf\x27\x1c", "is a 7-Zip archive: unpack it and use the file inside."),
    (b"Rar!", "is a RAR archive: unpack it and use the file inside."),
    (b"PK\x05\x06", "is an empty zip archive, not weights."),
    (b"\xff\xd8\xff", f"is a picture, not weights: {_READABLE}."),
    (b"\x89PNG", f"is a picture, not weights: {_READABLE}."),
)


def _description(path: Path, head: bytes) -> str:
    """The rest of a sentence that starts with the file's name."""
    if not head:
        return "is empty: the download or copy never began; fetch or copy it again."
    for signature, sentence in _SIGNATURES:
        if head.startswith(signature):
            return sentence
    if not head.strip(b"\0"):
        return "holds only zeros: a copy or download that was never filled; fetch or copy it again."
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if is_html(head):
        return (
            "is a web page (HTML), not weights: the download led to a login or error page; fetch it again, "
            "or download the file with a browser."
        )
    if text.startswith((b"<?xml", b"<net")) and b"<net " in text:
        return (
            "is a converted network of OpenVINO, which --weights takes; its arrays are in the .npz or .h5 file that "
            "it was made from."
        )
    if text.startswith((b"{", b"[")) and _is_text(head):
        return f"is a JSON text, not weights: {_READABLE}."
    if head[4:8] == b"TFL3":
        return "is a TensorFlow Lite model: use the .h5 weights that it was made from."
    if head[257:262] == b"ustar" and head[:100].rstrip(b"\0") in _TAR_MEMBERS:
        return (
            "is a PyTorch file of before version 0.2 (a tar archive): save it again with a newer torch: "
            "torch.save(model.state_dict(), ...)."
        )
    if head[257:262] == b"ustar":
        return "is a tar archive: unpack it and use the file inside."
    if path.suffix == ".pb" or head[:2] == b"\x08\x01":
        return _SAVED_MODEL
    if path.suffix == ".onnx" or (head[0] == 0x08 and head[1:2] < b"\x20" and head[2:3] in (b"\x12", b":")):
        return _ONNX
    if path.suffix == ".index" or ".data-0000" in path.name:
        return "is part of a TensorFlow checkpoint (.index and .data files): use Matterport's .h5 weights."
    if len(head) < len(HDF5_SIGNATURE) and HDF5_SIGNATURE.startswith(head):
        return "is a truncated HDF5 file of a few bytes; fetch or copy it again."
    if _is_text(head):
        return f"is a text file, not weights: {_READABLE}."
    return f"is not a weights file that maskseg can read: {_READABLE}."


def is_html(head: bytes) -> bool:
    """Whether a file or answer that starts with these bytes is a web page."""
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith((b"<!doctype html", b"<html", b"<head", b"<body", b"<script", b"<meta")):
        return True
    return text.startswith((b"<?xml", b"<!--", b"<!doctype")) and b"<html" in text


def _is_text(head: bytes) -> bool:
    if any(byte < 9 or 13 < byte < 32 for byte in head):
        return False
    try:
        head[:-4].decode("utf-8")  # the last character may be cut in two
    except UnicodeDecodeError as error:
        return error.start >= len(head) - 8
    return True


def _folder(path: Path) -> str:
    if (path / "saved_model.pb").exists():
        return f"{path} {_SAVED_MODEL}"
    inside = sorted(item.name for item in path.iterdir() if item.suffix in (".h5", ".hdf5", ".npz"))
    hint = f": name a file in it, such as {path / inside[0]}" if inside else f": {_READABLE}"
    return f"{path} is a folder, not a weights file{hint}."
