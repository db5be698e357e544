"""The records of a file of saved detections: their bytes, and what the file says about its run.

    file   = MAGIC, version (uint16), records
    record = kind (1 byte), length (uint32), CRC-32 (uint32) of kind, length and body, body

All numbers are little-endian. Kinds: `HEADER` (JSON), `SOURCE` (JSON: the photo or video of the records that follow),
`FRAME` (a frame that the network was run on), `KEPT` (a frame that keeps the objects of the last one), `END`. A record
is written at once, so that a file without its end is complete up to its last whole record.
"""

from __future__ import annotations

import dataclasses
import json
import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import BinaryIO

from maskseg_cli.config import MaskRCNNConfig
from maskseg_cli.errors import UsageError
from maskseg_cli.export.earlier_records import parse_record

MAGIC = b"maskdets"

#: Of the format; a reader refuses files of a later one.
VERSION = 1

HEADER, SOURCE, FRAME, KEPT, END = b"H", b"S", b"F", b"K", b"E"

_VERSION = struct.Struct("<H")
_RECORD = struct.Struct("<cII")
_FRAME = struct.Struct("<qqqIII")
_KEPT = struct.Struct("<qqq")

#: Bytes of the longest record; that of a header and of a source.
_LONGEST, _LONGEST_TEXT = 2**29, 2**22

#: Bytes before the first record.
START = len(MAGIC) + _VERSION.size


class NewerFormatError(ValueError):
    """The file has a later format; the message is its version."""


@dataclass(frozen=True)
class Header:
    """What a file says about its run.

    Attributes:
        kind: "photos" or "video".
        class_names: of the network, background first.
        config: of the network, with the run's own threshold of the score.
        lowest_score: objects of a lower score are not in the file.
        limit: the network found at most so many objects a picture.
        class_ids, max_detections: which objects the run showed; None: all.
        network: its name, or that of its weights file.
        program: version of maskseg that made the file.
    """

    kind: str
    class_names: tuple[str, ...]
    config: MaskRCNNConfig = field(default_factory=MaskRCNNConfig)
    lowest_score: float = 0.0
    limit: int = 100
    class_ids: tuple[int, ...] | None = None
    max_detections: int | None = None
    network: str = ""
    program: str = ""

    def to_bytes(self) -> bytes:
        """The body of the record."""
        values = {one.name: getattr(self, one.name) for one in dataclasses.fields(self)}
        return zlib.compress(json.dumps({**values, "config": self.config.to_dict()}).encode())

    @classmethod
    def from_bytes(cls, body: bytes) -> Header:
        """The inverse of `to_bytes`.

        Raises:
            ValueError: it is no header.
        """
        inflate = zlib.decompressobj()
        try:
            values = parse_record(inflate.decompress(body, _LONGEST_TEXT))
        except zlib.error as error:
            raise ValueError("no header") from error
        try:
            known = {one.name for one in dataclasses.fields(MaskRCNNConfig)}
            config = MaskRCNNConfig(**{name: value for name, value in values["config"].items() if name in known})
            chosen = values["class_ids"]
            header = cls(
                str(values["kind"]),
                tuple(map(str, values["class_names"])),
                config,
                float(values["lowest_score"]),
                int(values["limit"]),
                None if chosen is None else tuple(map(int, chosen)),
                None if values["max_detections"] is None else int(values["max_detections"]),
                str(values["network"]),
                str(values["program"]),
            )
        except (KeyError, TypeError, AttributeError, OverflowError, UsageError) as error:
            raise ValueError("no header") from error
        if header.kind not in ("photos", "video") or not 0 <= header.lowest_score <= 1:
            raise ValueError("no header")
        return header


@dataclass(frozen=True)
class FrameRecord:
    """A frame as its record holds it.

    Attributes:
        index, time: of the frame, see `Frame`.
        size: (height, width) of the picture; None for a frame that keeps the objects of the one before.
        count: number of objects.
        packed: the objects, see `packed_detections`.
    """

    index: int
    time: Fraction
    size: tuple[int, int] | None = None
    count: int = 0
    packed: bytes = b""

    def to_record(self) -> bytes:
        """The whole record.

        Raises:
            struct.error: a number of more than 64 bits.
        """
        place = (self.index, self.time.numerator, self.time.denominator)
        if self.size is None:
            return record(KEPT, _KEPT.pack(*place))
        return record(FRAME, _FRAME.pack(*place, *self.size, self.count) + self.packed)

    @classmethod
    def from_body(cls, kind: bytes, body: bytes) -> FrameRecord:
        """The inverse of `to_record`.

        Raises:
            ValueError: it is no frame.
        """
        form = _FRAME if kind == FRAME else _KEPT
        if len(body) < form.size or (kind == KEPT and len(body) > form.size):
            raise ValueError("a frame of another length")
        index, numerator, denominator, *rest = form.unpack_from(body)
        if index < 0 or denominator < 1:
            raise ValueError("an impossible number or time of a frame")
        time = Fraction(numerator, denominator)
        if kind == KEPT:
            return cls(index, time)
        return cls(index, time, (rest[0], rest[1]), rest[2], body[form.size :])


def begin() -> bytes:
    """The bytes before the first record."""
    return MAGIC + _VERSION.pack(VERSION)


def record(kind: bytes, body: bytes = b"") -> bytes:
    """A whole record."""
    checksum = zlib.crc32(body, zlib.crc32(kind + len(body).to_bytes(4, "little")))
    return _RECORD.pack(kind, len(body), checksum) + body


def source_record(name: str) -> bytes:
    """The record that says which photo or video the next ones are of."""
    return record(SOURCE, json.dumps(name).encode())


def source_name(body: bytes) -> str:
    """The name in a record of a source.

    Raises:
        ValueError: it is none.
    """
    name = parse_record(body)
    if not isinstance(name, str):
        raise ValueError("no name of a source")
    return name


def check_begin(start: bytes) -> None:
    """Checks the first bytes of a file.

    Raises:
        NewerFormatError: it is of a later format.
        ValueError: it is no file of saved detections.
    """
    if len(start) < START or not start.startswith(MAGIC):
        raise ValueError("no saved detections")
    [version] = _VERSION.unpack(start[len(MAGIC) : START])
    if version > VERSION:
        raise NewerFormatError(str(version))
    if version < 1:
        raise ValueError("no saved detections")


def read_record(file: BinaryIO) -> tuple[bytes, bytes] | None:
    """The kind and body of the record at the file's position; None where no whole and sound record follows."""
    head = file.read(_RECORD.size)
    if len(head) < _RECORD.size:
        return None
    kind, length, checksum = _RECORD.unpack(head)
    if kind not in (HEADER, SOURCE, FRAME, KEPT, END):
        return None
    if length > (_LONGEST if kind == FRAME else _LONGEST_TEXT):
        return None
    if length > _LONGEST_TEXT and not _has(file, length):  # `read` would make room for them first
        return None
    body = file.read(length)
    if len(body) < length or zlib.crc32(body, zlib.crc32(head[:5])) != checksum:
        return None
    return kind, body


def _has(file: BinaryIO, length: int) -> bool:
    place = file.tell()
    end = file.seek(0, os.SEEK_END)
    file.seek(place)
    return end - place >= length


def read_records(file: BinaryIO) -> Iterator[tuple[int, bytes, bytes]]:
    """Yields place, kind and body of the records from here on, up to the last that is whole and sound."""
    place = file.tell()
    while (found := read_record(file)) is not None:
        yield place, *found
        place = file.tell()
