"""Options of a network as a user writes them: ``--set option=value`` and files for ``--config``."""

from __future__ import annotations

import ast
import json
import re
import sys
import types
import typing
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, cast

from maskseg_cli.config.detectron2_config import is_detectron2_config, options_of_detectron2
from maskseg_cli.config.mask_rcnn_config import option_types
from maskseg_cli.config.value_types import conform, describe, short
from maskseg_cli.config.yaml_file import read_yaml
from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.messages import shortened
from maskseg_cli.near_names import did_you_mean

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

#: What Matterport's `Config` computes from other options, and from which.
DERIVED = {
    "batch_size": "gpu_count and images_per_gpu",
    "image_meta_size": "num_classes",
    "image_shape": "image_min_dim, image_max_dim and image_resize_mode",
}

#: Options of the command line, and the option of the network that each sets.
_OTHER_NAMES = {
    **dict.fromkeys(("min_score", "score", "threshold", "min_confidence"), "detection_min_confidence"),
    "max_detections": "detection_max_instances",
    "size": "image_min_dim",
    "iou": "detection_nms_threshold",
}

_YES_NO = {
    "yes": True,
    "true": True,
    "on": True,
    "1": True,
    "no": False,
    "false": False,
    "off": False,
    "0": False,
}
_NONE = ("none", "null")

#: A file of options is shorter, and so is the value of an option on the command line.
_MOST_BYTES = 1 << 20
_MOST_VALUE = 20_000


def parse_settings(settings: Iterable[str]) -> dict[str, Any]:
    """Parse settings such as ``detection_min_confidence=0.5`` into typed options of `MaskRCNNConfig`.

    Names may be in upper case, as in Matterport's `Config`. Lists are written ``[16,32]``, ``16,32`` or as
    Matterport prints them (``[16 32]``); of an option given twice the last value counts.

    Raises:
        UsageError: no ``=``, an unknown option (near ones are named) or a value of the wrong type.

    Example:
        >>> parse_settings(["RPN_ANCHOR_SCALES=[16,32]", "image_resize_mode=none", "train_bn=no"])
        {'rpn_anchor_scales': (16, 32), 'image_resize_mode': 'none', 'train_bn': False}
    """
    options: dict[str, Any] = {}
    for setting in settings:
        name, equals, text = setting.partition("=")
        if not equals or not name.strip():
            raise UsageError(f"{shortened(setting)!r} is not a setting: write it as option=value.")
        option = _option_name(name.strip())
        hint = option_types()[option]
        options[option] = conform(option, _parse(option, text.strip(), hint), hint)
    return options


def read_config_file(path: str | Path, others: Collection[str] = ()) -> dict[str, Any]:
    """Options of the network from a TOML file, a JSON file as `maskseg config --json` writes it, or a YAML file.

    The file holds the options at its top level, or in a table ``[maskseg]``; then the rest of it is ignored. The text
    ``"none"`` stands for none, which TOML lacks. A YAML file may be detectron2's config.yaml: see
    `options_of_detectron2`.

    Args:
        path: the file.
        others: names of further options that may be in the file, and are left out here; see `read_others`.

    Raises:
        MasksegError: the file cannot be read, or its syntax is wrong (with the line).
        UsageError: an unknown option (near ones are named) or a value of the wrong type.
    """
    path = Path(path)
    options: dict[str, Any] = {}
    try:
        for name, value in _options_table(path).items():
            if _plain_name(name) in others:
                continue
            option = _option_name(name, others)
            if option in options:
                raise UsageError(f"{option} is given twice.")
            hint = option_types()[option]
            if isinstance(value, str) and value.lower() in _NONE and _may_be_none(hint):
                value = None
            options[option] = conform(option, value, hint)
    except UsageError as error:
        raise UsageError(f"In {path}: {error}") from None
    return options


def read_others(path: str | Path, others: Collection[str]) -> dict[str, Any]:
    """The options of a file for `read_config_file` that are not the network's, with their values as they are.

    Args:
        path: the file.
        others: their names; in the file these may be written with dashes.

    Raises:
        MasksegError, UsageError: as `read_config_file`.
    """
    read_config_file(path, others)
    table = _options_table(Path(path))
    return {_plain_name(name): value for name, value in table.items() if _plain_name(name) in others}


