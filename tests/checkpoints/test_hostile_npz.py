"""Weights files of maskseg's own kind that unpack to too much, or hold something else than they should."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from maskseg_cli.checkpoints import Checkpoint, read_checkpoint, size_limit, write_checkpoint
from maskseg_cli.checkpoints.comparison import compare, remedy
from maskseg_cli.checkpoints.native import read_description
from maskseg_cli.checkpoints.size_limit import check_size
from maskseg_cli.config import COCO, LITE
from maskseg_cli.errors import MasksegError

DESCRIPTION = "maskseg.json"


def sound(folder: Path) -> Path:
    arrays = {"conv1/kernel": np.ones((2, 1, 1, 3), np.float32), "conv1/bias": np.zeros(3, np.float32)}
    path = folder / "w.npz"
    write_checkpoint(
        path, Checkpoint(arrays, LITE.replace(num_classes=3), ("background", "a", "b"), {"licence": "MIT"})
    )
    return path


def rewritten(path: Path, method: int = zipfile.ZIP_DEFLATED, **members: bytes) -> Path:
    """The file with some members changed or added."""
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in {**content, **members}.items():
            archive.writestr(name, data)
    return path


def described(path: Path, **changes: Any) -> Path:
    with zipfile.ZipFile(path) as archive:
        text = json.loads(archive.read(DESCRIPTION))
    return rewritten(path, **{DESCRIPTION: json.dumps({**text, **changes}).encode()})


def header(shape: tuple[int, ...], descr: str = "<f4") -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": descr, "fortran_order": False, "shape": shape})
    return stream.getvalue()


def refusal(path: Path) -> str:
    with pytest.raises(MasksegError) as caught:
        read_checkpoint(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"class_names": 5}, "its class names are not a list of texts"),
        ({"class_names": [1, 2]}, "its class names are not a list of texts"),
        ({"class_names": "abc"}, "its class names are not a list of texts"),
        ({"provenance": [1]}, "its provenance is not a table of texts"),
        ({"provenance": "me"}, "its provenance is not a table of texts"),
        ({"config": {"num_classes": 10**400}}, "num_classes is at most 2147483647"),
        ({"config": {"num_classes": 1 << 30}}, "at most 9 GB can be built"),
        ({"config": {"learning_rate": 10**400}}, "learning_rate is too large"),
        ({"config": {"image_max_dim": 1 << 20}}, "image_max_dim is at most 8,192"),
        ({"config": {"mini_mask_shape": [1 << 20, 5]}}, "The sides of masks are at most 1,024"),
        ({"config": {"rpn_anchor_ratios": [1] * 5000}}, "rpn_anchor_ratios has at most 1,000 entries"),
        ({"config": {"fpn_classif_fc_layers_size": 20_000}}, "describes a network of about"),
    ],
)
def test_a_description_of_another_form(tmp_path: Path, changes: dict[str, Any], sentence: str) -> None:
    path = sound(tmp_path)
    if "config" in changes:
        changes = {"config": {**COCO.to_dict(), **changes["config"]}}
    path = described(path, **changes)
    assert sentence in refusal(path)
    if "provenance" not in changes and "about" not in sentence:
        with pytest.raises(MasksegError, match=sentence):
            read_description(path)


@pytest.mark.parametrize(
    ("member", "data", "sentence"),
    [
        (DESCRIPTION, b"[" * 100_000, "brackets in brackets"),
        (DESCRIPTION, b'{"version": ' + b"9" * 5000 + b"}", "is damaged (maskseg.json"),
        (DESCRIPTION, b"\xff", "is damaged (maskseg.json"),
        (DESCRIPTION, b" " * (5 << 20) + b"{}", "maskseg.json has more than 4,194,304 bytes"),
        ("x.npy", header((1 << 40,)), "x has another size than its shape says"),
        ("x.npy", header((-1,)) + b"", "x does not hold numbers"),
        ("x.npy", header((1,), "|O") + bytes(8), "x does not hold numbers"),
        ("x.npy", header((1,), "<i4") + bytes(4), "x is not of floating-point numbers"),
        ("x.npy", header((1,)) + bytes(5), "x has another size than its shape says"),
        ("x.npy", b"\x93NUMPY\x01\x00\xff\xff" + b"(" * 0xFFFF, "is damaged ("),
    ],
    ids=[
        "deep",
        "digits",
        "no text",
        "long",
        "huge shape",
        "negative shape",
        "objects",
        "integers",
        "longer than its shape",
        "deep header",
    ],
)
def test_members_that_are_not_what_they_should_be(tmp_path: Path, member: str, data: bytes, sentence: str) -> None:
    assert sentence in refusal(rewritten(sound(tmp_path), **{member: data}))


def test_more_than_so_small_a_file_can_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a lower limit than the real one of 512 MB, which takes seconds to pack."""
    monkeypatch.setattr(size_limit, "_SMALL", 1 << 20)
    path = rewritten(sound(tmp_path), **{"x.npy": header((2 << 20,)) + bytes(8 << 20)})
    assert "would unpack to 8 MB, which so small a weights file cannot hold" in refusal(path)


