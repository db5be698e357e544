"""Files of saved detections: exact, readable up to the last whole frame, and never a crash for a damaged one."""

from __future__ import annotations

import dataclasses
import zlib
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskseg_cli.classes import COCO_CLASSES
from maskseg_cli.config import COCO, LITE
from maskseg_cli.detections import Detections, MaskCrop
from maskseg_cli.errors import MasksegError
from maskseg_cli.export import packed_detections
from maskseg_cli.export.detections_file import DetectionsReader, DetectionsWriter
from maskseg_cli.export.detections_records import Header
from maskseg_cli.export.packed_detections import pack, unpack

HEADER = Header("video", COCO_CLASSES, LITE, 0.1, 100, (1, 18), 5, "lite", "0.1.0")
SIZE = (12, 17)


@st.composite
def detections(draw: st.DrawFn, size: tuple[int, int] = SIZE) -> Detections:
    height, width = size
    masks = []
    for _ in range(draw(st.integers(0, 5))):
        top, left = draw(st.integers(0, height)), draw(st.integers(0, width))
        h, w = draw(st.integers(0, height - top)), draw(st.integers(0, width - left))
        seed, share = draw(st.integers(0, 2**16)), draw(st.sampled_from([0.0, 0.1, 0.5, 1.0]))
        masks.append(MaskCrop(top, left, np.random.default_rng(seed).random((h, w)) < share))
    numbers = st.floats(-100, 1000, width=32)
    boxes = [[draw(numbers) for _ in range(4)] for _ in masks]
    scores = [draw(st.floats(0, 1, width=32)) for _ in masks]
    classes = [draw(st.integers(1, len(COCO_CLASSES) - 1)) for _ in masks]
    return Detections(
        np.array(boxes, np.float32).reshape(-1, 4),
        np.array(classes, np.int32),
        np.array(scores, np.float32),
        tuple(masks),
        size,
        COCO_CLASSES,
    )


def same(one: Detections, other: Detections) -> bool:
    """Whether two detections are equal bit for bit."""
    arrays = [(one.xyxy, other.xyxy), (one.class_id, other.class_id), (one.confidence, other.confidence)]
    return (
        all(a.dtype == b.dtype and a.tobytes() == b.tobytes() for a, b in arrays)
        and (one.image_size, one.class_names) == (other.image_size, other.class_names)
        and len(one.masks) == len(other.masks)
        and all(
            (a.top, a.left) == (b.top, b.left) and a.bitmap.dtype == bool and np.array_equal(a.bitmap, b.bitmap)
            for a, b in zip(one.masks, other.masks, strict=True)
        )
    )


def one_object(step: int = 0) -> Detections:
    rng = np.random.default_rng(step)
    return Detections(
        np.float32([[1.25 + step, 2, 9.5, 8]]),
        np.array([1], np.int32),
        np.float32([0.3]),
        (MaskCrop(2, 1, rng.random((6, 8)) < 0.7),),
        SIZE,
        COCO_CLASSES,
    )


def written(path: Path, frames: int = 3) -> Path:
    writer = DetectionsWriter(path, HEADER)
    writer.source("in.mp4")
    for number in range(frames):
        writer.frame(2 * number, Fraction(2 * number, 25), one_object(number))
        writer.kept(2 * number + 1, Fraction(2 * number + 1, 25))
    writer.finish()
    return path


