"""Finds the videos that arguments name: files, folders, patterns, numbered pictures and addresses on the network."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path, PurePath
from urllib.parse import urlsplit

from maskseg_cli.addresses import hide_passwords, is_address, sound_address
from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.job import Source
from maskseg_cli.media.input_files import InputKind, find_sources
from maskseg_cli.media.picture_formats import split_input_name

_ENDINGS = (
    "3g2 3gp apng asf avi divx dv f4v flv gif h264 h265 hevc m1v m2t m2ts m2v m4v mjpeg mjpg mkv mov mp4 mpe mpeg mpg "
    "mts mxf nut ogg ogm ogv rm rmvb ts vob webm wmv wtv y4m"
)

#: Suffixes by which a file in a folder counts as a video. A file that the user names may have any suffix.
SUFFIXES = frozenset(f".{ending}" for ending in _ENDINGS.split())

#: A number in a printf pattern: %d, %05d.
_NUMBER = re.compile(r"(?<!%)%0?(\d{0,2})d")


def find_videos(arguments: Sequence[str], recursive: bool = False, avoid: Path | None = None) -> list[Source]:
    """Finds the videos that the arguments name, in the order of the arguments; those of a folder in order of name.

    Files, folders (with `recursive` all below them) and patterns, as in `media.input_files.find_sources`;
    numbered pictures as one video (`frames/%05d.png`), and addresses (`https://`, `rtsp://`, ...). `open_video`
    opens the `name` of each.

    Args:
        avoid: the output folder; files below it are left out of a folder or pattern that contains it.

    Raises:
        MasksegError: an argument that names no video.
        UsageError: standard input (`-`): pictures and sound are read separately, and it can be read only once.
    """
    if "-" in arguments:
        raise UsageError("A video cannot be read from standard input: save it to a file first.")
    return find_sources(arguments, recursive, avoid, kind=VIDEOS)


def is_sequence(argument: str) -> bool:
    """Whether a source is a pattern of numbered pictures, with the number as in printf: `frames/%05d.png`."""
    return has_number(PurePath(argument).name) and not is_address(argument) and not Path(argument).exists()


def has_number(name: str) -> bool:
    """Whether a file's name has exactly one placeholder for a number: `%05d.png`."""
    return len(_NUMBER.findall(name)) == 1


def numbered(pattern: Path, number: int) -> Path:
    """The file of a number in a pattern such as `frames/%05d.png`; `%%` and a single `%` are percent signs.

    Example:
        >>> numbered(Path("100%_%03d.png"), 7).name
        '100%_007.png'
    """
    match = _NUMBER.search(pattern.name)
    assert match is not None
    before, after = _around(pattern.name, match)
    return pattern.with_name(f"{before}{number:0{int(match[1] or 0)}d}{after}")


def unfinished_mark(pattern: Path) -> Path:
    """The hidden file that is in a folder of frames until the folder is complete."""
    first = numbered(pattern, 0)
    return first.with_name(f".{first.name}")


def numbered_pictures(pattern: str) -> list[Path]:
    """The existing files of a pattern such as `frames/%05d.png`, in the order of their numbers.

    Raises:
        MasksegError: there is none, or the folder cannot be read.
    """
    folder, name = Path(pattern).parent, PurePath(pattern).name
    match = _NUMBER.search(name)
    assert match is not None
    digits = int(match[1] or 0)
    before, after = _around(name, match)
    shape = re.compile(re.escape(before) + rf"(\d{{{max(1, digits)},}})" + re.escape(after))
    pictures: dict[int, Path] = {}
    try:
        for entry in os.listdir(folder):
            found = shape.fullmatch(entry)
            # More digits than in the pattern are correct only if the number needs them (100000 for %05d).
            if found and (len(found[1]) == max(1, digits) or not found[1].startswith("0")):
                pictures[int(found[1])] = folder / entry
    except OSError as error:
        raise MasksegError(f"The folder {folder} cannot be read: {error.strerror}.") from error
    if not pictures:
        raise MasksegError(f"There is no picture {pattern} (with a number in place of {match[0]}).")
    return [pictures[number] for number in sorted(pictures)]


def _around(name: str, match: re.Match[str]) -> tuple[str, str]:
    """The parts of a pattern before and after the number."""
    return name[: match.start()].replace("%%", "%"), name[match.end() :].replace("%%", "%")


def _split(name: str) -> tuple[str, str]:
    stem, suffix = os.path.splitext(name)
    return (stem, suffix) if suffix.lower() in SUFFIXES else (name, "")


def _place(argument: str) -> PurePath | None:
    """The path in the output folder for an address or numbered pictures; None for anything else."""
    if is_address(argument):
        parts = urlsplit(hide_passwords(sound_address(argument)))
        name = PurePath(parts.path).name or parts.hostname or "video"
        return PurePath(re.sub(r"[^\w.-]+", "_", name))
    if is_sequence(argument):
        return PurePath(Path(os.path.abspath(argument)).parent.name or "frames")
    return None


VIDEOS = InputKind("video", _split, _place, other=("image", lambda name: bool(split_input_name(name)[1])))
