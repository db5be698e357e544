"""`feature_options`: the options of all features of a kind of run, made from the fields of the features."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from typing import Any, TypeVar

import click

from maskseg_cli.cli.parameters import Number, Seconds, Share, Whole
from maskseg_cli.cli.sections import section
from maskseg_cli.features.feature import RunKind
from maskseg_cli.features.registry import features_of, option_values
from maskseg_cli.option import OptionText

Command = TypeVar("Command", bound=Callable[..., Any])

_PREFIX = "features_"


def feature_options(*kinds: RunKind, network: bool = True) -> Callable[[Command], Command]:
    """A decorator that passes `features`, the options of features by name, to the command.

    Options that were not given are left out, so that the defaults of the features count.

    Args:
        kinds: the runs whose features are taken.
        network: take those too that have no meaning without the network.
    """

    def decorate(command: Command) -> Command:
        @functools.wraps(command)
        def gathered(*args: Any, **kwargs: Any) -> Any:
            given = {name: kwargs.pop(name) for name in list(kwargs) if name.startswith(_PREFIX)}
            values = {name.removeprefix(_PREFIX): value for name, value in given.items()}
            return command(*args, features=option_values(values), **kwargs)

        found = {
            feature: None for kind in kinds for feature in features_of(kind) if network or not feature.needs_network
        }
        for feature in reversed(found):
            for one in reversed(dataclasses.fields(feature)):  # type: ignore[arg-type]
                gathered = _option(one)(gathered)
            gathered = section(feature.heading)(gathered)
        return gathered  # type: ignore[return-value]

    return decorate


def _option(field: dataclasses.Field[Any]) -> Callable[[Any], Any]:
    text: OptionText = field.metadata["option"]
    flags = text.flags or (f"--{field.name.replace('_', '-')}",)
    shown: dict[str, Any] = {"help": text.help, "default": None}
    if isinstance(field.default, bool) or any("/" in flag for flag in flags):
        return click.option(*flags, f"{_PREFIX}{field.name}", is_flag=True, **shown)
    default = text.default or (None if field.default in (None, (), "") else str(field.default))
    if default is not None:
        shown["show_default"] = default
    return click.option(
        *flags,
        f"{_PREFIX}{field.name}",
        type=_type(text),
        metavar=text.metavar,
        multiple=isinstance(field.default, tuple),
        **shown,
    )


def _type(text: OptionText) -> Any:
    if text.choices:
        return click.Choice(text.choices)
    if text.kind == "whole":
        least, most = text.least, text.most
        return Whole(min=None if least is None else int(least), max=None if most is None else int(most))
    if text.kind == "number":
        return Number(min=text.least, max=text.most)
    if text.kind == "share":
        return Share(0, 1)
    return Seconds() if text.kind == "seconds" else str
