"""The entry point of the command line: imports a command when it is called, and turns errors into messages."""

from __future__ import annotations

import errno
import importlib
import os
import re
import sys
from collections.abc import Mapping
from typing import Any, ClassVar, NoReturn

import click

from maskseg_cli import __version__
from maskseg_cli.addresses import hide_passwords
from maskseg_cli.cli.interrupts import Received, Terminated, exception_for, exit_code_of, signals_as_interrupts
from maskseg_cli.cli.sections import HelpfulGroup
from maskseg_cli.cli.stop_signals import loading
from maskseg_cli.errors import MasksegError, UsageError, explain
from maskseg_cli.media.cleanups import remove_unfinished
from maskseg_cli.media.foreign_files import is_film
from maskseg_cli.messages import cut_endless
from maskseg_cli.printable import printable, printable_traceback
from maskseg_cli.standard_streams import fill_closed_streams

#: Command -> module:function, and its line in `maskseg --help`. The line is repeated here, so that the list of commands
#: imports none of them; a test compares it with the command's own.
COMMANDS = {
    "image": ("maskseg_cli.cli.image:image", "Find the objects in photos and draw their outlines."),
    "video": ("maskseg_cli.cli.video:video", "Find the objects in videos and draw their outlines."),
    "webcam": ("maskseg_cli.cli.webcam:webcam", "Outline what a camera sees, live."),
    "serve": ("maskseg_cli.cli.serve:serve", "Find the objects in photos that browsers and programs send."),
    "render": ("maskseg_cli.cli.render:render", "Draw what an earlier run found, without the network."),
    "train": ("maskseg_cli.cli.train:train", "Train a network on your own classes."),
    "evaluate": ("maskseg_cli.cli.evaluate:evaluate", "Measure box and mask AP on annotated photos."),
    "inspect": ("maskseg_cli.cli.inspect:inspect", "Look into a photo's way, a data set or weights, as pictures."),
    "convert-data": (
        "maskseg_cli.cli.convert_data:convert_data",
        "Write annotated photos in another program's format.",
    ),
    "bench": ("maskseg_cli.cli.bench:bench", "Measure how long a photo takes on this machine."),
    "config": ("maskseg_cli.cli.config:config", "Show every option of a model."),
    "style": ("maskseg_cli.cli.style:style", "Write and check style files, for names and colours by class."),
    "weights": ("maskseg_cli.cli.weights:weights", "List, inspect, fetch, verify and convert weights."),
}

#: What users may call a command.
_OTHER_NAMES = {
    **dict.fromkeys(("photo", "photos", "picture", "pictures", "detect", "segment", "predict", "infer"), "image"),
    **dict.fromkeys(("film", "movie", "movies"), "video"),
    **dict.fromkeys(("camera", "cam", "live", "stream"), "webcam"),
    **dict.fromkeys(("server", "api", "http"), "serve"),
    **dict.fromkeys(("draw", "redraw", "annotate", "visualize"), "render"),
    **dict.fromkeys(("fit", "finetune", "fine-tune"), "train"),
    **dict.fromkeys(("test", "validate", "val", "measure"), "evaluate"),
    **dict.fromkeys(("explain", "debug", "why"), "inspect"),
    **dict.fromkeys(("convert-dataset", "convert-annotations", "data", "dataset"), "convert-data"),
    **dict.fromkeys(("speed", "time"), "bench"),
    **dict.fromkeys(("settings", "options"), "config"),
    **dict.fromkeys(("model", "models"), "weights"),
    **{name: f"weights {name}" for name in ("list", "info", "fetch", "verify", "convert", "quantize")},
    "download": "weights fetch",
    "help": "--help",
    "version": "--version",
}

#: Key in `click.Context.meta` that the option --debug sets.
DEBUG = "maskseg_cli.debug"


class Failure(click.ClickException):
    """An error as the user sees it: one sentence, no usage lines."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code  # type: ignore[misc]


class LazyGroup(HelpfulGroup):
    """A group that imports a command's module only when that command runs."""

    other_names: ClassVar[Mapping[str, str]] = _OTHER_NAMES

    def main(self, *args: Any, **extra: Any) -> Any:
        fill_closed_streams()
        try:
            return super().main(*args, **extra)
        except OSError as error:  # of --help and --version, which come before `invoke`
            Failure(explain(error), 1).show()
            sys.exit(1)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name][0].split(":")
        with loading():
            command = getattr(importlib.import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        _refuse_empty(args[1:])
        return super().resolve_command(ctx, args)

    def hint(self, ctx: click.Context, wrong: str) -> str:
        if not os.path.exists(wrong):
            return super().hint(ctx, wrong)
        return f" To outline the objects in it: maskseg {'video' if is_film(wrong) else 'image'} {wrong}"

    def invoke(self, ctx: click.Context) -> Any:
        received = Received()
        try:
            with signals_as_interrupts() as received:
                return super().invoke(ctx)
        except (click.exceptions.Exit, click.Abort):
            raise
        except click.ClickException as error:
            # It may repeat the name of a file, or an address.
            error.message = printable(cut_endless(hide_passwords(error.message)))  # type: ignore[misc]
            raise
        except KeyboardInterrupt as stop:
            _end(stop)
        except Exception as error:
            if received.signal is not None:  # C code makes other exceptions of that of a signal
                _end(exception_for(received.signal)())
            if isinstance(error, OSError) and error.errno == errno.EPIPE:
                raise  # the reader of our output has gone; Click ends quietly
            _fail(error, debug=bool(ctx.meta.get(DEBUG)))


def _refuse_empty(arguments: list[str]) -> None:
    """Refuses empty arguments, which a shell makes of "$NAME" where the variable is not set.

    As a path each would mean the current folder, and nowhere do they mean anything else.

    Raises:
        UsageError: there is one.
    """
    for before, argument in zip(["", *arguments], arguments, strict=False):
        if not argument or re.fullmatch(r"--[a-z][a-z-]*=", argument):
            place = f"{argument}''" if argument else f"'' after {before}" if before else "''"
            raise UsageError(f"An argument is empty ({place}): give it a value, or leave it out.")


def _end(stop: KeyboardInterrupt) -> NoReturn:
    remove_unfinished()  # what was interrupted between its creation and the code that ends it
    click.echo("Stopped." if isinstance(stop, Terminated) else "Interrupted.", err=True)
    raise click.exceptions.Exit(exit_code_of(stop)) from None


def _fail(error: Exception, debug: bool) -> NoReturn:
    if debug:
        click.echo("\n".join(printable_traceback(error)), err=True)
    lines = list(map(str, error.args)) if isinstance(error, MasksegError) else [explain(error)]
    message = "\n".join(printable(cut_endless(hide_passwords(line))) for line in lines)
    raise Failure(message, 2 if isinstance(error, UsageError) else 1) from None


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, "--version", prog_name="maskseg")
def main() -> None:
    """Finds the objects in a photo, a video or a camera's picture and draws their outlines.

    Works offline and without a graphics card. Start with: maskseg image photo.jpg
    """
