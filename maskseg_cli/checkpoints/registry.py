"""Names of weights (`lite`, `coco`, `torchvision-v2`, ...) and their files."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

import platformdirs

import maskseg_cli
from maskseg_cli.checkpoints.releases import RELEASES
from maskseg_cli.checkpoints.sniff import NOT_REGULAR
from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.near_names import did_you_mean, near_names

#: Environment variable that moves the cache folder.
HOME_VARIABLE = "MASKSEG_HOME"

#: Ending of OpenVINO's files, which `inference.openvino_export` writes.
IR_SUFFIX = ".xml"


LITE = "lite"
LITE_ABOUT = "small network for the 80 COCO classes: fast, part of maskseg"
NAMES = (LITE, *RELEASES)

_TORCHVISION = ("torchvision-v2", "torchvision-v1")
_DETECTRON2 = ("detectron2-r50", "detectron2-r101")

#: What users write for names, as `_words` leaves it: other words, and what the libraries call these networks.
_OTHER_NAMES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("light", "small", "default"), (LITE,)),
    **dict.fromkeys(("matterport", "mask_rcnn_coco"), ("coco",)),
    **dict.fromkeys(("torchvision", "pytorch", "torch", "maskrcnn"), _TORCHVISION),
    **dict.fromkeys(("maskrcnn_resnet50_fpn", "maskrcnn_resnet50_fpn_coco", "v1"), ("torchvision-v1",)),
    **dict.fromkeys(("maskrcnn_resnet50_fpn_v2", "maskrcnn_resnet50_fpn_v2_coco", "v2"), ("torchvision-v2",)),
    **dict.fromkeys(("detectron", "detectron2", "d2", "model_zoo"), _DETECTRON2),
    **dict.fromkeys(("mask_rcnn_r_50_fpn_3x", "mask_rcnn_r_50_fpn", "r50", "r_50"), ("detectron2-r50",)),
    **dict.fromkeys(("mask_rcnn_r_101_fpn_3x", "mask_rcnn_r_101_fpn", "r101", "r_101"), ("detectron2-r101",)),
    **dict.fromkeys(("resnet50", "resnet_50"), ("torchvision-v2", "torchvision-v1", "detectron2-r50")),
    **dict.fromkeys(("resnet101", "resnet_101"), ("coco", "detectron2-r101")),
    "resnet": ("coco", *_TORCHVISION, *_DETECTRON2),
}

#: Endings of weight files.
_SUFFIXES = (".h5", ".hdf5", ".npz", IR_SUFFIX, ".pth", ".pt", ".pkl", ".safetensors")


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


def suggestion(wrong: str, names: Iterable[str] = NAMES) -> str:
    """The end of a message about a name that there is not, with the ones that may be meant; empty if there are none.

    Args:
        wrong: as given.
        names: those that are right here.

    Example:
        >>> suggestion("torchvison-v2"), suggestion("maskrcnn_resnet50_fpn_v2")
        (' (did you mean torchvision-v2?)', ' (did you mean torchvision-v2?)')
    """
    known = list(names)
    meant = [name for name in _OTHER_NAMES.get(_words(wrong), ()) if name in known]
    meant = meant or [name for name in known if name == _published(wrong)]
    return f" (did you mean {' or '.join(meant)}?)" if meant else did_you_mean(wrong.lower(), known, most=1)


def _published(file: str) -> str | None:
    """The name of the release whose file is called so, here or where it is published, with or without its ending."""
    for name, release in RELEASES.items():
        if _words(file) in (_words(release.file), _words(release.published_file or release.file)):
            return name
    return None


def _words(name: str) -> str:
    """A name in lower case, with one kind of hyphen, without folder and ending."""
    name = name.lower().replace("\\", "/").rpartition("/")[2]
    name = next((name.removesuffix(suffix) for suffix in _SUFFIXES if name.endswith(suffix)), name)
    return re.sub(r"[\s-]+", "_", name)


def _near(path: Path) -> str:
    """What may be meant by a path that does not exist: a name, where it looks like one, or else a file there."""
    if str(path) == path.name and path.suffix.lower() not in _SUFFIXES and (known := suggestion(path.name)):
        return known
    if not path.parent.is_dir():
        return f" (there is no folder {path.parent})"
    there = [item.name for item in path.parent.iterdir() if item.suffix.lower() in _SUFFIXES]
    if near := near_names(path.name.lower(), by_key := {name.lower(): name for name in there}, most=2):
        return f" (did you mean {' or '.join(str(path.parent / by_key[name]) for name in near)}?)"
    if (release := _published(path.name)) is not None:
        return f"; that file has the name {release} here"
    return f"; known names are {', '.join(NAMES[:-1])} and {NAMES[-1]}"
