"""Data sets of YOLO (segmentation and detection), as COCO's.

https://docs.ultralytics.com/datasets/segment/
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from maskseg_cli.datasets.annotation_input import AnnotationInput
from maskseg_cli.datasets.coco_images import MANY
from maskseg_cli.datasets.photo_names import path_from
from maskseg_cli.datasets.picture_files import picture_size
from maskseg_cli.datasets.yolo_files import (
    SPLITS,
    Description,
    describe,
    is_yaml,
    label_file,
    label_files_in,
    pictures_in,
    pictures_of,
    yaml_in,
)
from maskseg_cli.datasets.yolo_rows import is_row, read_rows
from maskseg_cli.errors import MasksegError
from maskseg_cli.media.picture_formats import split_input_name
from maskseg_cli.messages import counted
from maskseg_cli.reporter import Reporter

#: So many text files show whether a folder is of YOLO.
_LOOKED_AT = 50

#: A larger label file is left out.
_MOST_BYTES = 2**25


class Pair(NamedTuple):
    """A picture and its label file.

    Attributes:
        number: of the picture in the whole set, from 1, whatever part of it is read: results of one reading name the
            same pictures in another.
        picture, labels: one of them may be None: it is not there.
    """

    number: int
    picture: Path | None
    labels: Path | None

    @property
    def file(self) -> Path:
        """The picture, or its label file where it is not there."""
        file = self.labels if self.picture is None else self.picture
        assert file is not None
        return file


def is_yolo(source: AnnotationInput) -> bool:
    """Whether this is YOLO's data.yaml, a folder with one, or a folder with label files."""
    if not source.is_folder:
        return is_yaml(source.path)
    if yaml_in(source.path) is not None:
        return True
    return any(map(_has_rows, islice(label_files_in(source.path), _LOOKED_AT)))


def _has_rows(path: Path) -> bool:
    text = _text(path)
    first = "" if text is None else next((line for line in text.splitlines() if line.strip()), "")
    return is_row(first)


def yolo_to_coco(source: AnnotationInput) -> dict[str, Any]:
    """A data set of YOLO in COCO's format.

    A row is a polygon or a box; see `yolo_rows.read_rows`. Pictures that data.yaml names and that have no label file
    are background, as in YOLO; without data.yaml only pictures with a label file are taken.

    Args:
        source: data.yaml, its folder, a folder labels, or any folder with label files and a file of class names. Of
            the set's parts `source.split` is taken, where there is one of that name; pictures outside of
            `source.images` are left out, if some of the set are inside of it.

    Raises:
        MasksegError: there are no names of classes, no pictures or no label files.
    """
    description = describe(source.path)
    if description is None:
        raise MasksegError(
            f"{source.path} has label files of YOLO, but no names of classes: name them in a file classes.txt beside "
            "them, one a line, or in data.yaml."
        )
    pairs = _pairs(source, description)
    pictures = [pair.picture for pair in pairs if pair.picture is not None]
    if not pictures:
        raise MasksegError(f"{source.path} is a data set of YOLO, and no picture of it is there: name their folder.")
    if not any(pair.labels for pair in pairs):
        raise MasksegError(
            f"{source.path} is a data set of YOLO, and none of its {len(pictures)} pictures has a label file, such as "
            f"{label_file(pictures[0])}."
        )
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    base = source.folder if source.images is None else source.images
    reporter = source.reporter if source.reporter is not None and len(pairs) >= MANY else Reporter()
    with reporter.progress(len(pairs), "picture", "reading labels") as show:
        for done, pair in enumerate(pairs, 1):
            number, picture, labels = pair
            name = path_from(pair.file, base)
            size = None
            if picture is None:
                source.log.add("missing-image", f"that of {name}")
            else:
                size = picture_size(picture, {"file_name": name}, source.log)
            if size is not None:
                images.append({"id": number, "file_name": name, "height": size[0], "width": size[1]})
                text = "" if labels is None else _text(labels)
                if text is None:
                    source.log.add("label-file", labels)
                shown = labels.name if labels is not None else ""
                rows = read_rows(text or "", size, description.names, shown, source.log, description.keypoints)
                annotations += [{"image_id": number, "category_id": row + 1, **record} for row, record in rows]
            if done % 1000 == 0:
                show(done)
    categories = [{"id": number + 1, "name": name} for number, name in sorted(description.names.items())]
    return {"images": images, "annotations": annotations, "categories": categories}


