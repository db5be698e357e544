"""Files of options for `--config` and `--recipe` (TOML, JSON), and the converted networks' memory of them."""

from __future__ import annotations

from pathlib import Path
from random import Random

from maskseg_cli.config import COCO, LITE
from maskseg_cli.config.display import display, to_json, to_toml
from maskseg_cli.config.overrides import read_config_file, read_others, read_table
from tests.fuzz.fuzzer import Fuzzer
from tests.fuzz.mutation import change_text


def _seeds() -> list[bytes]:
    return [
        to_toml(LITE).encode(),
        to_json(COCO).encode(),
        b"# a comment\n[maskseg]\nnum_classes = 3\nmean_pixel = [1.5, 2, 3]\n[other]\na = 1979-05-27\n",
        b"rpn_anchor_sizes = [[1, 2], [3, 4]]\nbbox_delta_limit = 'none'\nloss_weights = {rpn_class_loss = 0.5}\n",
        b'seed = 3\nnum_classes = 0x10\nlearning_rate = 1e-3\nname = """a\nb"""\n',
    ]


def _craft(random: Random, start: bytes) -> bytes:
    return change_text(random, start, FUZZER.tokens)


def _attack(data: bytes, folder: Path) -> None:
    path = folder / "options.toml"
    path.write_bytes(data)
    read_table(path, "stages")
    read_others(path, ("seed", "epochs"))
    config = LITE.replace(**read_config_file(path, ("seed", "epochs")))
    for show in (display, to_json, to_toml):
        show(config)


FUZZER = Fuzzer(
    "options",
    _seeds,
    _attack,
    tokens=(b"[maskseg]\n", b" = ", b"inf", b"nan", b"0x" + b"f" * 5000, b"{a = 1}", b"num_classes = ", b"1979-05-27"),
    craft=_craft,
)