def _options_table(path: Path) -> Mapping[str, Any]:
    document = read_document(path)
    if is_detectron2_config(document):
        return options_of_detectron2(document)
    return _table(path, document, "maskseg") if "maskseg" in document else document


def _plain_name(name: str) -> str:
    return name.replace("-", "_").lower()


def read_table(path: str | Path, name: str) -> dict[str, Any]:
    """The table ``[name]`` of a TOML file, unchecked; empty where the file has none.

    Raises:
        MasksegError: the file cannot be read, or its syntax is wrong (with the line).
        UsageError: `name` is not a table.
    """
    path = Path(path)
    return dict(_table(path, read_document(path), name))


def _table(path: Path, document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    table = document.get(name, {})
    if not isinstance(table, Mapping):
        raise UsageError(f"In {path}, {name} is not a table of options.")
    return table


def read_document(path: Path) -> dict[str, Any]:
    """All of a TOML file, unchecked; also of a JSON file, and of a YAML file by its ending.

    Raises:
        MasksegError: the file cannot be read, or its syntax is wrong (with the line).
    """
    try:
        with path.open("rb") as stream:
            data = stream.read(_MOST_BYTES + 1)
        if len(data) > _MOST_BYTES:
            raise MasksegError(f"{path} is too large for a file of options: it has more than {_MOST_BYTES:,} bytes.")
        text = data.decode("utf-8-sig")
    except FileNotFoundError:
        raise MasksegError(f"There is no file {path}.") from None
    except IsADirectoryError:
        raise MasksegError(f"{path} is a folder, not a file of options.") from None
    except OSError as error:
        raise MasksegError(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise MasksegError(f"{path} is not a file of options: it is no text in UTF-8.") from None
    if path.suffix.lower() in (".yaml", ".yml"):
        try:
            return read_yaml(text)
        except ValueError as error:
            raise MasksegError(f"{path} is not a YAML file of options: {error}.") from None
    try:
        if text.lstrip().startswith("{"):  # no TOML document begins with a brace
            return cast(dict[str, Any], json.loads(text))
        return tomllib.loads(text.replace("\r\n", "\n"))
    except json.JSONDecodeError as error:
        raise MasksegError(f"{path} is not valid JSON: line {error.lineno}: {error.msg}.") from None
    except RecursionError:
        raise MasksegError(f"{path} is no file of options: it has brackets in brackets without an end.") from None
    except ValueError as error:  # TOMLDecodeError is one; others are of numbers with thousands of digits
        if "set_int_max_str_digits" in str(error):  # Python's sentence is for programmers
            raise MasksegError(f"{path} is no file of options: a number in it has thousands of digits.") from None
        raise MasksegError(f"{path} is not valid TOML: {str(error).rstrip('.')}.") from None


def _option_name(name: str, others: Collection[str] = ()) -> str:
    option = name.lower()
    known = option_types()
    if option in known:
        return option
    if option in DERIVED:
        raise UsageError(f"{name} is computed: set {DERIVED[option]} instead.")
    near = did_you_mean(_OTHER_NAMES.get(option, option), [*known, *others]) or "; maskseg config shows all"
    raise UsageError(f"There is no option {shortened(name)!r}{near}.")


def _may_be_none(hint: Any) -> bool:
    return type(None) in (hint, *typing.get_args(hint))


def _parse(option: str, text: str, hint: Any) -> Any:
    """The Python value of a text for an option of this type, not checked further."""
    if len(text) > _MOST_VALUE:
        raise UsageError(f"The value of {option} is too long: it has {len(text):,} characters.")
    if _may_be_none(hint) and text.lower() in _NONE:
        return None
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        hint = next(member for member in typing.get_args(hint) if member is not type(None))
    if hint is str:
        quoted = len(text) >= 2 and text[0] == text[-1] and text[0] in "'\""
        return text[1:-1] if quoted else text
    wrong = UsageError(f"{option} is {describe(hint)}, not {short(text)}.")
    if hint is bool:
        if text.lower() not in _YES_NO:
            raise wrong
        return _YES_NO[text.lower()]
    if typing.get_origin(hint) is tuple and not re.match(r"[\[(]", text):
        text = f"[{text}]"
    # NumPy prints lists without commas
    text = re.sub(r"(?<=[\d.\])])\s+(?=[-\d.\[(])", ", ", text)
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError, OverflowError):  # 9...9+1j overflows
        raise wrong from None
