"""Recipes: the options of a training run in a TOML file."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

from maskseg_cli.config.overrides import read_config_file, read_table
from maskseg_cli.errors import UsageError
from maskseg_cli.near_names import did_you_mean
from maskseg_cli.training.choices import as_tuple, make_choices

#: Name in a recipe -> parameter of `make_choices`, where they differ.
_PARAMETERS = {"set": "settings"}


def read_recipe(path: str | Path) -> dict[str, Any]:
    """Reads the options of a run from a TOML file.

    Args:
        path: holds the options of `maskseg train` in a table [train], with dashes or underscores in their names, and
            those of the network in a table [maskseg].

    Returns:
        arguments of `make_choices` by name, with the network's options as `overrides`.

    Raises:
        MasksegError: the file cannot be read, or its syntax is wrong.
        UsageError: an unknown option (the nearest is named), or an option of the network with a wrong value.
    """
    parameters = inspect.signature(make_choices).parameters
    known = (set(parameters) - {"overrides", *_PARAMETERS.values()}) | set(_PARAMETERS)
    options: dict[str, Any] = {"overrides": read_config_file(path) if read_table(path, "maskseg") else {}}
    for written, value in read_table(path, "train").items():
        name = written.replace("-", "_")
        if name not in known:
            hint = did_you_mean(name, sorted(known), 1)
            raise UsageError(f"{path} has an unknown training option: {written}{hint}.")
        name = _PARAMETERS.get(name, name)
        # One value of an option that may be repeated needs no brackets.
        options[name] = as_tuple(value) if isinstance(parameters[name].default, tuple) else value
    return options
