"""Options of the commands, made from the fields of dataclasses: `options_of`, `feature_options`, `keyword_options`."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from maskseg_cli.cli.parameters import Annotations, FrameRate, Number, Seconds, Share, Whole
from maskseg_cli.cli.sections import section
from maskseg_cli.features.feature import RunKind
from maskseg_cli.features.registry import features_of, option_values
from maskseg_cli.option import OptionText

Command = TypeVar("Command", bound=Callable[..., Any])


def options_of(
    target: str,
    kind: type,
    heading: str,
    build: Callable[..., Any] | None = None,
    settings: Mapping[str, Mapping[str, Any]] | None = None,
) -> Callable[[Command], Command]:
    """A decorator: adds the options of a dataclass, named `<target>_<field>`; fields that are no `option` are left out.

    The command gets `target=build(**values)`. Options that were not given are not among the values, so that the
    defaults of the dataclass count.

    Args:
        target: keyword of the command; a file for --config names the options by it too, see `use_defaults`.
        kind: the dataclass.
        heading: over the options that have none of their own.
        build: None: `kind` itself.
        settings: field -> keywords for `click.option` that the field cannot know, such as `callback`.
    """
    fields = [field for field in dataclasses.fields(kind) if "option" in field.metadata]
    return _gather(target, build or kind, [(field, heading) for field in fields], settings or {})


def feature_options(*kinds: RunKind, network: bool = True) -> Callable[[Command], Command]:
    """A decorator that passes `features`, the options of features by name, to the command.

    Args:
        kinds: the runs whose features are taken.
        network: take those too that have no meaning without the network.
    """
    found = {one: None for kind in kinds for one in features_of(kind) if network or not one.needs_network}
    fields = [(field, one.heading) for one in found for field in dataclasses.fields(one)]  # type: ignore[arg-type]
    return _gather("features", dict, fields, {})


def keyword_options(kind: type, heading: str = "") -> Callable[[Command], Command]:
    """A decorator: adds the options of a dataclass under its fields' own names, with the fields' defaults.

    Args:
        kind: the dataclass; its fields are options all.
        heading: over the options that have none of their own.
    """

    def decorate(command: Command) -> Command:
        for field in reversed(dataclasses.fields(kind)):
            text: OptionText = field.metadata["option"]
            command = _option(field.name, field, text, {"default": field.default})(command)
            command = section(text.heading or heading)(command)
        return command

    return decorate


def _gather(
    target: str,
    build: Callable[..., Any],
    fields: list[tuple[dataclasses.Field[Any], str]],
    settings: Mapping[str, Mapping[str, Any]],
) -> Callable[[Command], Command]:
    prefix = f"{target}_"

    def decorate(command: Command) -> Command:
        @functools.wraps(command)
        def gathered(*args: Any, **kwargs: Any) -> Any:
            given = {name: kwargs.pop(name) for name in list(kwargs) if name.startswith(prefix)}
            values = {name.removeprefix(prefix): value for name, value in given.items()}
            return command(*args, **{target: build(**option_values(values))}, **kwargs)

        for field, heading in reversed(fields):
            text: OptionText = field.metadata["option"]
            gathered = _option(f"{prefix}{field.name}", field, text, settings.get(field.name, {}))(gathered)
            gathered = section(text.heading or heading)(gathered)
        return gathered  # type: ignore[return-value]

    return decorate


def _option(
    name: str, field: dataclasses.Field[Any], text: OptionText, settings: Mapping[str, Any]
) -> Callable[[Any], Any]:
    flags = text.flags or (f"--{field.name.replace('_', '-')}",)
    shown: dict[str, Any] = {"help": text.help, "default": None, **settings}
    if text.default is not None:
        shown.setdefault("show_default", text.default)
    if isinstance(field.default, bool) or any("/" in flag for flag in flags):
        return click.option(*flags, name, is_flag=True, **shown)
    if text.without_value is not None:
        shown |= {"is_flag": False, "flag_value": text.without_value}
    if field.default not in (None, (), ""):
        shown.setdefault("show_default", str(field.default))
    multiple = isinstance(field.default, tuple) and not (text.parts and field.default)
    shown |= {"multiple": multiple, "nargs": len(text.parts) or None}
    return click.option(*flags, name, type=_type(text), metavar=text.metavar, **shown)


def _type(text: OptionText) -> Any:
    if text.parts:
        kinds = tuple(_type(dataclasses.replace(text, kind=kind, parts=())) for kind in text.parts)
        return kinds[0] if len(set(text.parts)) == 1 else kinds
    if text.choices:
        return click.Choice(text.choices)
    if text.kind == "whole":
        least, most = text.least, text.most
        return Whole(min=None if least is None else int(least), max=None if most is None else int(most))
    if text.kind == "number":
        return Number(min=text.least, max=text.most, min_open=text.above, max_open=text.below)
    if text.kind in ("file", "folder"):
        return click.Path(exists=True, dir_okay=text.kind == "folder", file_okay=text.kind == "file", path_type=Path)
    others: dict[str, Any] = {
        "output_folder": click.Path(file_okay=False, path_type=Path),
        "annotations": Annotations(exists=True),
        "share": Share(0, 1),
        "seconds": Seconds(),
        "rate": FrameRate(),
    }
    return others.get(text.kind, str)
