"""torch.save since version 1.6: a zip file of a pickle, NAME/data.pkl, and of a member for each storage, NAME/data/KEY.

torch.save does not pack its members; a file that was packed again is read too, as far as the sizes in its directory are
possible.
"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import IO, Any

from maskseg_cli.checkpoints.pytorch.dtypes import STORED
from maskseg_cli.checkpoints.pytorch.records import DamagedError, Payload, Placeholder, RefusedError, Storage
from maskseg_cli.checkpoints.pytorch.state import Layout
from maskseg_cli.checkpoints.pytorch.storages import StorageTable, storage_id
from maskseg_cli.checkpoints.pytorch.unpickling import load_pickle

_ENCRYPTED = 1
_PICKLE = "data.pkl"

#: Bytes that a packed pickle may have, and that all packed members may unpack to for each byte of the file.
_MOST_PACKED_PICKLE = 1 << 26
_MOST_PACKING = 20

#: A member that no state dict has -> what the file is.
_OTHER_KINDS = (
    ("constants.pkl", "is a TorchScript program (torch.jit.save)"),
    ("archive_format", "is an exported program (torch.export.save)"),
    ("serialized_exported_program.json", "is an exported program (torch.export.save)"),
    (".data/extern_modules", "is a package of a program (torch.package)"),
)


class ZipLayout:
    """An open file. Used as a context manager, in which the values of its tensors can be read.

    Args:
        path: the file.

    Attributes:
        capacity: bytes that all storages can have together.

    Raises:
        RefusedError: it is of another kind.
        DamagedError: a member is missing, or of an impossible size. Also what zipfile raises (`npz_archive.DAMAGE`).
    """

    layout: Layout = "zip"

    def __init__(self, path: Path) -> None:
        self._size = self.capacity = path.stat().st_size
        self._archive = zipfile.ZipFile(path)
        self._members = set(self._archive.namelist())
        self._table = StorageTable()

    def __enter__(self) -> ZipLayout:
        return self

    def __exit__(self, *exc: object) -> None:
        self._archive.close()

    def load(self) -> Any:
        """What was saved, with `records` in place of tensors."""
        self._check_kind()
        names = [name for name in self._archive.namelist() if name == _PICKLE or name.endswith(f"/{_PICKLE}")]
        if len(names) != 1:
            raise DamagedError(f"it has {len(names)} members {_PICKLE}, and one is needed")
        self._folder = names[0].removesuffix(_PICKLE)
        self._check_sizes()
        order = f"{self._folder}byteorder"
        self._big_endian = order in self._members and self._read(order, 16).strip() == b"big"
        data = self._pickle(names[0])
        return load_pickle(io.BytesIO(data), lambda: io.BytesIO(data), self._storage)

    def _check_kind(self) -> None:
        for name in self._archive.namelist():
            for end, kind in _OTHER_KINDS:
                if name == end or name.endswith(f"/{end}"):
                    raise RefusedError(f"{kind}, not a state dict: torch.save(model.state_dict(), ...).")

    def _check_sizes(self) -> None:
        """Notes what all members unpack to; those that are not packed have no more bytes than the file."""
        members = self._archive.infolist()
        packed = sum(info.file_size for info in members if info.compress_type != zipfile.ZIP_STORED)
        self.capacity = sum(info.file_size for info in members)
        if self.capacity - packed > self._size:
            raise DamagedError("its members are larger than the file")
        if packed > _MOST_PACKING * self._size:
            raise DamagedError(f"it would unpack to {packed:,} bytes, which so small a file cannot hold")

    def _pickle(self, name: str) -> bytes:
        info = self._archive.getinfo(name)
        if info.compress_type != zipfile.ZIP_STORED and info.file_size > _MOST_PACKED_PICKLE:
            raise DamagedError(f"{name} has {info.file_size:,} bytes")
        return self._read(name)

    def _read(self, name: str, most: int = -1) -> bytes:
        with self._open(name) as stream:
            return stream.read(most)

    def _storage(self, value: Any) -> Storage | Placeholder:
        found = storage_id(value)
        if isinstance(found, Placeholder):
            return found
        key, dtype, count = found
        name = f"{self._folder}data/{key}"
        if name not in self._members:
            raise DamagedError(f"the values of {name} are missing")
        size = self._archive.getinfo(name).file_size
        if count * STORED[dtype].itemsize != size:
            needed = count * STORED[dtype].itemsize
            raise DamagedError(f"a tensor of {needed:,} bytes has {size:,} in the file")
        payload = Payload(size, lambda: self._open(name))
        return self._table.add(key, Storage(dtype, count, payload, self._big_endian))

    def _open(self, name: str) -> IO[bytes]:
        info = self._archive.getinfo(name)
        if info.flag_bits & _ENCRYPTED:
            raise DamagedError("it is locked with a password")
        if info.compress_type == zipfile.ZIP_STORED and info.file_size > min(self._size, info.compress_size):
            raise DamagedError(f"{name} is larger than the file")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise DamagedError(f"{name} is packed in an unknown way")
        return self._archive.open(info)