def test_what_a_small_network_does_not_need_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The arrays would be small enough for a large network."""
    monkeypatch.setattr(size_limit, "_SPARE_VALUES", 0)
    path = rewritten(sound(tmp_path), **{"x.npy": header((10 << 20,)) + bytes(40 << 20)})
    assert "would unpack to 42 MB, and its network needs about 16 MB" in refusal(path)


def test_a_directory_that_lies_about_sizes(tmp_path: Path) -> None:
    """The array is 4 MB, and the directory and its header say 12 bytes."""
    path = rewritten(sound(tmp_path), **{"x.npy": header((1 << 20,)) + bytes(4 << 20)})
    data = path.read_bytes()
    whole = len(header((1 << 20,))) + (4 << 20)
    path.write_bytes(data.replace(struct.pack("<I", whole), struct.pack("<I", len(header((3,))) + 12)))
    assert "Bad CRC-32 for file 'x.npy'" in refusal(path)


def test_a_file_that_is_locked_or_packed_otherwise(tmp_path: Path) -> None:
    path = sound(tmp_path)
    data = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        at = data.find(mark)
        while at >= 0:
            data[at + offset] |= 1
            at = data.find(mark, at + 4)
    path.write_bytes(data)
    assert "is damaged (it is locked with a password)" in refusal(path)
    path = rewritten(sound(tmp_path), zipfile.ZIP_LZMA)
    assert "is packed in another way than NumPy does" in refusal(path)


def test_names_that_are_paths_stay_names(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    path = rewritten(sound(inside), **{"../../escaped.npy": header((1,)) + bytes(4)})
    assert "../../escaped" in read_checkpoint(path).arrays
    assert [item.name for item in tmp_path.iterdir()] == ["inside"]


def test_a_network_of_zeros_and_one_with_large_heads_are_no_bombs(tmp_path: Path) -> None:
    file = tmp_path / "w"
    file.write_bytes(b"")
    check_size(file, COCO, [64_000_000])
    check_size(file, COCO.replace(mask_head="unet"), [69_000_000])
    with pytest.raises(MasksegError, match="would unpack to 640 MB, which so small"):
        check_size(file, COCO.replace(num_classes=20_000), [160_000_000])
    with file.open("wb") as stream:
        stream.truncate(320 << 20)
    check_size(file, COCO.replace(num_classes=20_000), [160_000_000])


def test_a_zip_file_of_a_version_that_nobody_has(tmp_path: Path) -> None:
    path = sound(tmp_path)
    data = bytearray(path.read_bytes())
    for magic, at in ((b"PK\x03\x04", 4), (b"PK\x01\x02", 6)):  # the version that is needed to unpack, of each member
        start = data.find(magic)
        while start >= 0:
            data[start + at : start + at + 2] = (99).to_bytes(2, "little")
            start = data.find(magic, start + 4)
    path.write_bytes(bytes(data))
    assert "is truncated or damaged" in refusal(path)


@pytest.mark.parametrize(
    "name", ["mrcnn_class_logits/bias", "box.class_logits/bias", "rpn_class_raw/bias", "conv1/kernel", "other/bias"]
)
@pytest.mark.parametrize("shape", [(), (1,), (1,) * 5])
def test_an_array_of_other_dimensions_has_a_remedy_all_the_same(name: str, shape: tuple[int, ...]) -> None:
    difference = compare({name: shape}, {name: (7, 7, 3, 64) if "kernel" in name else (81,)})
    assert name in difference.problems()[0]
    assert remedy(difference).endswith(".")
