"""Commands whose --help groups the options under headings, and that name the right option for a wrong one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import click

from maskseg_cli.near_names import near_names

Function = TypeVar("Function", bound=Callable[..., Any])

#: Heading of --quiet, --debug and --help, which comes last.
GENERAL = "General"

#: Names that other programs have for an option, and ours.
_OTHER_NAMES = {
    "--class": "--classes",
    "--cls": "--classes",
    "--conf": "--min-score",
    "--confidence": "--min-score",
    "--cpu": "--device cpu",
    "--cuda": "--device gpu",
    "--filter": "--classes",
    "--force": "--overwrite",
    "--gpu": "--device gpu",
    "--imgsz": "--size",
    "--int8": "--precision int8",
    "--limit": "--max-detections",
    "--lr": "--learning-rate",
    "--npu": "--device npu",
    "--opacity": "--alpha",
    "--project": "--output",
    "--save": "--output",
    "--silent": "--quiet",
    "--source": "--camera",
    "--threshold": "--min-score",
    "--verbose": "--debug",
}


def section(heading: str) -> Callable[[Function], Function]:
    """A decorator that puts a heading over all options below it that have none yet.

    Example:
        >>> @section("Results")
        ... @click.option("--output")
        ... def run(output): ...
    """

    def decorate(function: Function) -> Function:
        for parameter in getattr(function, "__click_params__", ()):
            if not hasattr(parameter, "section"):
                parameter.section = heading
        return function

    return decorate


class SectionedCommand(click.Command):
    """A command with its options in sections, in the order in which these first occur."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        sections: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None and isinstance(parameter, click.Option):
                usual = GENERAL if "--help" in parameter.opts else "Options"
                name, text = record
                text = re.sub(r"\[default: \(([^()]*)\)", r"[default: \1", text)  # Click's mark of a default in words
                sections.setdefault(getattr(parameter, "section", usual), []).append((name, text))
        for heading in sorted(sections, key=lambda heading: heading == GENERAL):
            with formatter.section(heading):
                formatter.write_dl(sections[heading])

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            known = [name for parameter in self.params for name in (*parameter.opts, *parameter.secondary_opts)]
            near = near_options(error.option_name, known)
            hint = f" Did you mean {' or '.join(near)}?" if near else ""
            raise click.UsageError(f"There is no option {error.option_name}.{hint}", ctx) from None


class SectionedGroup(click.Group):
    """A group whose commands are `SectionedCommand`s."""

    command_class = SectionedCommand


def near_options(wrong: str, known: Iterable[str]) -> list[str]:
    """Options that a user may have meant: the same thing under another program's name, or a similar name.

    Args:
        wrong: as given, such as "--gpu".
        known: all options of the command.

    Example:
        >>> near_options("--gpu", ["--output", "--device"]), near_options("--score", ["--min-score", "--size"])
        (['--device gpu'], ['--min-score'])
    """
    known = [name for name in known if name.startswith("--")]
    word = wrong.lstrip("-").replace("_", "-").lower()
    for part in (word, *word.split("-")):
        other = _OTHER_NAMES.get(f"--{part}")
        if other is not None and other.split()[0] in known:
            return [other]
    by_name = {name.lstrip("-"): name for name in known}
    words = {part for part in word.split("-") if len(part) > 3}
    near = near_names(word, by_name) or [name for name in by_name if words & set(name.split("-"))]
    return [by_name[name] for name in near[:3]]
