"""`ModelOptions` for another process: as words of a command line, and as JSON."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

from maskseg_cli.inference.model_options import ModelOptions

#: Fields whose option has another name.
_NAMES = {"settings": "set"}


def words_of(options: ModelOptions) -> list[str]:
    """The options as words of a command line, without those that have their default.

    Example:
        >>> words_of(ModelOptions(size=320, settings=("a=1", "b=2"), tta=True))
        ['--size=320', '--set=a=1', '--set=b=2', '--tta']
    """
    words = []
    for field in dataclasses.fields(options):
        value = getattr(options, field.name)
        if value == field.default:
            continue
        option = f"--{_NAMES.get(field.name, field.name).replace('_', '-')}"
        if value is True:
            words.append(option)
        elif field.name == "classes" and not isinstance(value, str):
            words.append(f"{option}={','.join(value)}")
        else:
            several = value if isinstance(value, (tuple, list)) else [value]
            words += [f"{option}={one}" for one in several]
    return words


def options_to_json(options: ModelOptions) -> str:
    """The options as JSON."""
    return json.dumps({name: _plain(value) for name, value in dataclasses.asdict(options).items()})


def options_from_json(text: str) -> ModelOptions:
    """The options that `options_to_json` wrote; paths are text, but for `config`.

    Example:
        >>> options_from_json(options_to_json(ModelOptions("lite", settings=("a=1",)))).settings
        ('a=1',)
    """
    fields = json.loads(text)
    fields["settings"] = tuple(fields["settings"])
    fields["config"] = None if fields["config"] is None else Path(fields["config"])
    return ModelOptions(**fields)


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Path) else value
