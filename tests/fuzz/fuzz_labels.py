"""Files of class names, `--labels`."""

from __future__ import annotations

from pathlib import Path

from maskseg_cli.classes import read_labels
from tests.fuzz.fuzzer import Fuzzer


def _seeds() -> list[bytes]:
    return [
        b"background\nperson\ntraffic light\n",
        "BG\r\nZürich\r\n猫\r\n\r\n".encode(),
        "eins\nzwei\n".encode("utf-16"),
        b"\xef\xbb\xbfa\rb\rc",
    ]


def _attack(data: bytes, folder: Path) -> None:
    path = folder / "labels.txt"
    path.write_bytes(data)
    names = read_labels(path)
    assert names[0] == "background"
    assert len(set(names)) == len(names) > 1
    assert all(names)


FUZZER = Fuzzer("labels", _seeds, _attack, tokens=(b"\r\n", b"\r", b"background", b"BG", b"\xe2\x80\xa8", b"\x0c"))
