"""`maskseg inspect`: a photo's way through the network, a data set, or a weights file, as pictures."""

from __future__ import annotations

import click

from maskseg_cli.cli.inspect_data import inspect_data  # noqa: E402
from maskseg_cli.cli.inspect_image import inspect_image  # noqa: E402
from maskseg_cli.cli.inspect_weights import inspect_weights  # noqa: E402

inspect.add_command(inspect_image)
inspect.add_command(inspect_data)
inspect.add_command(inspect_weights)
