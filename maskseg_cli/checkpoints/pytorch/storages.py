"""Storages that a pickle of torch.save names: they lie outside of it, each under a key."""

from __future__ import annotations

from typing import Any

from maskseg_cli.checkpoints.pytorch.dtypes import TORCH_STORAGES
from maskseg_cli.checkpoints.pytorch.records import DamagedError, Name, Placeholder, Storage, whole_number


def storage_id(value: Any) -> tuple[str, str, int] | Placeholder:
    """The key, type and number of values that a pickle gives: ("storage", torch.FloatStorage, "0", "cpu", 4).

    Returns:
        They; a placeholder for a type that is not read, or for another kind of object outside of the pickle.

    Raises:
        DamagedError: it is of another form.
    """
    if not isinstance(value, tuple) or len(value) < 3:
        raise DamagedError("a storage has no key")
    if value[0] == "module":  # a class with its source code, in old files of whole models
        return Placeholder(value[1].text if isinstance(value[1], Name) else "torch.nn.Module")
    if (
        value[0] != "storage"
        or len(value) < 5
        or not isinstance(value[1], Name)
        or not isinstance(value[2], (str, int))
    ):
        raise DamagedError("a storage has no type and key")
    kind = value[1].text.rpartition(".")[2]
    if kind not in TORCH_STORAGES:
        what = "is a quantized tensor" if kind.startswith("Q") else "is of complex numbers"
        return Placeholder(value[1].text, what if kind.endswith("Storage") else "")
    return str(value[2]), TORCH_STORAGES[kind], whole_number(value[4])


class StorageTable:
    """The storages of a file, by their keys: what is named twice is one storage."""

    def __init__(self) -> None:
        self.storages: dict[str, Storage] = {}

    def add(self, key: str, storage: Storage) -> Storage:
        """The storage of this key, which may have been named before.

        Raises:
            DamagedError: before, it had another type or size.
        """
        first = self.storages.setdefault(key, storage)
        if (first.dtype, first.count) != (storage.dtype, storage.count):
            raise DamagedError("a storage has two types or sizes")
        return first
