"""`NameIndex`: where the line of each name is; many names are kept on the disk."""

from __future__ import annotations

import hashlib
import sqlite3
import tempfile
import threading

#: Names up to which there is no file, and names that wait in memory until they are written together.
_MOST = 20_000


class NameIndex:
    """A mapping of names to places whose memory does not grow without bounds.

    The names themselves are not kept on the disk, but 16 bytes of their BLAKE2 hash: that two of 10 million names have
    the same is less likely than 1 in 10**24.

    Args:
        most: so many names are kept in memory.

    Example:
        >>> index = NameIndex(most=1)
        >>> index["a"], index["b"] = 1, 2
        >>> index.get("a"), index.get("b"), index.get("c"), len(index)
        (1, 2, None, 2)
    """

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._recent: dict[str, int] = {}
        self._count = 0
        self._base: sqlite3.Connection | None = None
        self._file: tempfile._TemporaryFileWrapper[bytes] | None = None
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return self._count

    def __contains__(self, name: str) -> bool:
        return self.get(name) is not None

    def get(self, name: str) -> int | None:
        """The place of a name; None if there is none."""
        with self._lock:
            place = self._recent.get(name)
            if place is None and self._base is not None:
                found = self._base.execute("SELECT place FROM places WHERE name = ?", (_key(name),)).fetchone()
                place = None if found is None else int(found[0])
            return place

    def __setitem__(self, name: str, place: int) -> None:
        known = name in self
        with self._lock:
            self._count += not known
            self._recent[name] = place
            if len(self._recent) > self._most:
                self._store()

    def close(self) -> None:
        """Removes the file; the index is empty then."""
        with self._lock:
            if self._base is not None:
                self._base.close()
            if self._file is not None:
                self._file.close()
            self._base = self._file = None
            self._recent, self._count = {}, 0

    def _store(self) -> None:
        if self._base is None:
            self._file = tempfile.NamedTemporaryFile(prefix="maskseg-names-", suffix=".db")  # noqa: SIM115  `close`
            self._base = sqlite3.connect(self._file.name, check_same_thread=False)
            self._base.execute("PRAGMA journal_mode = OFF")
            self._base.execute("PRAGMA synchronous = OFF")
            self._base.execute("CREATE TABLE places (name BLOB PRIMARY KEY, place INTEGER) WITHOUT ROWID")
        rows = sorted((_key(name), place) for name, place in self._recent.items())
        with self._base:
            self._base.executemany("INSERT OR REPLACE INTO places VALUES (?, ?)", rows)
        self._recent.clear()


def _key(name: str) -> bytes:
    return hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=16).digest()
