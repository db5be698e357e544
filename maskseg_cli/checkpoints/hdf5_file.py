"""`Hdf5File`: the groups, texts and arrays of an HDF5 file, read by another process.

The HDF5 library crashes on some damaged files, and files can point at other files of the computer; see `hdf5_child.py`.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.errors import MasksegError

_CHILD = Path(__file__).with_name("hdf5_child.py")

#: A file's structure in more bytes than this is no network's.
_MOST_STRUCTURE = 1 << 26

#: Links that a path may go through, and groups in each other.
_MOST_LINKS = 16
MOST_DEPTH = 64


@dataclass(frozen=True)
class Dataset:
    """An array in a file, not yet read.

    Attributes:
        address: tells it from all others of the file.
        shape: its shape.
        dtype: as NumPy writes it, such as "<f4"; empty: it does not hold numbers.
        offset: where in the file its bytes lie, one after the other; None: in pieces, or packed.
    """

    address: int
    shape: tuple[int, ...]
    dtype: str
    offset: int | None = None

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of values."""
        return math.prod(self.shape)


@dataclass(frozen=True)
class Group:
    """A group in a file.

    Attributes:
        address: tells it from all others of the file.
        texts: attributes that are texts or lists of texts, as a list: layer_names, weight_names (each whole, though
            Keras spreads long ones over several attributes), keras_version, name.
    """

    address: int
    texts: dict[str, list[str]]
    _links: dict[str, Any]
    _file: Hdf5File

    def get(self, path: str) -> Group | Dataset | None:
        """What lies at a path such as "conv1/kernel:0", through soft links too; None: nothing of use."""
        return self._file._resolve(self, path, _MOST_LINKS)

    def group(self, path: str) -> Group | None:
        """The group at a path; None: there is none."""
        found = self.get(path)
        return found if isinstance(found, Group) else None

    def children(self) -> Iterator[tuple[str, Group | Dataset]]:
        """Name and object of each link, without soft links."""
        for name, target in self._links.items():
            found = self._file._object(target) if isinstance(target, int) else None
            if found is not None:
                yield name, found

    def datasets(self) -> Iterator[tuple[str, Dataset]]:
        """Path and dataset of everything below this group, each dataset once, without soft links."""
        seen = {self.address}
        waiting: list[tuple[str, Group]] = [("", self)]
        while waiting:
            prefix, group = waiting.pop()
            for name, item in group.children():
                if item.address in seen:
                    continue
                seen.add(item.address)
                if isinstance(item, Dataset):
                    yield prefix + name, item
                else:
                    waiting.append((f"{prefix}{name}/", item))


class Hdf5File:
    """An HDF5 file that is open in another process. Used as a context manager.

    Args:
        path: the file.

    Attributes:
        root: the file's first group.

    Raises:
        MasksegError: the file is damaged, or points at other files.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._process = subprocess.Popen(
            [sys.executable, str(_CHILD), os.path.realpath(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
        )
        try:
            structure = self._answer()
            self._objects: dict[str, Any] = structure["objects"]
            root = self._object(structure["root"])
            assert isinstance(root, Group)
            self.root = root
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Hdf5File:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the other process."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                cast(IO[bytes], stream).close()

    def read(self, dataset: Dataset) -> NDArray[Any]:
        """The values of a dataset.

        Raises:
            MasksegError: they are damaged.
        """
        array: NDArray[Any] = np.empty(dataset.shape, np.dtype(dataset.dtype))
        if not array.size:
            return array
        rest = memoryview(cast(Any, array.reshape(-1))).cast("B")
        if dataset.offset is not None:
            # Read here, without the HDF5 library: half the time of a large file.
            with self._path.open("rb") as stream:
                if dataset.offset + array.nbytes > os.fstat(stream.fileno()).st_size:
                    raise MasksegError(f"{self._path} is damaged: an array in it goes beyond its end.")
                stream.seek(dataset.offset)
                stream.readinto(rest)
            return array
        control = cast(IO[bytes], self._process.stdin)
        with contextlib.suppress(BrokenPipeError):  # `_answer` says why
            control.write(f"{dataset.address} {array.nbytes}\n".encode())
            control.flush()
        self._answer()
        answers = cast(IO[bytes], self._process.stdout)
        while rest:
            count = answers.readinto(rest)  # type: ignore[attr-defined]
            if not count:
                raise MasksegError(self._ended())
            rest = rest[count:]
        return array

    def _answer(self) -> dict[str, Any]:
        stream = cast(IO[bytes], self._process.stdout)
        head = stream.read(8)
        size = int.from_bytes(head, "little")
        if len(head) < 8:
            raise MasksegError(self._ended())
        if size > _MOST_STRUCTURE:
            raise MasksegError(f"{self._path} has too many parts for a weights file.")
        data = stream.read(size)
        if len(data) < size:
            raise MasksegError(self._ended())
        answer: dict[str, Any] = json.loads(data)
        if "refused" in answer:
            raise MasksegError(f"{self._path} {answer['error']}")
        if "error" in answer:
            reason = " ".join(str(answer["error"]).split())[:300]
            raise MasksegError(f"{self._path} is a damaged HDF5 file ({reason}); fetch or copy it again.")
        return answer

    def _ended(self) -> str:
        """Why the other process ended too early."""
        code = self._process.wait()
        if code == -getattr(signal, "SIGXCPU", 0):
            return f"{self._path} is damaged: the HDF5 library comes to no end with it; fetch or copy it again."
        return f"{self._path} is damaged: the HDF5 library crashed on it; fetch or copy it again."

    def _object(self, address: int) -> Group | Dataset | None:
        found = self._objects.get(str(address), {})
        if "links" in found:
            return Group(address, found["texts"], found["links"], self)
        if "dtype" in found:
            return Dataset(address, tuple(found["shape"]), found["dtype"], found.get("offset"))
        return None

    def _resolve(self, group: Group, path: str, links: int) -> Group | Dataset | None:
        here: Group | Dataset | None = self.root if path.startswith("/") else group
        for part in filter(None, path.split("/")):
            if not isinstance(here, Group) or part not in here._links:
                return None
            target = here._links[part]
            if isinstance(target, int):
                here = self._object(target)
            else:
                here = self._resolve(here, target, links - 1) if links else None
        return here


def _environment() -> dict[str, str]:
    """That of this process, but without what makes the HDF5 library load program files, and with one thread."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HDF5_")}
    # "::" is the library's own word for no plug-ins at all.
    return {**kept, "HDF5_PLUGIN_PRELOAD": "::", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
