"""`PictureAnnotations`: base of sinks that write one small file for each picture."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.detections import Detections
from maskseg_cli.errors import MasksegError
from maskseg_cli.export.entry_names import EntryNames, is_moving
from maskseg_cli.export.prepared_sink import PreparedSink
from maskseg_cli.frame import Frame
from maskseg_cli.media.atomic_file import write_atomic
from maskseg_cli.media.images import encode_image
from maskseg_cli.media.same_file import file_identity

#: Quality of the pictures that go with the annotations, as JPEG.
_QUALITY = 95

#: Puts the file of a photo (the first path) at another path, as a copy or a link.
PlacePhoto = Callable[[Path, Path], None]


class PictureAnnotations(PreparedSink):
    """Writes a file for each picture, at once and whole: whatever ends a run, the files that are there are complete.

    Args:
        folder: made with the first picture. A file of the same name is replaced.
        pictures: write the pictures too, upright: True; False; None: those of videos and cameras, which are no
            files of their own.
        note: called with a sentence, once each, where the format cannot say all of an object.
        place_photo: puts the photos themselves where `pictures` would write upright copies, and in place of these.
    """

    needs_picture = False
    on_cluster = "workers"
    #: Suffix of the files.
    suffix = ""
    #: Folders of annotations and of pictures below `folder`.
    annotations_in = ""
    pictures_in = ""

    def __init__(
        self,
        folder: str | Path,
        pictures: bool | None = None,
        note: Callable[[str], None] | None = None,
        place_photo: PlacePhoto | None = None,
    ) -> None:
        self.folder = Path(folder)
        self.pictures = pictures
        self.class_names: tuple[str, ...] = ()
        self._note = note
        self._place_photo = place_photo
        self._noted: set[str] = set()
        self._names = EntryNames()

    def start(self, class_names: tuple[str, ...]) -> None:
        """Takes the class names, background first."""
        self.class_names = class_names

    def has(self, source: str) -> bool:
        """Whether the file of this photo exists."""
        return self.path_of(source).is_file()

    def path_of(self, source: str) -> Path:
        """The file of a photo. The order of the first calls counts where names without suffix are equal."""
        return self.folder / self.annotations_in / f"{self._names.of_source(source)}{self.suffix}"

    def reserve(self, source: str) -> str | None:
        """See `Sink.reserve`."""
        name = self._names.of_source(source)
        return None if name == EntryNames().of_source(source) else name

    def take_reserved(self, source: str, name: str) -> None:
        """See `Sink.take_reserved`."""
        self._names.take(source, name)

    def prepare(self, frame: Frame, detections: Detections, picture: NDArray[np.uint8] | None) -> Callable[[], None]:
        """Converts the objects; the function that is returned names and writes the file."""
        made = self.convert(frame, detections)
        data, photo = None, self._placed_photo(frame)
        if photo is None and self._writes_picture(frame):
            data = encode_image(frame.image, self.picture_suffix(frame), _QUALITY)

        def write() -> None:
            name = self._names.of_frame(frame)
            image = self._image_path(frame, name)
            path = self.folder / self.annotations_in / f"{name}{self.suffix}"
            if self.suffix == ".png":
                _check_apart(path, frame)
            if image is not None and (data is not None or (photo is not None and not _is_same(photo, image))):
                _check_apart(image, frame)
                if data is not None:
                    write_atomic(image, data)
                elif photo is not None and self._place_photo is not None:
                    self._place_photo(photo, image)
            write_atomic(path, self.encode(made, frame, path, image))

        return write

    def convert(self, frame: Frame, detections: Detections) -> object:
        """What is costly: several threads may call it at once."""
        raise NotImplementedError

    def encode(self, made: object, frame: Frame, path: Path, image: Path | None) -> bytes:
        """The content of a file.

        Args:
            made: what `convert` returned.
            path: of the file.
            image: of the picture; None where it is no file.
        """
        raise NotImplementedError

    def note(self, sentence: str) -> None:
        """Says once what the format cannot say."""
        if sentence not in self._noted:
            self._noted.add(sentence)
            if self._note is not None:
                self._note(sentence)

    @staticmethod
    def picture_suffix(frame: Frame) -> str:
        """The format of a picture that is written: PNG for photos that are not JPEG, JPEG for all others."""
        if is_moving(frame) or frame.source.lower().endswith((".jpg", ".jpeg")):
            return ".jpg"
        return ".png"

    def _writes_picture(self, frame: Frame) -> bool:
        if self.pictures is not None:
            return self.pictures
        return is_moving(frame) or (frame.job is not None and frame.job.source.path is None)  # standard input

    def _placed_photo(self, frame: Frame) -> Path | None:
        """The photo that `place_photo` puts beside the annotations."""
        return None if self._place_photo is None or frame.job is None else frame.job.source.path

    def _image_path(self, frame: Frame, name: str) -> Path | None:
        photo = self._placed_photo(frame)
        if photo is not None:
            return self.folder / self.pictures_in / f"{name}{photo.suffix}"
        if self._writes_picture(frame):
            return self.folder / self.pictures_in / f"{name}{self.picture_suffix(frame)}"
        return None if frame.job is None else frame.job.source.path


def _is_same(photo: Path, image: Path) -> bool:
    identity = file_identity(photo)
    return identity is not None and identity == file_identity(image)


def _check_apart(path: Path, frame: Frame) -> None:
    """Checks that a picture does not lie among the photos, of which it might replace one.

    Raises:
        MasksegError: it does.
    """
    source = None if frame.job is None else frame.job.source.path
    if source is not None and source.resolve().parent == path.resolve().parent:
        raise MasksegError(f"{path} would lie among the photos themselves: name another folder.")


def relative_name(path: Path, folder: Path) -> str:
    """A path from a folder, with forward slashes; the whole path where there is no way, as between Windows' drives."""
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:
        return path.resolve().as_posix()
