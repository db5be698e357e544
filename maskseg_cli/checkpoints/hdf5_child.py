"""The process that reads an HDF5 file for `hdf5_file.py`: the HDF5 library crashes on some damaged files.

It is run as a script, ``python hdf5_child.py FILE``, and imports nothing of maskseg, so that it starts fast. It answers
on stdout with JSON objects, each behind its length (8 bytes, little-endian). The first is the whole structure of the
file, or ``{"error": ...}``. Then each line on stdin is the address of a dataset and the bytes that its array takes; the
answer is ``{}`` or ``{"error": ...}``, and after ``{}`` the bytes of the array.

Nothing outside the file is read: it must be a regular file, whatever points elsewhere is refused before any dataset is
read, and after the file is open no other one can be opened (where the system has such limits).
"""

from __future__ import annotations

import json
import os
import signal
import stat
import sys
from typing import Any

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

#: More than any network has; a file with more takes long.
_MOST_OBJECTS = 100_000
_MOST_TEXT = 1 << 24

#: Attributes of groups that are read: texts. Keras splits long lists into layer_names0, layer_names1, ...
_LISTS = ("layer_names", "weight_names")
_TEXTS = ("keras_version", "name")

#: Filters that are part of the HDF5 library and h5py: deflate, shuffle, fletcher32, szip, nbit, scaleoffset, lzf. For
#: any other one the library would look for a program file to load.
_FILTERS = (1, 2, 3, 4, 5, 6, 32000)

#: Seconds of computing for the structure, and for a dataset besides a second for each 10 MB.
_SECONDS = 2
_BYTES_A_SECOND = 10_000_000

#: Memory beside a dataset's own.
_ROOM = 1 << 30


class RefusedError(Exception):
    """The file is sound for HDF5, but maskseg does not read such files; the message goes on behind its name."""


def main() -> None:
    """Answers on stdout, until stdin ends."""
    sys.path.pop(0)  # the folder of this file
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C is for the process that started this one, which ends it
    try:
        import h5py  # the import is in `main` because of sys.path

        with _opened(sys.argv[1]) as stream:
            _warm_up(h5py)
            _limit(0)
            _close_doors()
            with h5py.File(stream, "r") as file:
                reader = _Structure(h5py)
                _send({"root": reader.add(file.id), "objects": reader.walk()})
                for line in sys.stdin.buffer:
                    address, size = map(int, line.split())
                    _send_array(reader.datasets[address], size)
    except BrokenPipeError:
        os._exit(0)
    except RefusedError as error:
        _send({"error": str(error), "refused": True})
    except Exception as error:
        _send({"error": str(error).strip("'\"") or type(error).__name__})
    os._exit(0)  # closing a damaged file can crash too


def _opened(path: str) -> Any:
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        raise RefusedError("is no regular file, so it is not read as weights.")
    return os.fdopen(descriptor, "rb", buffering=0)


def _warm_up(h5py: Any) -> None:
    """Reads a small file in memory, so that everything that Python loads for reading is loaded."""
    with h5py.File("warm-up", "w", driver="core", backing_store=False) as file:
        file.attrs["keras_version"] = "3"
        file.attrs["layer_names"] = [b"a"]
        file["a/kernel"] = [1.0]
        structure = _Structure(h5py)
        structure.add(file.id)
        json.dumps(structure.walk()).encode()
        for dataset in structure.datasets.values():
            _array(dataset, 8)


def _limit(size: int) -> None:
    """Limits memory and time to what a sound file needs, with an array of so many bytes."""
    if resource is None:
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(used.ru_utime + used.ru_stime) + 1 + _SECONDS + size // _BYTES_A_SECOND
    _set_limit(resource.RLIMIT_CPU, seconds)
    try:
        with open("/proc/self/statm") as stream:
            now = int(stream.read().split()[0]) * resource.getpagesize()
    except OSError:  # not Linux, or no more files may be opened: the first limit only grows
        now = 0
    if now:
        _limit.base = now + _ROOM  # type: ignore[attr-defined]
    base = getattr(_limit, "base", 0)
    if base:
        _set_limit(resource.RLIMIT_AS, base + 2 * size)


def _set_limit(kind: int, value: int) -> None:
    most = resource.getrlimit(kind)[1]
    if most != resource.RLIM_INFINITY:
        value = min(value, most)
    resource.setrlimit(kind, (value, most))


def _close_doors() -> None:
    """Makes every further opening of a file fail: of external storage, of filters, of anything."""
    if resource is not None:
        free = os.dup(0)
        os.close(free)
        _set_limit(resource.RLIMIT_NOFILE, free)


