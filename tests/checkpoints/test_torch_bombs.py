"""Small pickles that would take the memory or the time of the machine."""

from __future__ import annotations

import struct
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from maskseg_cli.checkpoints.pytorch import unpickling
from maskseg_cli.checkpoints.pytorch.reading import read_torch_state
from tests.checkpoints.torch_refusals import SOUND, raw, refusal, zipped
from tests.torch_files import (
    tensors,
    write_zip,
)

_KEYS = b"".join(b"J" + i.to_bytes(4, "little") + b"N" for i in range(20_000))
BOMBS: dict[str, bytes] = {
    "long bytes": b"\x80\x04\x8e" + struct.pack("<Q", 1 << 62) + b".",
    "long text": b"\x80\x02X" + struct.pack("<I", (1 << 32) - 1) + b".",
    "negative text": b"\x80\x02T" + struct.pack("<i", -5) + b".",
    "bytearray": b"\x80\x05\x96" + struct.pack("<Q", 1 << 40) + b".",
    "long frame": b"\x80\x04\x95" + struct.pack("<Q", 1 << 62) + b"(.",
    "long number": b"\x80\x02\x8b" + struct.pack("<i", 1 << 30) + b"\xff" * 1000 + b".",
    "many digits": b"\x80\x02I" + b"9" * 5000 + b"\n.",
    "a line without an end": b"\x80\x02I" + b"9" * 100_000,
    "index": b"\x80\x02]r\xff\xff\xff\xffj\xfe\xff\xff\xff.",
    "deep lists": b"\x80\x02" + b"]" * 50_000 + b"a" * 49_999 + b".",
    "deep tuples": b"\x80\x02)" + b"\x85" * 100_000 + b".",
    "deep key": b"\x80\x02})" + b"\x85" * 100_000 + b"Ns.",
    "a list in itself": b"\x80\x02]q\0h\0a.",
    "a dict in itself": b"\x80\x02}q\0U\x05modelh\0s.",
    "a dict below itself": b"\x80\x02}q\0U\x05model}U\x05modelh\0ss.",
    "keys of one hash": b"\x80\x02}("
    + b"".join(b"\x8a\x0b" + ((2**61 - 1) * i).to_bytes(11, "little") + b"N" for i in range(1, 50_000))
    + b"u.",
    "a dict in a dict many times": b"\x80\x02}q\0(" + _KEYS + b"u}q\1(" + _KEYS.replace(b"N", b"h\0") + b"u.",
    "copies of a list": b"\x80\x02ccollections\nOrderedDict\nq\0]("
    + b"".join(b"J" + i.to_bytes(4, "little") + b"N\x86" for i in range(2_000))
    + b"e\x85q\1"
    + b"h\0h\1R" * 1000
    + b".",
    "copies of a text": b"\x80\x02c_codecs\nencode\nq\0X\xa0\x0f\0\0"
    + b"a" * 4000
    + b"\x85q\1"
    + b"h\0h\1R" * 20_000
    + b".",
    "a dict as a tensor": b"\x80\x02ctorch._tensor\n_rebuild_from_type_v2\n(ccollections\nOrderedDict\nN)}tR.",
    "a long name": b"\x80\x02cmmengine.\n" + b"A" * 400 + b"\n.",
    "a million times two": b"\x80\x02U\x01aq\0"
    + b"".join(b"]h%ch%ceq%c0" % (i, i, i + 1) for i in range(60))
    + b"h\x3c.",
    "marks": b"\x80\x02" + b"(" * 100_000 + b".",
    "empty": b"\x80\x02.",
    "takes too much": b"\x80\x02((0..",
    "unbalanced": b"\x80\x02t.",
    "odd": b"\x80\x02}(Nu.",
    "unknown": b"\x80\x02\xff.",
    "called text": b"\x80\x02U\x01a)R.",
    "attributes of a number": b"\x80\x02K\x01}b.",
}


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("long bytes", "declares 4,611,686,018,427,387,904 bytes and has 1"),
        ("negative text", "declares -5 bytes and has 1"),
        ("long number", "a number of 1,073,741,824 bytes"),
        ("many digits", "a number of very many digits"),
        ("a line without an end", "a line of a pickle has no end"),
        ("index", "a pickle uses a value that it does not have"),
        ("a dict as a tensor", "a tensor cannot be made"),
        ("a long name", "holds an object of mmengine."),
        ("takes too much", "a pickle takes more values than it has"),
        ("unknown", "a pickle with the unknown opcode ff"),
        ("called text", "something is called that is no name"),
    ],
)
def test_what_is_said_of_bombs(tmp_path: Path, name: str, sentence: str) -> None:
    assert sentence in refusal(raw(tmp_path, BOMBS[name]))


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_take_little_memory_and_time(tmp_path: Path, name: str) -> None:
    refusal(zipped(tmp_path, BOMBS[name]))
    tracemalloc.start()
    try:
        refusal(raw(tmp_path, BOMBS[name]))
        assert tracemalloc.get_traced_memory()[1] < 64 << 20
    finally:
        tracemalloc.stop()


def test_a_state_dict_with_bombs_beside_it_is_read(tmp_path: Path) -> None:
    """Values that lie in themselves, or a billion times in each other, are left out."""
    loop: list[Any] = []
    loop.append(loop)
    laughs: list[Any] = ["ha"]
    for _ in range(40):
        laughs = [laughs, laughs]
    wide: list[Any] = ["ha"]
    for _ in range(6):
        wide = [wide] * 100
    content = {"model": tensors(SOUND), "loop": loop, "laughs": laughs, "wide": wide}
    state = read_torch_state(write_zip(tmp_path / "w.pth", content))
    assert state.arrays["a"].shape == (2, 3)
    assert len(repr(state.meta)) < 1_000_000


def test_the_number_of_steps_is_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpickling, "MOST_OPCODES", 1000)
    assert "its pickle has more than 1,000 steps" in refusal(raw(tmp_path, b"\x80\x02" + b"N0" * 1000 + b"N."))
