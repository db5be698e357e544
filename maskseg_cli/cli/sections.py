"""Commands whose --help groups the options under headings; what is nearly right is named for what is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import click

from maskseg_cli.near_names import similar_names
from maskseg_cli.printable import printable

Function = TypeVar("Function", bound=Callable[..., Any])

#: Heading of --quiet, --debug and --help, which comes last.
GENERAL = "General"

#: In a context: the file that an option's default came from.
_FILES = "maskseg.default_files"

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


#: Names for the photos or videos, which stand without an option.
_SOURCES = ("file", "folder", "image", "images", "input", "photo", "source", "video")


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


def use_defaults(ctx: click.Context, values: Mapping[str, Any], path: Path) -> None:
    """Makes values from a file the defaults of the command's options; a wrong one is refused with the file's name."""
    ctx.default_map = {**(ctx.default_map or {}), **values}
    ctx.meta.setdefault(_FILES, {}).update(dict.fromkeys(values, path))


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
        words = [*args]
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            known = [name for parameter in self.params for name in (*parameter.opts, *parameter.secondary_opts)]
            near = near_options(error.option_name, known)
            hint = f" Did you mean {' or '.join(near)}?" if near else ""
            places = [one.make_metavar(ctx) for one in self.params if isinstance(one, click.Argument)]
            if not near and places and error.option_name.lstrip("-") in _SOURCES:
                hint = f" Write {' '.join(places)} without the name of an option."
            if files := [one for one in words if one.startswith(error.option_name) and Path(one).exists()]:
                hint = f" For the file write ./{printable(files[0])}."
            raise click.UsageError(f"There is no option {error.option_name}.{hint}", ctx) from None
        except click.BadParameter as error:
            name = error.param.name if error.param else None
            if name and ctx.get_parameter_source(name) is click.core.ParameterSource.DEFAULT_MAP:
                option = max(error.param.opts, key=len).lstrip("-") if error.param else name
                error.param_hint = f"'{option}' in {printable(str(ctx.meta[_FILES][name]))}"
            raise


class HelpfulGroup(click.Group):
    """A group that names the right command for a wrong one.

    Attributes:
        other_names: what users may call a command, and what they should write.
    """

    command_class = SectionedCommand
    other_names: ClassVar[Mapping[str, str]] = {}

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0] if args else ""
        if name and not name.startswith("-") and name not in self.list_commands(ctx):
            raise click.UsageError(f"There is no command {name!r}.{self.hint(ctx, name)}", ctx)
        return super().resolve_command(ctx, args)

    def hint(self, ctx: click.Context, wrong: str) -> str:
        """A sentence, after a space, that names the command which was meant; empty if none is similar."""
        known = self.other_names.get(wrong.lower())
        near = [known] if known else similar_names(wrong, self.list_commands(ctx), most=1)
        return f" Did you mean '{near[0]}'?" if near else ""


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
    return [f"--{name}" for name in similar_names(word, [name[2:] for name in known])]