class _Structure:
    """The groups and datasets of a file, each once, by the address of its header; no dataset's values are read."""

    def __init__(self, h5py: Any) -> None:
        self._h5py = h5py
        self._waiting: list[tuple[Any, int, str]] = []
        self._objects: dict[int, dict[str, Any]] = {}
        self.datasets: dict[int, Any] = {}

    def add(self, group: Any) -> int:
        """Takes the file's root group."""
        address = int(self._h5py.h5o.get_info(group).addr)
        self._waiting.append((self._h5py.h5o.open(group, b"/"), address, ""))
        return address

    def walk(self) -> dict[int, dict[str, Any]]:
        """Address -> {"links", "texts"} of a group, {"shape", "dtype", "offset"} of a dataset, {} of another object."""
        while self._waiting:
            group, address, name = self._waiting.pop()
            self._objects[address] = self._group(group, name)
        return self._objects

    def _group(self, group: Any, path: str) -> dict[str, Any]:
        names: list[bytes] = []

        def take(name: bytes) -> int | None:
            names.append(name)
            return 1 if len(names) > _MOST_OBJECTS else None

        group.links.iterate(take)
        links: dict[str, Any] = {}
        for name in names:
            links[_text(name)] = self._link(group, name, f"{path}/{_text(name)}")
        return {"links": links, "texts": self._texts(group)}

    def _link(self, group: Any, name: bytes, path: str) -> int | str:
        """The address of a hard link's object, or the path of a soft link."""
        info = group.links.get_info(name)
        if info.type == self._h5py.h5l.TYPE_SOFT:
            return _text(group.links.get_val(name))
        if info.type != self._h5py.h5l.TYPE_HARD:
            raise RefusedError(f"is not read: {path} in it is a link to another file.")
        address = int(info.u)
        if address not in self._objects:
            if len(self._objects) >= _MOST_OBJECTS:
                raise RefusedError(f"is not read: it has more than {_MOST_OBJECTS:,} parts.")
            item = self._h5py.h5o.open(group, name)
            if isinstance(item, self._h5py.h5g.GroupID):
                self._objects[address] = {}
                self._waiting.append((item, address, path))
            elif isinstance(item, self._h5py.h5d.DatasetID):
                self._objects[address] = self._dataset(item, path)
                self.datasets[address] = item
            else:
                self._objects[address] = {}
        return address

    def _dataset(self, dataset: Any, path: str) -> dict[str, Any]:
        h5py, plan = self._h5py, dataset.get_create_plist()
        if plan.get_external_count():
            raise RefusedError(f"is not read: the values of {path} lie in another file.")
        if plan.get_layout() == h5py.h5d.VIRTUAL:
            raise RefusedError(f"is not read: {path} is a virtual dataset, made of parts of other ones.")
        for number in range(plan.get_nfilters()):
            code = plan.get_filter(number)[0]
            if code not in _FILTERS:
                raise RefusedError(f"is not read: {path} is packed with the filter {code}, which needs a plug-in.")
        space = dataset.get_space()
        if space.get_simple_extent_type() == h5py.h5s.NULL or dataset.get_type().get_class() not in (
            h5py.h5t.INTEGER,
            h5py.h5t.FLOAT,
        ):
            return {"shape": [], "dtype": ""}
        found = {"shape": list(map(int, space.get_simple_extent_dims())), "dtype": dataset.dtype.str}
        if (
            plan.get_layout() == h5py.h5d.CONTIGUOUS
            and dataset.get_space_status() == h5py.h5d.SPACE_STATUS_ALLOCATED
            and dataset.get_storage_size() == space.get_simple_extent_npoints() * dataset.dtype.itemsize > 0
            and dataset.get_type().equal(h5py.h5t.py_create(dataset.dtype))  # else the values have to be converted
        ):
            found["offset"] = dataset.get_offset()
        return found

    def _texts(self, group: Any) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        if self._h5py.h5a.get_num_attrs(group) == 0:
            return found
        for name in (*_LISTS, *_TEXTS):
            if self._h5py.h5a.exists(group, name.encode()):
                found[name] = self._attribute(group, name)
        for name in _LISTS:
            number = 0
            while number < _MOST_OBJECTS and self._h5py.h5a.exists(group, f"{name}{number}".encode()):
                found.setdefault(name, []).extend(self._attribute(group, f"{name}{number}"))
                number += 1
        return found

    def _attribute(self, group: Any, name: str) -> list[str]:
        attribute = self._h5py.h5a.open(group, name.encode())
        points = attribute.get_space().get_simple_extent_npoints()
        if not points:
            return []
        if attribute.get_type().get_class() != self._h5py.h5t.STRING:
            raise ValueError(f"{name} is not a text")
        if points > _MOST_OBJECTS or points * attribute.get_type().get_size() > _MOST_TEXT:
            raise ValueError(f"{name} is too long")
        value = self._h5py.Group(group).attrs[name]
        values = [value] if isinstance(value, (bytes, str)) else value.ravel().tolist()
        return [_text(one) if isinstance(one, bytes) else str(one) for one in values]


def _text(name: bytes) -> str:
    return name.decode("utf-8", "backslashreplace")


def _array(dataset: Any, size: int) -> Any:
    import numpy as np

    array: Any = np.empty(dataset.shape, dataset.dtype)
    if array.nbytes != size:
        raise ValueError(f"an array of {array.nbytes} bytes and not {size}")
    if size:
        whole = sys.modules["h5py"].h5s.ALL
        dataset.read(whole, whole, array)
    return array


def _send_array(dataset: Any, size: int) -> None:
    _limit(size)
    try:
        array = _array(dataset, size)
    except Exception as error:
        _send({"error": str(error).strip("'\"") or type(error).__name__})
        return
    _send({})
    if size:
        sys.stdout.buffer.write(memoryview(array.reshape(-1)).cast("B"))
        sys.stdout.buffer.flush()


def _send(message: dict[str, Any]) -> None:
    data = json.dumps(message).encode()
    sys.stdout.buffer.write(len(data).to_bytes(8, "little") + data)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
