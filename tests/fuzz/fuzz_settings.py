"""Settings of the command line: `--set option=value` and `--classes`."""

from __future__ import annotations

from pathlib import Path
from random import Random

from maskseg_cli.classes import COCO_CLASSES, parse_classes
from maskseg_cli.config import LITE, option_types
from maskseg_cli.config.display import display
from maskseg_cli.config.overrides import parse_settings
from tests.fuzz.fuzzer import Fuzzer
from tests.fuzz.mutation import change_text

#: Before the words of `--classes`.
_CLASSES = b"--classes="


def _seeds() -> list[bytes]:
    values = [f"{name}={value}".encode() for name, value in LITE.to_dict().items()]
    classes = [_CLASSES + words for words in (b"people, Dogs,17", b"Traffic_Light", b"1,2,003,", b"cell phones")]
    return [*values, b"MEAN_PIXEL=[123.7 116.8 103.9]", b"image_resize_mode=none", *(8 * classes)]


def _craft(random: Random, start: bytes) -> bytes:
    if start.startswith(_CLASSES):
        return _CLASSES + change_text(random, start[len(_CLASSES) :], FUZZER.tokens)
    name = random.choice(list(option_types())).encode()
    changed = change_text(random, start, FUZZER.tokens)
    return name + changed[changed.find(b"=") :] if random.random() < 0.5 else changed


def _attack(data: bytes, folder: Path) -> None:
    # What a shell can hand over: text without NUL, at most 128 KiB in one argument.
    text = data.replace(b"\0", b"").decode("utf-8", "surrogateescape")[:131_000]
    if data.startswith(_CLASSES):
        parse_classes(text[len(_CLASSES) :], COCO_CLASSES)
    else:
        display(LITE.replace(**parse_settings([text])))


FUZZER = Fuzzer(
    "settings",
    _seeds,
    _attack,
    tokens=(b"=", b"[", b"(", b"-" * 3000, b"~" * 900, b"1+" * 900, b"{", b"b''", b"1j", b"0x" + b"f" * 5000, _CLASSES),
    craft=_craft,
)
