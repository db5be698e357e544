"""The networks that one run compares: the one that the options choose, and the same one in other engines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from maskseg_cli.errors import UsageError
from maskseg_cli.inference.engine_options import ENGINES, PRECISIONS, EngineOptions
from maskseg_cli.inference.model_options import ModelOptions


def contestants(options: ModelOptions, against: Sequence[str]) -> list[ModelOptions]:
    """The options of each network to measure, the chosen one first.

    Args:
        options: choose the network.
        against: "ENGINE" or "ENGINE:PRECISION", such as "tensorflow" or "openvino:int8": the same network so.

    Raises:
        UsageError: an unknown engine or precision, or two that do not go together; tiles, whose calls are not timed.

    Example:
        >>> [one.engine for one in contestants(ModelOptions(), ["tensorflow"])]
        ['auto', 'tensorflow']
    """
    if options.tiles is not None:
        raise UsageError("bench times one call of the network: leave out --tiles, which makes many.")
    found = [options]
    for word in against:
        engine, _, precision = word.partition(":")
        if engine not in ENGINES or precision not in ("", *PRECISIONS):
            raise UsageError(
                f"--against takes ENGINE or ENGINE:PRECISION, not {word!r}; engines are {', '.join(ENGINES)}, "
                f"precisions {', '.join(PRECISIONS)}."
            )
        found.append(replace(options, engine=engine, precision=precision or "auto"))
    for one in found:
        EngineOptions(one.engine, one.precision, one.device, one.threads)
    return found


def distinct(names: Sequence[str]) -> list[str]:
    """The names, with a number behind those that occur again.

    Example:
        >>> distinct(["tensorflow", "openvino int8", "tensorflow"])
        ['tensorflow', 'openvino int8', 'tensorflow (2)']
    """
    return [
        name if name not in names[:place] else f"{name} ({names[: place + 1].count(name)})"
        for place, name in enumerate(names)
    ]
