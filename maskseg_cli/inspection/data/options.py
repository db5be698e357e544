"""`DataOptions`: the options of `maskseg inspect data`, for the command and for Python."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from maskseg_cli.config.value_types import check_count
from maskseg_cli.errors import UsageError
from maskseg_cli.inference.model_options import SIZES
from maskseg_cli.option import option


@dataclass(frozen=True)
class DataOptions:
    """What an inspection of a data set shows, and for which network.

    Attributes:
        model: "lite", "coco", another name of `maskseg weights list`, or a weights file: the network that would be
            trained further, as `maskseg train --init` takes it.
        size: of the pictures, as `load_model(size=...)`; None: the network's own.
        settings: options of the network as "OPTION=VALUE".
        examples: photos of the contact sheet; other sections show fewer.
        decode: decode every photo too, to find damaged ones; None: where there are at most 2,000.
        seed: of the choice of photos, of augmentation and of sampled targets.

    Raises:
        UsageError: a value out of its range.
    """

    model: str | Path = option(
        "lite", "The network to be trained: a name, or a weights file, as for `train --init`.", metavar="NAME|FILE"
    )
    size: int | None = option(
        None,
        "Size of the photos for the network.",
        kind="whole",
        least=64,
        metavar="PIXELS",
        default=SIZES,
    )
    settings: tuple[str, ...] = option(
        (), "Set any option that `maskseg config` shows; may be repeated.", metavar="OPTION=VALUE", flags=("--set",)
    )
    examples: int = option(12, "Photos that are shown.", kind="whole", least=1, most=200, metavar="N")
    decode: bool | None = option(
        None,
        "Decode every photo too, to find damaged ones.",
        flags=("--decode/--no-decode",),
        default="up to 2,000 photos",
    )
    seed: int = option(0, "Another seed chooses other photos and samples.", kind="whole", least=0, most=2**31 - 1)

    def __post_init__(self) -> None:
        check_count("examples", self.examples)
        if not 1 <= self.examples <= 200:
            raise UsageError(f"examples is a number from 1 to 200, not {self.examples}.")
        if not 0 <= self.seed < 2**31:
            raise UsageError(f"seed lies between 0 and {2**31 - 1}, not {self.seed}.")
