"""Names of exported files: each picture and video gets one of its own, below the folder of the export."""

from __future__ import annotations

from maskseg_cli.frame import Frame
from maskseg_cli.media.safe_names import safe_path


def is_moving(frame: Frame) -> bool:
    """Whether a frame is one of a video or camera, and not a photo."""
    return frame.job is None and bool(frame.duration or frame.time or frame.index)


class EntryNames:
    """Names without a suffix, one a picture; a later source with the name of an earlier one gets its suffix too.

    Frames of a video are numbered files in a folder of the video's name. To be called in the order of the frames.

    Example:
        >>> names = EntryNames()
        >>> names.of_source("trip/a.jpg"), names.of_source("trip/a.png"), names.of_source("../b.jpg")
        ('trip/a', 'trip/a_png', 'b')
    """

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._taken: set[str] = set()

    def of_frame(self, frame: Frame) -> str:
        """The name of one picture, with forward slashes."""
        name = self.of_source(frame.source or "frame")
        return f"{name}/{frame.index:06d}" if is_moving(frame) else name

    def take(self, source: str, name: str) -> None:
        """Sets the name of a photo or video, which was found elsewhere."""
        self._names[source] = name

    def of_source(self, source: str) -> str:
        """The name of a photo or video, with forward slashes."""
        if source in self._names:
            return self._names[source]
        path = safe_path(source)
        stem = path.with_name(path.stem)
        name = str(stem)
        if name.casefold() in self._taken:
            name = str(stem.with_name(f"{path.stem}_{path.suffix.lstrip('.')}".rstrip("_")))
        number = 2
        wanted = name
        while name.casefold() in self._taken:
            name = f"{wanted}_{number}"
            number += 1
        self._taken.add(name.casefold())
        self._names[source] = name
        return name
