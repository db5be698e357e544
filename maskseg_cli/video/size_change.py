"""Finds where the pictures of MPEG-1 and MPEG-2 change their size: `SizeChange`."""

from __future__ import annotations

from typing import Any

#: A sequence header; the size of the pictures is in the 3 bytes behind it.
_HEADER = b"\x00\x00\x01\xb3"

_CODECS = {"mpeg1video", "mpeg2video"}


class SizeChange:
    """Finds where the pictures of MPEG-1 and MPEG-2 change their size, as in joined recordings.

    FFmpeg's decoder then forgets the last picture of the old size, which it holds back for those that come before it.

    Args:
        codec: of the pictures, by FFmpeg's name; for others nothing is found.
    """

    def __init__(self, codec: str) -> None:
        self._active = codec in _CODECS
        self._size: bytes | None = None

    def is_before(self, packet: Any) -> bool:
        """Whether the pictures from the next packet on have another size than those before."""
        if not self._active or not packet.size:
            return False
        data = memoryview(packet)
        at = bytes(data[:256]).find(_HEADER)
        size = bytes(data[at + 4 : at + 7])
        if at < 0 or len(size) < 3:
            return False
        before, self._size = self._size, size
        return before is not None and before != size
