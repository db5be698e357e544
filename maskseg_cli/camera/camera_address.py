"""Parses the name of a camera: a device, a network address, or a video file."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from maskseg_cli.addresses import hide_passwords, sound_address
from maskseg_cli.errors import UsageError

_DEVICE_FILE = re.compile(r"/dev/video(\d+)")
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]+)://", re.IGNORECASE)

#: A number with more digits is no camera's, and OpenCV cannot hold it.
_MOST_DIGITS = 9

#: URL schemes that FFmpeg can play live.
SCHEMES = ("http", "https", "rtsp", "rtsps", "rtmp", "rtmps", "rtp", "udp", "tcp", "srt", "mms", "mmsh", "mmst")


@dataclass(frozen=True)
class CameraAddress:
    """The camera that the user named.

    Attributes:
        kind: "device", "network" or "file".
        value: the device's number or path, the address, or the file's path.
    """

    kind: str
    value: str

    @property
    def name(self) -> str:
        """Its name in messages and exported files, without the passwords of an address.

        Example:
            >>> CameraAddress("network", "rtsp://me:secret@camera/1").name
            'rtsp://camera/1'
        """
        if self.kind == "network":
            return hide_passwords(self.value)
        return f"camera {self.value}" if self.value.isdigit() else self.value


def parse_camera(text: str) -> CameraAddress:
    """Reads `0`, `/dev/video0`, `rtsp://...`, `http://...` or the path of a file.

    Raises:
        UsageError: none of these.

    Example:
        >>> parse_camera("0"), parse_camera("http://camera/live").kind
        (CameraAddress(kind='device', value='0'), 'network')
    """
    text = text.strip()
    if text.isdecimal() and len(text) <= _MOST_DIGITS:
        return CameraAddress("device", str(int(text)))
    device = _DEVICE_FILE.fullmatch(text)
    if device and sys.platform.startswith("linux"):
        return CameraAddress("device", text)
    scheme = _SCHEME.match(text)
    if scheme and scheme.group(1).lower() == "file":
        return CameraAddress("file", text[scheme.end() :])
    if scheme:
        if scheme.group(1).lower() not in SCHEMES:
            raise UsageError(f"Addresses that begin with {scheme.group()} cannot be played: {', '.join(SCHEMES)} can.")
        return CameraAddress("network", sound_address(text))
    if not os.path.exists(text):  # False also for a name that is too long
        shown = re.sub(r"^.*@", "***@", text)  # an address without its "//" may hold a password
        raise UsageError(
            f"There is no camera {shown!r}: give a number such as 0, a device such as /dev/video0, an address such as "
            "rtsp://camera/stream, or a video file; --list-cameras lists the cameras of this computer."
        )
    if str(Path(text).resolve()).startswith("/dev/video"):  # such as /dev/v4l/by-id/..., which keeps its name
        return CameraAddress("device", str(Path(text)))
    return CameraAddress("file", text)
