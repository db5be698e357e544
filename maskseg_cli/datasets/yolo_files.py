"""Finding the files of a YOLO data set: data.yaml, names of classes, pictures and the label file of each."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from maskseg_cli.config.yaml_file import read_yaml
from maskseg_cli.datasets.json_file import read_bytes
from maskseg_cli.errors import MasksegError
from maskseg_cli.media.picture_formats import split_input_name

#: Files with a name of a class a line, as Label Studio, LabelImg, CVAT and Darknet write them.
_NAME_FILES = ("classes.txt", "obj.names", "classes.names", "predefined_classes.txt")

#: Folders inside of a data set: what describes the set may lie above them.
_INNER = ("labels", "images", "train", "val", "valid", "test", "obj_train_data")

#: The parts of a set in data.yaml.
SPLITS = ("train", "val", "test")

#: Folders inside each other, files of a walk, and classes; more are no data set of YOLO.
_DEEPEST, _MOST_FILES, _MOST_CLASSES = 6, 5_000_000, 100_000


@dataclass(frozen=True)
class Description:
    """What describes a data set.

    Attributes:
        names: number -> class.
        folder: of the file that says so.
        parts: train, val and test -> what the file says of their pictures; {} where a list of names is all.
        root: folder that `parts` are relative to.
        keypoints: the rows have points of poses behind their boxes.
    """

    names: dict[int, str]
    folder: Path
    parts: Mapping[str, Any]
    root: Path
    keypoints: bool = False


def describe(path: Path) -> Description | None:
    """The description of a data set: a file data.yaml, or what lies in a folder or above it; None: there is none.

    Raises:
        MasksegError: the file cannot be read or names no class.
    """
    if path.is_file():
        return _from_yaml(path)
    folders = [path]
    while folders[-1].resolve().name in _INNER and len(folders) < 4:
        folders.append(folders[-1].resolve().parent)
    for folder in folders:
        yaml = yaml_in(folder)
        if yaml is not None:
            return _from_yaml(yaml)
        for name in _NAME_FILES:
            if (folder / name).is_file():
                lines = read_bytes(folder / name)[: _MOST_CLASSES * 100].decode("utf-8-sig", "replace").splitlines()
                names = {number: line.strip() for number, line in enumerate(lines) if line.strip()}
                return Description(names, folder, {}, folder)
    return None


def yaml_in(folder: Path) -> Path | None:
    """The YAML file of a data set in a folder."""
    if (folder / "data.yaml").is_file():
        return folder / "data.yaml"
    try:
        files = sorted(folder.iterdir())
    except OSError:
        return None
    return next((path for path in files if is_yaml(path)), None)


def is_yaml(path: Path) -> bool:
    """Whether this is a YAML file that describes a data set."""
    if path.suffix.lower() not in (".yaml", ".yml") or not path.is_file():
        return False
    with path.open("rb") as file:
        lines = file.read(100_000).splitlines()
    keys = {line.partition(b":")[0].strip() for line in lines if not line.startswith((b" ", b"#", b"\t", b"-"))}
    return b"names" in keys or (b"nc" in keys and b"train" in keys)


def _from_yaml(path: Path) -> Description:
    try:
        table = read_yaml(read_bytes(path).decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise MasksegError(f"{path} is no YAML file: its text is not UTF-8.") from None
    except ValueError as error:
        raise MasksegError(f"{path} is no YAML file that can be read: {error}.") from None
    names, count = table.get("names"), table.get("nc")
    if names is None and isinstance(count, int) and 0 < count <= _MOST_CLASSES:
        names = [f"class_{number}" for number in range(count)]
    pairs = names.items() if isinstance(names, dict) else enumerate(names) if isinstance(names, list) else ()
    found = {
        key: str(name).strip()
        for key, name in pairs
        if isinstance(key, int) and key >= 0 and isinstance(name, (str, int, float)) and str(name).strip()
    }
    if not found:
        raise MasksegError(f"{path} has no names of classes: YOLO's data.yaml has a list, or numbers and names.")
    given = table.get("path")
    base = path.parent / given if isinstance(given, str) else path.parent
    parts = {part: table[key] for part in SPLITS for key in (part, "valid") if key in table and key[:3] == part[:3]}
    root = base if os.path.isdir(base) else path.parent  # unlike Path.is_dir, False for a name that is too long
    return Description(found, path.parent, parts, root, "kpt_shape" in table)


def pictures_of(description: Description, part: str) -> Iterator[Path]:
    """The pictures of a part of the set: those of folders, or those that a text file lists."""
    given = description.parts.get(part)
    for entry in given if isinstance(given, list) else [given]:
        place = _place(description, entry)
        if place is None:
            continue
        if place.is_file():
            for line in read_bytes(place).decode("utf-8", "replace").splitlines():
                name = line.strip()
                if split_input_name(name)[1] and "\0" not in name:
                    picture = (place.parent if name.startswith("./") else description.root) / name
                    # Darknet's lists, and CVAT's, begin with the folder data of another program.
                    other = description.root / name.removeprefix("data/")
                    yield other if other != picture and not os.path.exists(picture) else picture
        else:
            yield from pictures_in(place)


def _place(description: Description, entry: Any) -> Path | None:
    """The folder or text file that data.yaml names; None where it is not there."""
    if not isinstance(entry, str) or not entry:
        return None
    inner = entry
    while inner.startswith("../"):  # as Roboflow has it, from a folder that is not there
        inner = inner[3:]
    above = description.folder.resolve()
    for place in (description.root / entry, description.folder / entry, description.folder / inner):
        # A folder with the set in it would be the whole disk in the end.
        if os.path.exists(place) and place.resolve() not in above.parents:
            return place
    return None


def pictures_in(folder: Path) -> list[Path]:
    """The pictures in a folder and those below it."""
    return [path for path in files_in(folder) if split_input_name(path.name)[1]]


def label_files_in(folder: Path) -> list[Path]:
    """The text files in a folder and those below it that may have labels."""
    return [path for path in files_in(folder) if path.suffix.lower() == ".txt" and path.name not in _NAME_FILES]


def files_in(folder: Path) -> Iterator[Path]:
    """The files in a folder and those below it, in the order of their names."""
    count = 0
    for place, inner, files in os.walk(folder):
        inner.sort()
        if len(Path(place).relative_to(folder).parts) >= _DEEPEST:
            inner.clear()
        for name in sorted(files):
            count += 1
            if count > _MOST_FILES:
                return
            yield Path(place, name)


def label_file(picture: Path) -> Path:
    """Where YOLO looks for the labels of a picture: in the folder labels in place of the last folder images.

    Example:
        >>> label_file(Path("set/images/train/1.jpg")).as_posix(), label_file(Path("a/1.jpg")).as_posix()
        ('set/labels/train/1.txt', 'a/1.txt')
    """
    parts = list(picture.with_name(f"{split_input_name(picture.name)[0]}.txt").parts)
    for place in reversed(range(len(parts) - 1)):
        if parts[place] == "images":
            parts[place] = "labels"
            break
    return Path(*parts)
