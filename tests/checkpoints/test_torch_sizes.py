"""Tensors, members and headers of PyTorch files and safetensors whose sizes lie."""

from __future__ import annotations

import re
import struct
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest

from tests.checkpoints.torch_refusals import SOUND, VALUES, outcome, raw, refusal, zipped
from tests.torch_files import (
    Made,
    Named,
    Stored,
    dumps,
    legacy_bytes,
    tensor,
    tensors,
    write_legacy,
    write_pickle,
    write_safetensors,
    write_zip,
)


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        (tensor(VALUES, 0, (7,), (1,)), "is larger than its storage of 6 values"),
        (tensor(VALUES, 1, (6,), (1,)), "is larger than its storage"),
        (tensor(VALUES, 0, (2, 3), (4, 1)), "is larger than its storage"),
        (tensor(VALUES, 0, (1 << 40,), (0,)), "is larger than its storage"),
        (tensor(VALUES, 0, (3, 4), (0, 1)), "is larger than its storage"),
        (tensor(VALUES, -1, (2,), (1,)), "a size is negative"),
        (tensor(VALUES, 0, (-2,), (1,)), "a size is negative"),
        (tensor(VALUES, 5, (2,), (-1,)), "a size is negative"),
        (tensor(VALUES, 0, (1 << 60,), (1,)), "a size is larger than any file"),
        (tensor(VALUES, 0, (1,) * 17, (1,) * 17), "a shape is no tuple of at most 16 numbers"),
        (tensor(VALUES, 0, (2,), (1, 1)), "1 dimensions and 2 strides"),
        (tensor(VALUES, 0, (True,), (1,)), "a size is a bool"),
        (tensor(VALUES, 0, (2.0,), (1,)), "a size is a float"),  # type: ignore[arg-type]
        (tensor(VALUES, 0, "ab", (1, 1)), "a shape is no tuple"),  # type: ignore[arg-type]
        (tensor(Stored(np.ones(2, np.float32), "0", count=1 << 40), 0, (2,), (1,)), "of 4,398,046,511,104 bytes"),
        (tensor(Stored(np.ones(2, np.float32), "0", count=1), 0, (1,), (1,)), r"damaged"),
        (tensor(Stored(np.ones(2, np.float32), "0", count=-2), 0, (2,), (1,)), "a size is negative"),
        (tensor("0", 0, (2,), (1,)), "a tensor has no storage"),  # type: ignore[arg-type]
        (Made(Named("torch._utils", "_rebuild_tensor_v2"), VALUES), "_rebuild_tensor_v2 has 1 arguments"),
        (Made(Named("numpy.core.multiarray", "_reconstruct")), "in it is a value without content in place of a tensor"),
    ],
)
def test_tensors_that_do_not_fit_their_storage(tmp_path: Path, made: Made, sentence: str) -> None:
    for write in (write_zip, write_legacy):
        assert re.search(sentence, refusal(write(tmp_path / "w.pth", {"a": made})))


def test_storages_that_are_missing_or_have_two_types(tmp_path: Path) -> None:
    data = dumps(tensors(SOUND))[0]
    assert "the values of archive/data/0 are missing" in refusal(zipped(tmp_path, data))
    assert "a tensor of 24 bytes has 23" in refusal(zipped(tmp_path, data, **{"archive/data/0": bytes(23)}))
    assert "a tensor of 24 bytes has 25" in refusal(zipped(tmp_path, data, **{"archive/data/0": bytes(25)}))
    other = Stored(VALUES.values, "0", kind="IntStorage")
    content = {"a": tensor(VALUES, 0, (6,), (1,)), "b": tensor(other, 0, (6,), (1,))}
    assert "a storage has two types or sizes" in refusal(write_zip(tmp_path / "w.pth", content))
    assert "a pickle has values outside of it" in refusal(write_pickle(tmp_path / "w.pkl", tensors(SOUND)))


def test_the_older_layout_cut_off_anywhere(tmp_path: Path) -> None:
    data = legacy_bytes(tensors(SOUND))
    for end in range(20, len(data), 3):
        assert "is damaged" in refusal(raw(tmp_path, data[:end]))
    wrong = data[: -(8 + 24)] + (1 << 40).to_bytes(8, "little") + data[-24:]
    assert "a storage of 6 values has 1,099,511,627,776" in refusal(raw(tmp_path, wrong))
    assert "is a PyTorch file of an unknown version" in refusal(
        raw(tmp_path, data.replace(b"M\xe9\x03.", b"M\xe9\x04.", 1))
    )


def test_the_same_values_many_times(tmp_path: Path) -> None:
    content = {f"{index}": tensor(VALUES, 0, (6,), (1,)) for index in range(1000)}
    assert "show the same values many times" in refusal(write_zip(tmp_path / "w.pth", content))
    array = np.ones(5000, np.float32)
    made = {f"{index}": Made(Named("numpy.core.numeric", "_frombuffer")) for index in range(1000)}
    data = array.tobytes()
    kind = array.dtype
    for one in made.values():
        one.reduced = (one.reduced[0], (data, kind, (5000,), "C"), None, None, None)
    path = write_pickle(tmp_path / "w.pkl", made, protocol=4)  # one sequence of bytes for all
    assert path.stat().st_size < 100_000
    tracemalloc.start()
    try:
        refused = outcome(path)
        assert tracemalloc.get_traced_memory()[1] < 2 << 20
    finally:
        tracemalloc.stop()
    assert refused is not None
    assert "show the same values many times" in refused


