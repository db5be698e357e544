"""Options of the commands that read annotations, described once; nothing that takes time is imported."""

from __future__ import annotations

from typing import Any

from maskseg_cli.errors import UsageError
from maskseg_cli.option import option

#: The names of `annotation_formats.FORMATS`.
FORMAT_NAMES = ("coco", "via", "via3", "cvat", "yolo", "labelme", "voc", "masks", "supervisely", "darwin")

#: What --via-attribute says.
VIA_ATTRIBUTE = "For files of the VGG Image Annotator: the region attribute that holds the class."


def format_option(what: str, **text: Any) -> Any:
    """The field of a dataclass for the name of an annotation format; None: the content shows it.

    Args:
        what: the annotations, as the command's help calls them.
        text: as `option.option` takes it.
    """
    words = f"Format of {what}, where the content does not show it: {', '.join(FORMAT_NAMES)}."
    return option(None, words, metavar="FORMAT", **text)


def check_format(name: str | None) -> None:
    """Checks the name of an annotation format; None: none was given.

    Raises:
        UsageError: there is no format of that name.
    """
    if name is not None and name not in FORMAT_NAMES:
        raise UsageError(f"There is no annotation format {name!r}; there are {', '.join(FORMAT_NAMES)}.")


def via_attribute_option(**text: Any) -> Any:
    """The field of a dataclass for the attribute of a VIA file that is the class; None: see `via.read_via`."""
    return option(None, VIA_ATTRIBUTE, metavar="NAME", **text)
