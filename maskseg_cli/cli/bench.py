"""`maskseg bench`: what a photo costs on this machine, stage by stage, the start of the program, and memory."""

from __future__ import annotations

import json
from pathlib import Path

import click

from maskseg_cli.cli.main import DEBUG
from maskseg_cli.cli.options import message_options, model_options
from maskseg_cli.cli.parameters import Whole
from maskseg_cli.cli.progress import TerminalReporter
from maskseg_cli.cli.sections import SectionedCommand, section
from maskseg_cli.cli.stop_signals import loading
from maskseg_cli.inference.model_options import ModelOptions
from maskseg_cli.printable import printable_json, printable_lines


@click.command(cls=SectionedCommand)
@section("Measurement")
@click.option(
    "--against",
    multiple=True,
    metavar="ENGINE[:PRECISION]",
    help="Measure the same network in this engine too, turn by turn, and show ratios: tensorflow, openvino:int8; "
    "may be repeated.",
)
@click.option("--photo", metavar="FILE", help="The photo to measure with; otherwise a sample of 600 x 400 pixels.")
@click.option(
    "--rounds",
    type=Whole(min=1),
    default=15,
    show_default=True,
    metavar="N",
    help="How often the photo is done.",
)
@click.option(
    "--starts",
    type=Whole(min=0),
    default=3,
    show_default=True,
    metavar="N",
    help="How often new processes are started, to measure the start and the memory; 0: not at all.",
)
@click.option("--json", "json_path", metavar="FILE", help="Write the figures as JSON; - for standard output.")
@click.option("--overwrite", is_flag=True, help="Replace the file of --json if it exists.")
@model_options
@message_options
@click.pass_context
def bench(
    ctx: click.Context,
    against: tuple[str, ...],
    photo: str | None,
    rounds: int,
    starts: int,
    json_path: str | None,
    overwrite: bool,
    model: ModelOptions,
    quiet: bool,
) -> None:
    """Measure how long a photo takes on this machine.

    Shows the time of each stage (decode, mold, network, paste, draw, encode), of the start of the program, and its
    memory: medians and quartiles.

    \b
    maskseg bench
    maskseg bench --against tensorflow --json figures.json
    maskseg bench --photo photo.jpg --size 320 --rounds 50 --starts 0
    """
    from maskseg_cli.benchmark.contestants import contestants

    contestants(model, against)  # a wrong name is reported before any library is loaded
    target = None if json_path in (None, "-") else Path(str(json_path))
    from maskseg_cli.benchmark.json_target import check_target
    from maskseg_cli.media.atomic_file import write_atomic
    from maskseg_cli.media.file_lock import FileLocks

    with FileLocks([target]), TerminalReporter(quiet, debug=bool(ctx.meta.get(DEBUG))) as reporter:
        if target is not None:
            check_target(target, photo, overwrite)
        with loading():
            from maskseg_cli.benchmark.report import to_text
            from maskseg_cli.benchmark.run import run_benchmark

        document = run_benchmark(model, photo, against=against, rounds=rounds, starts=starts, reporter=reporter)
        text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
        # Shown before it is written: the disk may be full or gone by now.
        if json_path == "-":
            click.echo(printable_json(text), nl=False)
        else:
            click.echo(printable_lines(to_text(document)))
        if target is not None:
            write_atomic(target, text.encode())