def test_a_directory_that_lies_about_sizes(tmp_path: Path) -> None:
    """A member that is longer than it says, packed or not; and one that unpacks to a thousand times its size."""
    path = write_zip(tmp_path / "w.pth", tensors({"a": np.ones(1000, np.float32)}))
    data = path.read_bytes()
    for lie in (8000, 1 << 31):
        path.write_bytes(data.replace(struct.pack("<I", 4000), struct.pack("<I", lie)))
        assert "is damaged" in refusal(path)
    path.write_bytes(data[:-300] + data[-200:])
    assert "damaged" in refusal(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "a/data.pkl", dumps({"a": tensor(Stored(VALUES.values, "0", count=1 << 20), 0, (1,), (1,))})[0]
        )
        archive.writestr("a/data/0", bytes(4 << 20))
    assert "would unpack to 4,194,4" in refusal(path)


def test_members_that_have_more_bytes_together_than_the_file(tmp_path: Path) -> None:
    arrays = {name: np.ones(1000, np.float32) for name in ("a", "b")}
    path = write_zip(tmp_path / "w.pth", tensors(arrays))
    data = path.read_bytes()
    path.write_bytes(data.replace(struct.pack("<I", 4000), struct.pack("<I", len(data) // 2)))
    assert "its members are larger than the file" in refusal(path)


@pytest.mark.parametrize("count", [2, 4])
def test_an_array_with_other_bytes_than_its_shape_says(tmp_path: Path, count: int) -> None:
    kind = np.dtype("<f4")
    whole = Made(Named("numpy.core.numeric", "_frombuffer"), bytes(12), kind, (count,), "C")
    assert f"a tensor of {4 * count} bytes has 12 in the file" in refusal(
        write_pickle(tmp_path / "w.pkl", {"a": whole}, 4)
    )
    names = (Named("numpy.core.multiarray", "_reconstruct"), Named("numpy", "ndarray"), (0,), b"b")
    other = Made(*names, state=(1, (count,), kind, False, bytes(12)))
    assert f"a tensor of {4 * count} bytes has 12 in the file" in refusal(
        write_pickle(tmp_path / "w.pkl", {"a": other}, 4)
    )


def test_a_zip_with_members_that_are_damaged_or_locked(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "w.pth", tensors(SOUND))
    data = path.read_bytes()
    path.write_bytes(data.replace(np.ones(6, "<f4").tobytes(), np.full(6, 2, "<f4").tobytes()))
    assert "Bad CRC-32 for file 'archive/data/0'" in refusal(path)
    locked = bytearray(data)
    for mark, offset in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        at = locked.find(mark)
        while at >= 0:
            locked[at + offset] |= 1
            at = locked.find(mark, at + 4)
    path.write_bytes(locked)
    assert "it is locked with a password" in refusal(path)
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("a/data.pkl", "b/data.pkl"):
            archive.writestr(name, b"\x80\x02}.")
    assert "it has 2 members data.pkl, and one is needed" in refusal(path)


@pytest.mark.parametrize(
    ("header", "sentence"),
    [
        (b"[]", "is no file of PyTorch|its header is no table|not a weights file"),
        (b'{"a": {"dtype": "F32", "shape": [3], "data_offsets": [0, 8]}}', "a has 8 bytes and a shape of 3 values"),
        (b'{"a": {"dtype": "F32", "shape": [1], "data_offsets": [4, 8]}}', "overlap with others or leave a gap"),
        (b'{"a": {"dtype": "F32", "shape": [1], "data_offsets": [4, 0]}}', "overlap with others or leave a gap"),
        (
            b'{"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}, '
            b'"b": {"dtype": "F32", "shape": [1], "data_offsets": [4, 8]}}',
            "the values of b overlap",
        ),
        (b'{"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}', "its tensors have 4 bytes and it has 8"),
        (b'{"a": {"dtype": "F32", "shape": [9], "data_offsets": [0, 36]}}', "its tensors have 36 bytes and it has 8"),
        (b'{"a": {"dtype": "F32", "shape": [-2], "data_offsets": [0, 8]}}', "a size is negative"),
        (b'{"a": {"dtype": "F8_E4M3", "shape": [8], "data_offsets": [0, 8]}}', "a in it is of the type F8_E4M3"),
        (b'{"a": {"dtype": 5, "shape": [8], "data_offsets": [0, 8]}}', "a in it is of the type 5"),
        (b'{"a": {"dtype": "F32", "shape": "ab", "data_offsets": [0, 8]}}', "a shape is no tuple"),
        (b'{"a": {"dtype": "F32", "shape": [2], "data_offsets": [0]}}', "a has no offsets"),
        (b'{"a": 5}', "a has no offsets"),
        (b'{"a": {}, "a": {}}', "its header has a name twice"),
        (b'{"__metadata__": {"a": 1}}', "its metadata are no texts"),
        (b'{"a": ' + b"[" * 100_000, "brackets in brackets|is damaged"),
        (b'{"a": ' + b"9" * 5000 + b"}", "is damaged"),
        (b'{"\xff"}', "is damaged"),
        (b"{ }", "its tensors have 0 bytes and it has 8"),
    ],
)
def test_headers_of_safetensors(tmp_path: Path, header: bytes, sentence: str) -> None:
    path = tmp_path / "w.safetensors"
    path.write_bytes(len(header).to_bytes(8, "little") + header + bytes(8))
    assert re.search(sentence, refusal(path))


def test_a_header_of_safetensors_that_is_longer_than_the_file(tmp_path: Path) -> None:
    path = write_safetensors(tmp_path / "w.safetensors", SOUND)
    data = path.read_bytes()
    for length in (1 << 31, len(data) - 7):
        path.write_bytes(length.to_bytes(8, "little") + data[8:])
        assert f"its header declares {length:,} bytes" in refusal(path)
