"""Where a folder has its pictures of masks and their photos."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from maskseg_cli.datasets.mask_names import MaskName, beginnings, class_in_name, parse_mask_name
from maskseg_cli.datasets.photo_names import PhotoNames, without_suffix
from maskseg_cli.datasets.problems import ProblemLog
from maskseg_cli.errors import MasksegError

#: Names of folders of pictures of masks, and of photos, beside each other.
MASK_FOLDERS = ("masks", "mask", "labels", "gt")
_PHOTO_FOLDERS = ("images", "imgs", "image", "img", "photos", "JPEGImages")


class MaskFile(NamedTuple):
    """A picture of masks.

    Attributes:
        path: of the PNG.
        name: its path from the folder of all without suffix, with forward slashes.
        said: its photo's path from `MaskLayout.photos`, its class, and whether it has one object.
    """

    path: Path
    name: str
    said: MaskName


class MaskLayout(NamedTuple):
    """The pictures of masks of a data set, those of each photo together.

    Attributes:
        masks: the folder of the pictures of masks.
        photos: the folder of the photos.
        files: photo's path from `photos` -> its pictures of masks.
    """

    masks: Path
    photos: Path
    files: dict[str, list[MaskFile]]


def mask_folder(path: Path) -> Path:
    """The folder of the pictures of masks: one of `MASK_FOLDERS` with a PNG in it, else the folder itself."""
    return next((path / name for name in MASK_FOLDERS if next(_pngs(path / name), None) is not None), path)


def objects_of_pictures(path: Path) -> list[Path]:
    """The folders of single pictures, each with the folders images and masks, as in the Data Science Bowl of 2018."""
    if not path.is_dir():
        return []
    return [one for one in sorted(path.iterdir()) if (one / "images").is_dir() and (one / "masks").is_dir()]


def find_masks(path: Path, images: Path | None, log: ProblemLog) -> MaskLayout:
    """Finds the pictures of masks in a folder, and the photo of each.

    Args:
        images: the folder of the photos; None: beside the folder of masks, or the same.
        log: gets pictures without a photo.

    Raises:
        MasksegError: there is no photo for any of them.
    """
    pictures = objects_of_pictures(path)
    layout = _of_pictures(path, pictures, images, log) if pictures else _of_folders(path, images, log)
    if not layout.files:
        raise MasksegError(
            f"{path} is a folder of pictures of masks, and {layout.photos} has no photo of the name of one of them: "
            "name the folder of the photos too."
        )
    return layout


def _of_pictures(path: Path, pictures: list[Path], images: Path | None, log: ProblemLog) -> MaskLayout:
    given = None if images is None else PhotoNames(images)
    photos = path if images is None else images
    files: dict[str, list[MaskFile]] = {}
    for one in pictures:
        if given is None:
            photo = _photo_of(one, path)
        else:
            photo = given.find(one.name) or given.find(f"{one.name}/images/{one.name}")
        if photo is None:
            log.add("mask-without-photo", one.name)
            continue
        for mask in _pngs(one / "masks"):
            name = f"{one.name}/{mask.stem}"
            files.setdefault(photo, []).append(MaskFile(mask, name, MaskName(photo, class_in_name(mask.stem), True)))
    return MaskLayout(path, photos, files)


def _photo_of(one: Path, base: Path) -> str | None:
    """The photo in the folder images of one picture, from `base`: that of its name, or the only one."""
    found = PhotoNames(one / "images")
    name = found.find(one.name) or (next(iter(found.files)) if len(found) == 1 else None)
    return None if name is None else (one / "images" / name).relative_to(base).as_posix()


def _of_folders(path: Path, images: Path | None, log: ProblemLog) -> MaskLayout:
    masks = mask_folder(path)
    folder = images if images is not None else _photo_folder(path, masks)
    names = [one.relative_to(masks).as_posix() for one in _pngs(masks)]
    if folder.resolve() == masks.resolve():
        names, photos = _mixed(folder)
    else:
        photos = PhotoNames(folder, skipped=masks)
    files: dict[str, list[MaskFile]] = {}
    for one in names:
        name = without_suffix(one)
        said = parse_mask_name(name, photos)
        if said is None:
            log.add("mask-without-photo", one)
        else:
            files.setdefault(said.photo, []).append(MaskFile(masks / one, name, said))
    return MaskLayout(masks, folder, files)


def _photo_folder(path: Path, masks: Path) -> Path:
    """The folder of the photos where it is not given: beside that of the masks, or the same."""
    above = masks.parent if masks != path or masks.name in MASK_FOLDERS else None
    beside = (above / name for name in _PHOTO_FOLDERS) if above is not None else iter(())
    return next((one for one in beside if one.is_dir()), masks)


def _mixed(folder: Path) -> tuple[list[str], PhotoNames]:
    """Pictures of masks and photos in one folder: PNGs whose name is that of another picture, or begins with it."""
    files = PhotoNames(folder).files
    stems = {without_suffix(one) for one in files}
    of_others = {without_suffix(one) for one in files if not one.lower().endswith(".png")}
    names = [
        one
        for one in sorted(files)
        if one.lower().endswith(".png")
        and (without_suffix(one) in of_others or not stems.isdisjoint(beginnings(without_suffix(one))))
    ]
    return names, PhotoNames(folder, others=frozenset(names))


def first_masks(path: Path, most: int) -> list[Path]:
    """The first PNGs in the folder of masks and those below it."""
    folders = [one / "masks" for one in objects_of_pictures(path)] or [mask_folder(path)]
    return list(islice((png for folder in folders for png in _pngs(folder)), most))


def _pngs(folder: Path) -> Iterator[Path]:
    """The PNGs in a folder and those below it, one folder after the other, by name."""
    for above, folders, files in os.walk(folder):
        folders.sort()
        yield from (Path(above) / name for name in sorted(files) if name.lower().endswith(".png"))