def frames_in(path: Path) -> int:
    reader = DetectionsReader(path)
    try:
        assert all(same(found, one_object(index // 2)) for _, index, _, found in reader)
        return sum(len(reader.frames_of(name) or ()) for name in reader.names)
    finally:
        reader.close()


@given(detections())
def test_objects_come_back_bit_for_bit(found: Detections) -> None:
    assert same(unpack(pack(found), len(found), SIZE, COCO_CLASSES), found)


def test_objects_of_a_large_picture(tmp_path: Path) -> None:
    rows, columns = np.mgrid[-300:300, -400:400]
    disc = MaskCrop(100, 200, (rows / 300) ** 2 + (columns / 400) ** 2 < 1)
    many = 40
    found = Detections(
        np.tile(np.float32([200, 100, 1000, 700]), (many, 1)),
        np.ones(many, np.int32),
        np.linspace(1, 0.1, many, dtype=np.float32),
        (disc,) * many,
        (1000, 1500),
        COCO_CLASSES,
    )
    packed = pack(found)
    assert same(unpack(packed, many, (1000, 1500), COCO_CLASSES), found)
    assert len(packed) < many * 500  # 60,000 bytes of bits each


def test_the_frames_of_a_file(tmp_path: Path) -> None:
    path = written(tmp_path / "found.maskseg")
    assert not list(tmp_path.glob("*partial*"))
    reader = DetectionsReader(path)
    assert reader.complete
    assert reader.names == ["in.mp4"]
    before, header = dataclasses.asdict(HEADER), dataclasses.asdict(reader.header)
    assert header == before
    frames = reader.frames_of("in.mp4")
    assert frames is not None
    assert list(frames.indices) == [0, 1, 2, 3, 4, 5]
    assert list(frames.detected_in) == [0, 0, 2, 2, 4, 4]
    assert frames.row_of_time(Fraction(3, 25)) == 3
    assert frames.row_of_time(Fraction(301, 2500)) is None
    assert frames.row_of_time(Fraction(301, 2500), Fraction(1, 50)) == 3
    assert frames.row_of_index(5) == 5
    assert frames.row_of_index(6) is None
    reader.close()


def test_every_beginning_of_a_file_holds_its_first_frames(tmp_path: Path) -> None:
    data = written(tmp_path / "found.maskseg").read_bytes()
    cut = tmp_path / "cut.maskseg"
    counts: list[int] = []
    refused = []
    for length in range(len(data)):
        cut.write_bytes(data[:length])
        try:
            counts.append(frames_in(cut))
        except MasksegError as error:
            refused.append(str(error))
            assert not counts, "a shorter beginning could be read"
    assert all("holds no detections" in message for message in refused)
    assert counts == sorted(counts)
    assert set(counts) == {0, 1, 2, 3, 4, 5, 6}
    assert not DetectionsReader(cut).complete  # only the record of the end is cut off


def test_a_changed_bit_never_changes_an_object_or_crashes(tmp_path: Path) -> None:
    data = written(tmp_path / "found.maskseg", frames=2).read_bytes()
    changed = tmp_path / "changed.maskseg"
    refused = 0
    for place in range(len(data)):
        for bit in (0, 3, 7):
            changed.write_bytes(data[:place] + bytes([data[place] ^ 1 << bit]) + data[place + 1 :])
            try:
                frames_in(changed)
            except MasksegError:
                refused += 1
    assert 100 < refused < 3 * len(data)


@given(st.binary(max_size=200), st.integers(0, 4), st.tuples(st.integers(0, 40), st.integers(0, 40)))
def test_bytes_with_a_right_checksum_are_checked_too(body: bytes, count: int, size: tuple[int, int]) -> None:
    for data in (body, zlib.compress(body)):
        try:
            found = unpack(data, count, size, COCO_CLASSES)
        except ValueError:
            continue
        assert (len(found), found.image_size) == (count, size)
        assert all(crop.full(*size).shape == size for crop in found.masks)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"xyxy": np.float32([[np.nan, 0, 1, 1]])}, "no number"),
        ({"confidence": np.float32([1.5])}, "no number"),
        ({"class_id": np.array([900], np.int32)}, "class"),
        ({"masks": (MaskCrop(8, 0, np.ones((6, 8), bool)),)}, "outside"),
    ],
)
def test_impossible_objects_are_refused(change: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        unpack(pack(dataclasses.replace(one_object(), **change)), 1, SIZE, COCO_CLASSES)


def test_a_small_file_cannot_ask_for_much_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    side = 40_000
    huge = Detections(
        np.float32([[0, 0, side, side]]),
        np.array([1], np.int32),
        np.float32([1]),
        (MaskCrop(0, 0, np.broadcast_to(np.zeros(1, bool), (10, 10))),),
        (side, side),
        COCO_CLASSES,
    )
    raw = packed_detections._decompress(pack(huge))
    crop = np.array([0, 0, side, side], "<i4").tobytes()
    runs = packed_detections._run_planes(np.array([side * side, 0])).tobytes()
    with pytest.raises(ValueError, match="another size"):
        unpack(zlib.compress(raw[:24] + crop + runs), 1, (side, side), COCO_CLASSES)
    monkeypatch.setattr(packed_detections, "MAX_BYTES", 1000)
    with pytest.raises(ValueError, match="decompressed"):
        unpack(zlib.compress(bytes(100_000)), 0, SIZE, COCO_CLASSES)
    monkeypatch.setattr(packed_detections, "MAX_OBJECTS", 0)
    with pytest.raises(ValueError, match="more than"):
        pack(one_object())


def test_other_files_and_later_formats_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "found.maskseg"
    for data in (b"", b"maskdets", b"\x89PNG" * 10, b"maskdets\x00\x00" + bytes(50)):
        path.write_bytes(data)
        with pytest.raises(MasksegError, match=r"found\.maskseg holds no detections that --save-detections wrote"):
            DetectionsReader(path)
    path.write_bytes(b"maskdets\x02\x00whatever")
    with pytest.raises(MasksegError, match="format 2 of a later maskseg"):
        DetectionsReader(path)
    with pytest.raises(MasksegError, match=r"no\.maskseg cannot be read"):
        DetectionsReader(tmp_path / "no.maskseg")
    with pytest.raises(MasksegError, match="cannot be read"):
        DetectionsReader(tmp_path)


def test_options_of_a_later_network_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = HEADER.config.to_dict()
    monkeypatch.setattr(type(HEADER.config), "to_dict", lambda _: {**whole, "of_tomorrow": 1})
    body = HEADER.to_bytes()
    assert Header.from_bytes(body).config == HEADER.config


def test_a_run_goes_on_with_a_killed_one_and_with_a_finished_one(tmp_path: Path) -> None:
    path, partial = tmp_path / "found.maskseg", tmp_path / "found.partial.maskseg"
    writer = DetectionsWriter(path, HEADER)
    writer.source("a.mp4")
    writer.frame(0, Fraction(0), one_object())
    writer.close()
    assert not path.exists()
    with partial.open("ab") as file:
        file.write(b"F\x10\x00")  # a record that was cut off
    for name in ("b.mp4", "c.mp4"):
        writer = DetectionsWriter(path, HEADER, resume=True)
        writer.source(name)
        writer.frame(0, Fraction(0), one_object())
        writer.finish()
        assert not partial.exists()
    reader = DetectionsReader(path)
    assert (reader.names, reader.complete) == (["a.mp4", "b.mp4", "c.mp4"], True)
    other = dataclasses.replace(HEADER, config=COCO, network="coco")
    with pytest.raises(MasksegError, match="another network, lite"):
        DetectionsWriter(path, other, resume=True)
    with pytest.raises(MasksegError, match=r"from a score of 0\.1 on, not from 0\.05"):
        DetectionsWriter(path, dataclasses.replace(HEADER, lowest_score=0.05), resume=True)


def test_a_photo_that_is_done_again_counts_once(tmp_path: Path) -> None:
    writer = DetectionsWriter(tmp_path / "found.maskseg", HEADER)
    for step in (0, 0, 1):
        writer.source("a.jpg")
        writer.frame(0, Fraction(0), one_object(step))
    writer.finish()
    [(_, _, _, found)] = list(DetectionsReader(tmp_path / "found.maskseg"))
    assert same(found, one_object(1))


def test_nothing_is_left_where_no_frame_was_written(tmp_path: Path) -> None:
    writer = DetectionsWriter(tmp_path / "found.maskseg", HEADER)
    writer.close()
    assert list(tmp_path.iterdir()) == []
