"""Files that are pickles: torch.save's before version 1.6, and NumPy arrays, as detectron2's model zoo has them.

torch.save wrote five pickles (a magic number, a version, the properties of the machine, the content, the keys of the
storages) and behind them, key by key, the number of values of a storage and the values, all little-endian.
"""

from __future__ import annotations

from pathlib import Path
from typing import IO, Any

from maskseg_cli.checkpoints.pytorch.dtypes import STORED
from maskseg_cli.checkpoints.pytorch.records import DamagedError, Payload, Placeholder, RefusedError, Storage
from maskseg_cli.checkpoints.pytorch.state import Layout
from maskseg_cli.checkpoints.pytorch.storages import StorageTable, storage_id
from maskseg_cli.checkpoints.pytorch.unpickling import load_pickle

_MAGIC = 0x1950A86A20F9469CFC6C
_VERSION = 1001


class PickleLayout:
    """An open file. Used as a context manager, in which the values of its tensors can be read.

    Args:
        path: the file.

    Attributes:
        layout: "legacy" or "pickle", after `load`.
        capacity: bytes that all storages can have together.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stream = path.open("rb")
        self._size = self.capacity = path.stat().st_size
        self._table = StorageTable()
        self._starts: dict[str, int] = {}
        self.layout: Layout = "pickle"

    def __enter__(self) -> PickleLayout:
        return self

    def __exit__(self, *exc: object) -> None:
        self._stream.close()

    def load(self) -> Any:
        """What was saved, with `records` in place of tensors.

        Raises:
            RefusedError: it names what weights do not need.
            DamagedError: it is no sound pickle, or ends early.
        """
        content = self._pickle()
        if type(content) is not int or content != _MAGIC:
            return content
        self.layout = "legacy"
        version = self._pickle()
        if version != _VERSION:
            raise RefusedError("is a PyTorch file of an unknown version: save it again with torch.save.")
        self._pickle()  # the properties of the machine
        content = self._pickle()
        self._find_storages(self._pickle())
        return content

    def _pickle(self) -> Any:
        return load_pickle(self._stream, self._reopen, self._storage)

    def _reopen(self) -> IO[bytes]:
        return self._path.open("rb")

    def _storage(self, value: Any) -> Storage | Placeholder:
        if self.layout != "legacy":
            raise DamagedError("a pickle has values outside of it")
        found = storage_id(value)
        if isinstance(found, Placeholder):
            return found
        key, dtype, count = found
        if len(value) > 5 and value[5] is not None:
            raise RefusedError("is not read: its storages are parts of other ones; save it again with a newer torch.")
        size = count * STORED[dtype].itemsize
        if size > self._size:
            raise DamagedError(f"a tensor of {size:,} bytes is larger than the file")
        return self._table.add(key, Storage(dtype, count, Payload(size, lambda: self._open(key))))

    def _find_storages(self, keys: Any) -> None:
        """Notes where each storage begins."""
        if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
            raise DamagedError("the keys of its storages are no texts")
        for key in keys:
            storage = self._table.storages.get(key)
            if storage is None:
                raise RefusedError(
                    "is not read: it has values of a type that maskseg does not read (quantized or complex numbers)."
                )
            count = int.from_bytes(self._stream.read(8), "little", signed=True)
            start = self._stream.tell()
            if count != storage.count:
                raise DamagedError(f"a storage of {storage.count:,} values has {count:,}")
            if start + storage.payload.size > self._size:
                raise DamagedError("it ends within a tensor")
            self._starts[key] = start
            self._stream.seek(start + storage.payload.size)

    def _open(self, key: str) -> IO[bytes]:
        if key not in self._starts:
            raise DamagedError("the values of a tensor are missing")
        stream = self._reopen()
        stream.seek(self._starts[key])
        return stream
