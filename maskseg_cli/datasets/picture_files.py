"""Finding the picture files of a data set, and their sizes without decoding them."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from maskseg_cli.datasets.field_values import whole_number
from maskseg_cli.datasets.problems import ProblemLog
from maskseg_cli.errors import MasksegError
from maskseg_cli.media.header import Header, picture_format, read_header

#: The fields of a record that hold its picture's size in pixels.
SIDES = ("height", "width")

#: Where many programs put the photos of a data set, beside its annotation file.
_FOLDER = "images"

#: So much of a file holds the header of nearly every JPEG, PNG and BMP; the last bytes show whether it is whole.
_START, _END = 1 << 16, 1 << 10


def find_photo(folder: Path, name: str) -> Path:
    """The path of one record's photo; see `find_photos`, which finds those of a whole file."""
    return find_photos(folder, [name])[name]


def find_photos(folder: Path, names: Iterable[str], log: ProblemLog | None = None) -> dict[str, Path]:
    r"""The path of each photo of an annotation file, which does not exist where it cannot be told.

    A name may have `\` for `/`, and may begin with the folder's own name ("val/0001.jpg" for the folder val). A photo
    that is not in the folder may be in its folder `images`. Where the folders of a name are not there at all, the photo
    of the same name in `folder` is taken, which `log` notes. It is not, if another record's photo would be the same, or
    if the named photo exists beside `folder`. So it is with a photo whose name differs in upper and lower case.
    Accented letters may be composed in the one name and decomposed in the other, as on a Mac. Of an address on the
    network the path counts.

    Example:
        >>> find_photos(Path("photos/val"), ["val/0001.jpg"])                         # doctest: +SKIP
        {'val/0001.jpg': PosixPath('photos/val/0001.jpg')}
    """
    found: dict[str, Path] = {}
    guessed: dict[Path, list[str]] = {}
    kinds: dict[str, str] = {}
    in_any_case = _InAnyCase()
    own = folder.resolve().parts
    for name in dict.fromkeys(names):
        path = folder / name
        if not os.path.exists(path):
            parts = PurePosixPath(_without_address(name.strip()).replace("\\", "/")).parts or (name,)
            path = next((one for one in _places(folder, own, parts) if os.path.exists(one)), path)
            if not os.path.exists(path):
                other = next(filter(None, map(in_any_case.find, _places(folder, own, parts))), None)
                if other is not None:
                    guessed.setdefault(other, []).append(name)
                    kinds[name] = "image-case"
                    continue
            if path.parent == folder and len(parts) > 1 and own[1 - len(parts) :] != parts[:-1]:
                guessed.setdefault(path, []).append(name)
                continue
        found[name] = path
    certain = set(found.values())
    for path, same in guessed.items():
        name = same[0].replace("\\", "/")
        elsewhere = any(os.path.exists(above / name) for above in folder.resolve().parents)
        taken = len(same) == 1 and path not in certain and not elsewhere
        for name in same:
            found[name] = path if taken else folder / name.replace("\\", "/")
        if taken and log is not None:
            log.add(kinds.get(same[0], "image-folder"), same[0])
    return found


class _InAnyCase:
    """Finds the one file whose name is the wanted one in upper or lower case; each folder is listed once."""

    def __init__(self) -> None:
        self._folders: dict[Path, dict[str, list[str]]] = {}

    def find(self, path: Path) -> Path | None:
        """None if there is no such file in the folder, or several."""
        names = self._folders.get(path.parent)
        if names is None:
            names = self._folders[path.parent] = {}
            for name in os.listdir(path.parent) if path.parent.is_dir() else ():
                names.setdefault(name.casefold(), []).append(name)
        same = names.get(path.name.casefold(), [])
        return path.with_name(same[0]) if len(same) == 1 else None


def _without_address(name: str) -> str:
    """The path in an address on the network, without what follows it; any other name as it is."""
    if not re.match(r"[a-z][a-z0-9+.-]+://", name):
        return name
    try:
        return unquote(urlsplit(name).path).lstrip("/")
    except ValueError:  # a bracket that belongs to no IPv6 address
        return name


def _places(folder: Path, own: tuple[str, ...], parts: tuple[str, ...]) -> Iterator[Path]:
    """Where a photo may be.

    Its name with `/`, without the folders that end the folder's own path, in the folder `images`, without any folder.
    """
    forms = [parts]
    if not all(map(str.isascii, parts)):
        forms += [tuple(unicodedata.normalize(form, part) for part in parts) for form in ("NFC", "NFD")]
    for one in forms:
        yield folder.joinpath(*one)
        for count in range(1, len(one) - 1):
            if own[-count:] == one[:count]:
                yield folder.joinpath(*one[count:])
    for one in forms:
        yield folder.joinpath(_FOLDER, *one)
    for one in forms:
        yield folder / one[-1]


def picture_size(path: Path, record: dict[str, Any], log: ProblemLog) -> tuple[int, int] | None:
    """Height and width of a picture turned upright, from its file's header.

    Returns:
        None if the file is missing, unreadable or of another size than its record says, which `log` notes.
    """
    try:
        header = probe_image(path)
    except FileNotFoundError:
        log.add("missing-image", record["file_name"])
        return None
    except (OSError, ValueError):  # a name with a zero byte
        header = None
    if header is None or not header.complete or not header.width or not header.height:
        log.add("unreadable-image", record["file_name"])
        return None
    height, width = upright_size(header)
    found = dict(zip(SIDES, (height, width), strict=True))
    # Programs that do not know a size write 0.
    recorded = [size if record.get(side) in (None, 0, "") else record[side] for side, size in found.items()]
    if [whole_number(side) for side in recorded] != [height, width]:
        log.add("image-size", f"{record['file_name']} ({width} x {height}, not {recorded[1]} x {recorded[0]})")
        return None
    return height, width


def check_picture_size(path: Path, found: tuple[int, ...], expected: tuple[int, int]) -> None:
    """Checks the size of a picture that has been read; sizes begin with height and width.

    Raises:
        MasksegError: it is not the one that the annotations are for.
    """
    if found[:2] != expected:
        raise MasksegError(
            f"{path} has {found[1]} x {found[0]} pixels, but its annotations are for {expected[1]} x {expected[0]}."
        )


def probe_image(path: Path) -> Header | None:
    """The header of a picture file; as a rule only its start and end are read.

    Returns:
        None if it is no picture. `complete` is False if the file is certainly cut off.

    Raises:
        FileNotFoundError, OSError: it cannot be read.
    """
    with path.open("rb") as file:
        start = file.read(_START)
        header = read_header(start)
        if len(start) < _START or header is None:
            return header
        file.seek(-_END, 2)
        end = file.read()
        whole = {"JPEG": b"\xff\xd9" in end, "PNG": b"IEND" in end, "BMP": True}
        # TIFF and WebP keep their size anywhere, and so does a JPEG with a large preview
        if header.width and header.height and whole.get(picture_format(start) or "", False):
            return Header(header.format, header.width, header.height, header.orientation)
        file.seek(0)
        return read_header(file.read())


def upright_size(header: Header) -> tuple[int, int]:
    """Height and width of a picture after it has been turned upright."""
    return (header.width, header.height) if header.orientation >= 5 else (header.height, header.width)
