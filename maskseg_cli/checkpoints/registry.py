"""Names of weights (`lite`, `coco`) and their files."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

import platformdirs

import maskseg_cli
from maskseg_cli.checkpoints.sniff import NOT_REGULAR
from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.near_names import did_you_mean, near_names

#: Environment variable that moves the cache folder.
HOME_VARIABLE = "MASKSEG_HOME"

#: Ending of OpenVINO's files, which `inference.openvino_export` writes.
IR_SUFFIX = ".xml"


@dataclass(frozen=True)
class Release:
    """A file that can be downloaded.

    Attributes:
        name: for users, as in `--weights coco`.
        file: its name in the cache folder and at its source.
        base_url: its URL without the file's name.
        size: bytes.
        md5: hexadecimal digest of the whole file.
        about: a few words.
        licence: of its values.
    """

    name: str
    file: str
    base_url: str
    size: int
    md5: str
    about: str
    licence: str


COCO_RELEASE = Release(
    name="coco",
    file="mask_rcnn_coco.h5",
    base_url="https://github.com/matterport/Mask_RCNN/releases/download/v2.0",
    size=257_557_808,
    md5="e98aaff6f99e307b5e2a8a3ff741a518",
    about="Matterport's ResNet-101 for the 80 COCO classes: accurate, slow",
    licence="MIT License (Matterport, Inc.)",
)

RELEASES = {release.name: release for release in (COCO_RELEASE,)}
LITE = "lite"
LITE_ABOUT = "small network for the 80 COCO classes: fast, part of maskseg"
NAMES = (LITE, *RELEASES)

#: What users write for a name, in lower case.
_OTHER_NAMES = {"light": LITE, "small": LITE, "default": LITE, "matterport": "coco", "resnet": "coco"}


def cache_folder() -> Path:
    """The folder of downloaded files: MASKSEG_HOME, or the user's cache folder by the platform's convention."""
    home = os.environ.get(HOME_VARIABLE)
    if home:
        return expanded(home)
    return Path(platformdirs.user_cache_dir("maskseg", appauthor=False))


def expanded(path: str | Path) -> Path:
    """A path whose "~" is the user's home, as in a shell: "~nobody", of whom there is no home, stays as it is."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)


def weights_folder() -> Path | None:
    """The folder of the bundled weights: inside an installed package, or at the top of a checkout."""
    package = Path(maskseg_cli.__file__).parent
    return next((folder for folder in (package / "weights", package.parent / "weights") if folder.is_dir()), None)


def lite_file() -> Path | None:
    """The newest `maskseg-lite-coco*.npz`, by the numbers in its name: bundled, or else in the cache folder."""
    for folder in (weights_folder(), cache_folder()):
        found = list(folder.glob("maskseg-lite-coco*.npz")) if folder else []
        if found:
            return max(found, key=_version)
    return None


def _version(path: Path) -> tuple[list[int], str]:
    return [int(number) for number in re.findall(r"\d+", path.stem)], path.name


def location(name: str) -> Path | None:
    """The path of the file of a known name, downloaded or not; None: lite is not installed."""
    return lite_file() if name == LITE else cache_folder() / RELEASES[name].file


def find_weights(name_or_path: str | Path) -> Path:
    """Finds the file of `lite`, `coco` or a path.

    Raises:
        MasksegError: the bundled file is not installed, or a known one not yet downloaded.
        UsageError: no such file (similar names are given).
    """
    if name_or_path == LITE:
        lite = lite_file()
        if lite is None:
            raise MasksegError(
                "The bundled lite weights (maskseg-lite-coco*.npz) are not part of this installation: name a "
                f"file with --weights FILE, or put one into {cache_folder()}."
            )
        return lite
    if isinstance(name_or_path, str) and name_or_path in RELEASES:
        cached = cache_folder() / RELEASES[name_or_path].file
        if not cached.is_file():
            raise MasksegError(
                f"The weights {name_or_path} are not here yet: run `maskseg weights fetch {name_or_path}`, "
                "or name a file with --weights FILE."
            )
        return cached
    path = expanded(name_or_path)
    if not path.exists():
        raise UsageError(f"There is no weights file {path}{_near(path)}.")
    if not path.is_file() and not path.is_dir():
        raise MasksegError(f"{path} {NOT_REGULAR}")
    return path


#: Other words for a name, whose letters are not near.
_OTHER_NAMES = {"light": "lite"}


def _near(path: Path) -> str:
    name = str(path).lower()
    if known := did_you_mean(_OTHER_NAMES.get(name, name), NAMES, most=1):
        return known
    if not path.parent.is_dir():
        return f" (there is no folder {path.parent})"
    there = [item.name for item in path.parent.iterdir() if item.suffix in (".h5", ".hdf5", ".npz")]
    if near := near_names(path.name.lower(), by_key := {name.lower(): name for name in there}, most=2):
        return f" (did you mean {' or '.join(str(path.parent / by_key[name]) for name in near)}?)"
    return f"; known names are {' and '.join(NAMES)}"
