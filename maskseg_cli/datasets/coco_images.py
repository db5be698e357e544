"""Checking the images of a COCO annotation file, and finding their photos."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from maskseg_cli.datasets.field_values import id_of, picture_sides
from maskseg_cli.datasets.picture_files import SIDES, find_photos, picture_size
from maskseg_cli.datasets.problems import ProblemLog
from maskseg_cli.reporter import Reporter

#: From so many records on reading takes seconds, and its progress is shown.
MANY = 20_000


@dataclass(frozen=True, slots=True)
class ImageEntry:
    """A checked record of an image.

    Attributes:
        record: all fields, as the file has them.
        path: the photo; None: it was not looked for.
        height, width: of the upright picture, in pixels.
    """

    record: dict[str, Any]
    path: Path | None
    height: int
    width: int


#: Id, as `id_of` gives it -> the image; None: it has a problem, which was noted. Records of one photo have the same
#: `ImageEntry`, that of the first of them.
Images = dict[int | str, ImageEntry | None]


def check_images(
    records: list[dict[str, Any]],
    folder: Path | None,
    log: ProblemLog,
    trust_sizes: bool = False,
    reporter: Reporter | None = None,
) -> Images:
    """The images by id, in the order of the file.

    Records of one file are one image, to which the objects of all of them belong: otherwise each would teach, and
    measure, that the objects of the others are background.

    Args:
        folder: where the photos lie; None: unknown, and every record needs a width and height.
        trust_sizes: open the photo of a record without a size only; otherwise every photo, to check its size.
        reporter: is shown the progress where there are many.
    """
    images: Images = {}
    first: dict[int | str, dict[str, Any]] = {}
    by_photo: dict[Path | PurePosixPath, ImageEntry] = {}
    names = [name for record in map(_with_name, records) if isinstance(name := record.get("file_name"), str) and name]
    photos = None if folder is None else find_photos(folder, names, log)
    reporter = reporter if reporter is not None and len(records) >= MANY else Reporter()
    with reporter.progress(len(records), "image", "reading images") as show:
        for number, record in enumerate(records, 1):
            record = _with_name(record)
            identity, name = id_of(record.get("id")), record.get("file_name")
            label = name if isinstance(name, str) and name else f"image {record.get('id')!r}"
            if identity is None:
                log.add("image-record", label, "id that is a whole number or a text")
            elif identity in images:
                log.add("repeated-image" if first[identity] == record else "duplicate-image-id", label, identity)
            else:
                first[identity] = record
                if label != name:
                    log.add("image-record", label, "file_name")
                    images[identity] = None
                else:
                    path = None if photos is None else photos[label]
                    entry = _entry(record, path, log, trust_sizes)
                    images[identity] = None if entry is None else _of_one_photo(entry, by_photo, images, log)
            if number % 1000 == 0:
                show(number)
    return images


def _with_name(record: dict[str, Any]) -> dict[str, Any]:
    """The record with a file name; LVIS has the address of the photo in COCO instead, other programs another field."""
    if record.get("file_name"):
        return record
    name = next((value for key in ("filename", "path") if isinstance(value := record.get(key), str) and value), None)
    address = record.get("coco_url")
    if name is None and isinstance(address, str):
        name = "/".join(address.split("/")[-2:])
    return record if name is None else {**record, "file_name": name}


def unique_images(images: Images) -> list[ImageEntry]:
    """Each image once that has no problem, in the order of the file."""
    return list({id(entry): entry for entry in images.values() if entry is not None}.values())


def _of_one_photo(
    entry: ImageEntry, by_photo: dict[Path | PurePosixPath, ImageEntry], images: Images, log: ProblemLog
) -> ImageEntry | None:
    """The one entry of this photo; None where the sizes differ."""
    name = entry.record["file_name"]
    photo = entry.path or PurePosixPath(name.replace("\\", "/"))
    first = by_photo.setdefault(photo, entry)
    if first is entry:
        return entry
    if (first.height, first.width) != (entry.height, entry.width):
        log.add("other-size-of-photo", name, f"{entry.width} x {entry.height}, not {first.width} x {first.height}")
        return None
    log.add("same-photo", name)
    complete = first.record.get("complete_classes"), entry.record.get("complete_classes")
    if complete[0] == complete[1] or not isinstance(complete[0], list):
        return first
    # Together they have all objects of the classes that one of them has complete; a record without a list has all.
    both = [*complete[0], *complete[1]] if isinstance(complete[1], list) else None
    merged = by_photo[photo] = replace(first, record={**first.record, "complete_classes": both})
    images.update({identity: merged for identity, one in images.items() if one is first})
    return merged


def _entry(record: dict[str, Any], path: Path | None, log: ProblemLog, trust_sizes: bool) -> ImageEntry | None:
    recorded = picture_sides(*(record.get(side) for side in SIDES))
    size = recorded if trust_sizes or path is None else None
    if size is None and path is not None:
        size = picture_size(path, record, log)
    elif size is None:
        given = " x ".join(str(record[side]) for side in reversed(SIDES) if record.get(side) is not None)
        log.add("image-without-size", record["file_name"], f" of a picture ({given})" if given else "")
    return None if size is None else ImageEntry(record, path, *size)
