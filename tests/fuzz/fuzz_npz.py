"""maskseg's own weights files: a zip of arrays and a JSON description; and Mask R-CNN2Go's arrays."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from random import Random

import numpy as np

from maskseg_cli.checkpoints import Checkpoint, read_checkpoint
from maskseg_cli.checkpoints.description import describe, describe_as_text
from maskseg_cli.checkpoints.native import read_description, write_checkpoint
from maskseg_cli.config import LITE
from maskseg_cli.config.display import display, to_json, to_toml
from tests.fuzz.fuzzer import Fuzzer
from tests.fuzz.mutation import NUMBERS, change_text, mutate

_DESCRIPTION = "maskseg.json"


def _own(folder: Path) -> bytes:
    arrays = {"conv1/kernel": np.ones((2, 1, 1, 3), np.float32), "conv1/bias": np.zeros(3, np.float32)}
    config = LITE.replace(num_classes=3)
    path = folder / "own.npz"
    write_checkpoint(path, Checkpoint(arrays, config, ("background", "a", "b"), {"licence": "MIT", "made_by": "me"}))
    return path.read_bytes()


def _mask_rcnn2go() -> bytes:
    stream = io.BytesIO()
    boxes = np.array([[0, 0, 16, 16], [4, 4, 12, 12]], np.float32)
    kernel = np.eye(3, dtype=np.float32)[None, None] * np.ones((2, 2, 1, 1), np.float32)
    np.savez_compressed(
        stream,
        **{
            "rpn/anchors_xyxy": boxes,
            "box/class_logits/bias": np.zeros(3, np.float32),
            "mask/logits_upsample/kernel": kernel,
            "mask/logits_upsample/bias": np.zeros(3, np.float32),
        },
    )
    return stream.getvalue()


def _seeds() -> list[bytes]:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        return [_own(Path(folder)), _mask_rcnn2go()]


def _craft(random: Random, start: bytes) -> bytes:
    """The same zip file with a member changed, added or renamed, and right checksums."""
    try:
        with zipfile.ZipFile(io.BytesIO(start)) as archive:
            members = {name: archive.open(name).read(1 << 18) for name in archive.namelist()[:20]}
    except Exception:  # a damaged one of the corpus
        return mutate(random, start, ())
    name = random.choice([*members, _DESCRIPTION])
    if random.random() < 0.1:
        members[random.choice(("../../x.npy", "a\0b.npy", "x.npy", "/etc/passwd.npy", "x" * 3000 + ".npy"))] = b"?"
    elif name == _DESCRIPTION:
        members[name] = _description(random, members.get(name, b"{}"))
    else:
        members[name] = _array(random, members[name])
    stream = io.BytesIO()
    method = random.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2))
    with zipfile.ZipFile(stream, "w", method) as archive:
        for member, data in members.items():
            archive.writestr(member, data)
    return stream.getvalue()


def _description(random: Random, text: bytes) -> bytes:
    try:
        described = json.loads(text)
        table = described["config"] if random.random() < 0.7 else described
        assert isinstance(table, dict)
        key = random.choice(list(table))
    except Exception:
        return change_text(random, text)
    values = (
        None,
        True,
        5,
        -1,
        0,
        1.5,
        "",
        "x",
        [],
        [1],
        [[1, 2]],
        {},
        {"a": 1},
        1 << 40,
        10**400,
        1e308,
        [1e-300] * 5,
    )
    table[key] = random.choice(values)
    whole = json.dumps(described).encode()
    return change_text(random, whole) if random.random() < 0.3 else whole


def _array(random: Random, data: bytes) -> bytes:
    if random.random() < 0.5:
        return mutate(
            random, data, (), (b"'descr': '|O'", b"True", b"<f4", b">f8", b"<c8", b"[('a', '<f4')]", *NUMBERS)
        )
    stream = io.BytesIO()
    values = (np.zeros(0, "f4"), np.zeros(3, "i8"), np.float64(1), np.ones((3, 3), order="F"), np.array(["a"]))
    chosen = random.choice((*values, np.zeros(1 << random.randrange(22), "f4"), np.full(3, np.nan, "f2")))
    np.lib.format.write_array(stream, np.asanyarray(chosen))
    return stream.getvalue()


def _attack(data: bytes, folder: Path) -> None:
    path = folder / "weights.npz"
    path.write_bytes(data)
    checkpoint = read_checkpoint(path)
    describe_as_text(describe(path, checkpoint))
    read_description(path)
    for show in (display, to_json, to_toml):
        show(checkpoint.config)


FUZZER = Fuzzer("npz", _seeds, _attack, tokens=(b"PK\x01\x02", b"PK\x05\x06", b"\x93NUMPY"), craft=_craft)
