"""`maskseg serve`: an HTTP service and a page for photos."""

from __future__ import annotations

from typing import Any

import click

from maskseg_cli.cli.feature_options import keyword_options
from maskseg_cli.cli.main import DEBUG
from maskseg_cli.cli.options import message_options, model_options
from maskseg_cli.cli.progress import TerminalReporter
from maskseg_cli.cli.sections import SectionedCommand
from maskseg_cli.cli.stop_signals import StopSignals, loading
from maskseg_cli.inference.model_options import ModelOptions
from maskseg_cli.service.options import ServiceOptions


@click.command(cls=SectionedCommand)
@click.argument("address", metavar="[HOST:]PORT", default="8000")
@keyword_options(ServiceOptions, "Service")
@model_options
@message_options
@click.pass_context
def serve(ctx: click.Context, address: str, model: ModelOptions, quiet: bool, **options: Any) -> None:
    """Find the objects in photos that browsers and programs send.

    \b
    maskseg serve
    maskseg serve 0.0.0.0:8000 --token WORD
    curl -F image=@photo.jpg http://127.0.0.1:8000/v1/segment

    The page at that address takes photos by drag and drop. Nothing is stored. Without an address the port is 8000 of
    this computer alone; port 0 is any free one. Ctrl-C ends.
    """
    with loading():
        from maskseg_cli.service.run import serve as run

    with TerminalReporter(quiet, debug=bool(ctx.meta.get(DEBUG))) as reporter:
        run(address, model=model, reporter=reporter, stop=StopSignals(), **options)
