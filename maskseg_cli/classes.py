"""Class names: their spellings, label files, and what a user may call a class on the command line."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from maskseg_cli.coco_classes import COCO_CLASSES, is_unused, unused
from maskseg_cli.config.value_types import conform
from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.messages import plural, shortened
from maskseg_cli.near_names import near_names

#: Names in use for the same class, Pascal VOC's first; keys and values as `_compact` leaves them.
_OTHER_SPELLINGS = {
    "motorbike": "motorcycle",
    "aeroplane": "airplane",
    "sofa": "couch",
    "tvmonitor": "tv",
    "doughnut": "donut",
    "hairdryer": "hairdrier",
}

#: What people say for some of COCO's classes when they choose classes; not for comparing names, because data may use
#: them for something else. Keys as `_compact` leaves them.
_EVERYDAY_NAMES = {
    "bike": "bicycle",
    "cattle": "cow",
    "human": "person",
    "jet": "airplane",
    "lorry": "truck",
    "pedestrian": "person",
    "people": "person",
    "plane": "airplane",
    "pushbike": "bicycle",
    "rucksack": "backpack",
    "television": "tv",
}

#: A file of class names is shorter; a device such as /dev/zero has no end.
_MOST_BYTES = 1 << 22

#: Names of kinds or parts of a class, which is only suggested for them. Keys as `_compact` leaves them.
_NARROWER_NAMES = {
    **dict.fromkeys(("man", "men", "woman", "women", "child", "children", "boy", "girl", "baby", "face"), "person"),
    **dict.fromkeys(("auto", "automobile", "van", "suv", "taxi"), "car"),
    **dict.fromkeys(("mobile", "smartphone"), "cellphone"),
    "puppy": "dog",
    "kitten": "cat",
    "ship": "boat",
    "fridge": "refrigerator",
    "monitor": "tv",
}

_BACKGROUND_NAMES = ("background", "bg")

#: What torchvision's own list of names has for the numbers that COCO's categories leave out.
_NO_CLASS = "N/A"


def _compact(name: str) -> str:
    # An accented letter may be one character of Unicode, or the letter and its accent (as on a Mac).
    name = unicodedata.normalize("NFC", name)
    return unicodedata.normalize("NFC", re.sub(r"[\s_\-]+", "", name).casefold()) or name.strip()


_COCO_BY_KEY = {_compact(name): name for name in COCO_CLASSES}


def canonical_name(name: str) -> str:
    """One form for all spellings of a class, for comparing: two names mean the same class where it is equal.

    Case, spaces, underscores, hyphens and Unicode's composed or decomposed accents do not count, and Pascal VOC's
    names are COCO's.

    Returns:
        COCO's own spelling for a COCO class; any other name in lower case without spaces.

    Example:
        >>> canonical_name("Dining_Table"), canonical_name("aeroplane"), canonical_name("Traffic Cone")
        ('dining table', 'airplane', 'trafficcone')
    """
    key = _compact(name)
    key = _OTHER_SPELLINGS.get(key, key)
    return _COCO_BY_KEY.get(key, key)


def same_class(a: str, b: str) -> bool:
    """Whether two names mean the same class (`motorbike` and `motorcycle` do)."""
    return canonical_name(a) == canonical_name(b)


def is_background(name: str) -> bool:
    """Whether a name stands for the background (`background`, `BG`, `__background__`)."""
    return _compact(name) in _BACKGROUND_NAMES


def read_labels(path: str | Path) -> tuple[str, ...]:
    """Class names of a label file: one name a line, background first.

    A file whose first line is not the background is taken as one without it. Byte-order marks, CRLF and blank
    lines at the end are allowed. A line "N/A" stands for a class that the network was not trained on.

    Returns:
        index -> name; index 0 is always "background".

    Raises:
        MasksegError: no file, an empty or binary one, a blank line between names, a name that occurs twice.
    """
    path = Path(path)
    names = [line.strip() for line in re.split(r"\r\n|\r|\n", _read_text(path))]
    while names and not names[-1]:
        names.pop()
    if not names:
        raise MasksegError(f"The labels file {path} is empty: it needs one class name a line.")
    if is_background(names[0]):
        names[0] = "background"
        first_line = 1
    else:
        names.insert(0, "background")
        first_line = 0
    names = [unused(number) if name == _NO_CLASS else name for number, name in enumerate(names)]
    seen: dict[str, int] = {}
    for line, name in enumerate(names, first_line):
        if not name:
            raise MasksegError(f"Line {line} of the labels file {path} is blank: each line names a class.")
        if line != first_line and is_background(name):
            raise MasksegError(f"Line {line} of the labels file {path} is {name!r}: it belongs in line 1.")
        key = unicodedata.normalize("NFC", name)
        if key in seen:
            raise MasksegError(f"The labels file {path} has {name!r} twice: lines {seen[key]} and {line}.")
        seen[key] = line
    if len(names) == 1:
        raise MasksegError(f"The labels file {path} names no class but the background.")
    return tuple(names)


def _read_text(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            data = stream.read(_MOST_BYTES + 1)
    except FileNotFoundError:
        raise MasksegError(f"There is no labels file {path}.") from None
    except IsADirectoryError:
        raise MasksegError(f"{path} is a folder, not a labels file.") from None
    except OSError as error:
        raise MasksegError(f"The labels file {path} cannot be read: {error.strerror}.") from None
    if len(data) > _MOST_BYTES:
        raise MasksegError(f"{path} is too large for a labels file: it has more than {_MOST_BYTES:,} bytes.")
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise MasksegError(f"{path} is not a labels file: that is plain text (UTF-8), one class name a line.")
    return text


def parse_classes(text: str, class_names: Sequence[str], owner: str = "model") -> list[int]:
    """Class indices for a list such as ``person,dog`` (or ``1,17``), each once, in the order given.

    Args:
        text: names or indices with commas between; any spelling that `canonical_name` knows, plurals, and some
            everyday names (people, bike, plane).
        class_names: the model's names, index -> name, background first.
        owner: whose classes they are, for messages.

    Raises:
        UsageError: an unknown name (near ones are listed), the background, or nothing at all.

    Example:
        >>> parse_classes("Person, motorbike", COCO_CLASSES)
        [1, 4]
        >>> parse_classes("people, buses", COCO_CLASSES)
        [1, 6]
    """
    wanted = [word.strip() for word in text.split(",")]
    wanted = [word for word in wanted if word]
    if not wanted:
        raise UsageError("The list of classes is empty: name at least one class, such as person,dog.")
    indices: dict[int, None] = {}
    for word in dict.fromkeys(wanted):
        indices.update(dict.fromkeys(_find_class(word, class_names, owner)))
    return list(indices)


def chosen_classes(classes: Any, class_names: Sequence[str]) -> list[int]:
    """Class indices for numbers and names, one or several of either.

    Args:
        classes: a number, a text for `parse_classes`, or several of them.
        class_names: as for `parse_classes`; empty: any number is right.

    Raises:
        UsageError: a number or name that no class has, or another type.

    Example:
        >>> chosen_classes(["dog", 1], COCO_CLASSES), chosen_classes("person,dog", COCO_CLASSES)
        ([17, 1], [1, 17])
    """
    several = not isinstance(classes, (str, bytes)) and hasattr(classes, "__iter__")
    indices: list[int] = []
    for one in list(classes) if several else [classes]:
        if isinstance(one, str):
            indices += parse_classes(one, class_names)
            continue
        number = int(conform("The number of a class", one, int))
        if class_names and not 0 < number < len(class_names):
            raise UsageError(f"There is no class {number}: the classes are 1 to {len(class_names) - 1}.")
        indices.append(number)
    return indices


def class_words(classes: str | int | Iterable[str | int]) -> str:
    """Classes as a text for `parse_classes`.

    Example:
        >>> class_words(["person", 17]), class_words(17), class_words("person,dog")
        ('person,17', '17', 'person,dog')
    """
    return str(classes) if isinstance(classes, (str, int)) else ",".join(map(str, classes))


def own_names(classes: Any, network_names: Callable[[list[str]], list[str]]) -> Any:
    """Classes with the network's names in place of a user's own; all else as it is.

    Args:
        classes: as for `chosen_classes`, or None.
        network_names: the network's names for those of a user.

    Example:
        >>> own_names("human, dog", lambda words: ["person" if word == "human" else word for word in words])
        'person,dog'
    """
    if isinstance(classes, str):
        return ",".join(network_names([word.strip() for word in classes.split(",")]))
    if isinstance(classes, bytes) or not hasattr(classes, "__iter__"):
        return classes
    return [name for one in classes for name in (network_names([one]) if isinstance(one, str) else [one])]


def used_classes(class_names: Sequence[str]) -> list[int]:
    """The numbers of the classes that a network was trained on, without the background.

    Example:
        >>> used_classes(("background", "cat", "class 2 (not used)", "dog"))
        [1, 3]
    """
    return [number for number in range(1, len(class_names)) if not is_unused(class_names[number])]


def _find_class(word: str, class_names: Sequence[str], owner: str) -> list[int]:
    objects = used_classes(class_names)
    exact = [i for i in objects if class_names[i] == word]
    found = exact or [i for i in objects if same_class(class_names[i], word)]
    if not found:
        key = _singular(_compact(word), [class_names[i] for i in objects])
        found = [i for i in objects if key and same_class(class_names[i], key)]
    if found:
        return found
    if is_background(word):
        raise UsageError("The background cannot be found: leave it out of the list of classes.")
    if re.fullmatch(r"[0-9]+", word):
        digits = word.lstrip("0") or "0"
        if len(digits) < 10 and 0 < int(digits) < len(class_names):  # Python makes no integers of thousands of digits
            if int(digits) in objects:
                return [int(digits)]
            raise UsageError(f"The model was not trained on a class {int(digits)}: COCO leaves out this number.")
        most = len(class_names) - 1
        raise UsageError(f"There is no class {shortened(digits)}: the {owner}'s classes are 1 to {most}.")
    near = _near(word, [class_names[i] for i in objects], owner)
    raise UsageError(f"The {owner} has no class {shortened(word)!r}{near}.")


def _singular(key: str, names: Sequence[str]) -> str | None:
    """The name of a class for its plural or for an everyday name, one or several; None: it is neither."""
    for name in names:
        if key == _compact(plural(name)):
            return name
    for everyday, name in _EVERYDAY_NAMES.items():
        if key in (everyday, _compact(plural(everyday))):
            return name
    return None


def _near(word: str, names: Sequence[str], owner: str) -> str:
    by_key = {_compact(name): name for name in names}
    others = {**_OTHER_SPELLINGS, **_EVERYDAY_NAMES, **_NARROWER_NAMES}.items()
    by_any_key = {**{other: by_key[_compact(name)] for other, name in others if _compact(name) in by_key}, **by_key}
    key = _compact(word)
    # "phone" is near "cell phone" for a user, though its letters are not.
    inside = [name for name in names if key in map(_compact, re.split(r"[\s_\-]+", name))]
    near = [key] if key in by_any_key else near_names(key, by_any_key)
    found = list(dict.fromkeys([by_any_key[other] for other in near] + inside))[:3]
    if found:
        return f" (did you mean {' or '.join(found)}?)"
    if len(names) <= 10:
        return f": it knows {', '.join(names)}"
    return "; `maskseg weights info` lists its classes" if owner == "model" else ""