def _pairs(source: AnnotationInput, description: Description) -> list[Pair]:
    """Pictures and label files, in the order of the set or of their names."""
    whole = not source.is_folder or source.path.resolve() == description.folder.resolve()
    parts = {part: list(dict.fromkeys(pictures_of(description, part))) for part in SPLITS} if whole else {}
    numbers = {picture: 0 for part in parts.values() for picture in part}
    numbers = {picture: number for number, picture in enumerate(numbers, 1)}
    if source.images is not None:
        parts = {part: _inside(source.images, pictures) for part, pictures in parts.items()}
    found = {part: pictures for part, pictures in parts.items() if pictures}
    if found and source.reporter is not None:
        source.reporter.say(f"{source.path.name}: {_parts_read(found, source.split)}.")
    chosen = parts.get(source.split or "") or [picture for part in parts.values() for picture in part]
    pairs: list[Pair] = []
    for picture in dict.fromkeys(chosen):
        labels = label_file(picture.absolute())
        pairs.append(Pair(numbers[picture], picture, labels if os.path.isfile(labels) else None))
    if not pairs:
        return _by_labels(source)
    known = {pair.labels for pair in pairs}
    for folder in sorted({labels.parent for labels in known if labels is not None}):
        pairs += [Pair(0, None, path) for path in _lost(folder, known)]
    return pairs


def _parts_read(found: Mapping[str, Sequence[Path]], split: str | None) -> str:
    """Which parts of a set are read, as the rest of a sentence.

    Args:
        found: name of each part that has pictures -> these.
        split: the part that is wanted; None: all.

    Example:
        >>> train, val = [Path("a.jpg"), Path("b.jpg")], [Path("c.jpg")]
        >>> _parts_read({"train": train, "val": val}, "val"), _parts_read({"train": train, "val": train}, "val")
        ('val is read (1 picture), not train (2 pictures)', 'val is read (2 pictures), which train has too')
        >>> _parts_read({"train": train}, "val"), _parts_read({"train": train, "val": val}, None)
        ('there is no part val: train is read (2 pictures)', 'train and val are read (3 pictures)')
    """
    if split is None or split not in found:
        missing = "" if split is None else f"there is no part {split}: "
        total = counted(len({picture for pictures in found.values() for picture in pictures}), "picture")
        return f"{missing}{' and '.join(found)} {'is' if len(found) == 1 else 'are'} read ({total})"
    read = set(found[split])
    sentence = f"{split} is read ({counted(len(read), 'picture')})"
    for part, pictures in found.items():
        if not read.issuperset(pictures):
            sentence += f", not {part} ({counted(len(pictures), 'picture')})"
        elif part != split:
            sentence += f", which {part} has too"
    return sentence


def _inside(folder: Path, pictures: list[Path]) -> list[Path]:
    """The pictures, which may be links, that lie in a folder or below it."""
    folder = folder.resolve()
    within = {one: one.resolve().is_relative_to(folder) for one in {picture.parent for picture in pictures}}
    return [picture for picture in pictures if within[picture.parent]]


def _lost(folder: Path, known: set[Path | None]) -> list[Path]:
    """The label files in a folder whose picture is not there."""
    pictures = _swapped(folder)
    stems = {split_input_name(one.name)[0] for one in pictures.iterdir()} if pictures.is_dir() else set()
    return [
        path
        for path in sorted(folder.glob("*.txt"))
        if path not in known and path.stem not in stems and _has_rows(path)
    ]


def _by_labels(source: AnnotationInput) -> list[Pair]:
    """The label files of a folder, and the picture of each: of the same name, in the same inner folder if it can be."""
    root = source.folder / "labels" if (source.folder / "labels").is_dir() else source.folder
    files = label_files_in(root)
    if source.images is not None:
        places = [source.images]
    else:
        places = [_swapped(root), source.folder / "images", source.folder]
    found: list[Path] = []
    for place in places:
        if place.is_dir() and (found := pictures_in(place)):
            break
    order = {picture: number for number, picture in enumerate(found, 1)}
    by_stem: dict[str, list[Path]] = {}
    for picture in found:
        by_stem.setdefault(split_input_name(picture.name)[0], []).append(picture)
    pairs: list[Pair] = []
    for number, path in enumerate(files, 1):
        same = by_stem.get(path.stem, [])
        inner = path.relative_to(root).parent.parts
        near = [one for one in same if one.parent.parts[-len(inner) :] == inner] if inner else same
        pictures = near or (same if len(same) == 1 else [])
        if pictures:
            # Further pictures of the same name, as a.jpg and a.png, get numbers behind those of all label files.
            pairs += [
                Pair(len(files) + order[one] if place else number, one, path) for place, one in enumerate(pictures)
            ]
        elif _has_rows(path):
            pairs.append(Pair(0, None, path))
    return pairs


def _swapped(folder: Path) -> Path:
    """The folder of pictures beside a folder of labels: images in place of the last labels in its path."""
    parts = list(folder.resolve().parts)
    for place in reversed(range(len(parts))):
        if parts[place] == "labels":
            parts[place] = "images"
            break
    return Path(*parts)


def _text(path: Path) -> str | None:
    """The content of a label file; None where it cannot be read or is too large."""
    try:
        if not path.is_file() or path.stat().st_size > _MOST_BYTES:
            return None
        return path.read_bytes().decode("utf-8-sig", "replace")
    except OSError:
        return None
