"""The frame pipeline: order, strides, batches, errors and stops."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskseg_cli.detections import Detections, MaskCrop
from maskseg_cli.frame import Frame
from maskseg_cli.pipeline.frame_pipeline import FramePipeline
from maskseg_cli.video.stride import every_nth

PATIENCE = 20.0


def frames(count: int, first: int = 0) -> Iterator[Frame]:
    for i in range(first, first + count):
        yield Frame(np.full((2, 3, 3), i % 256, np.uint8), i, Fraction(i, 10), Fraction(1, 10))


def see(image: np.ndarray) -> Detections:
    """One object, whose score tells from which picture it is."""
    return Detections(
        np.array([[0, 0, 3, 2]], np.float32),
        np.array([1], np.int32),
        np.array([image[0, 0, 0] / 255], np.float32),
        (MaskCrop(0, 0, np.ones((2, 3), bool)),),
        (2, 3),
        ("background", "thing"),
    )


Written = list[tuple[Frame, Detections]]


class Network:
    """A predictor that calls a function with a list of pictures."""

    workers = 1

    def __init__(self, predict: Callable[[list[np.ndarray]], list[Detections]]) -> None:
        self._predict = predict

    def __call__(self, images: list[np.ndarray]) -> list[Detections]:
        return self._predict(images)


def pipeline_of(source: Any, predict: Callable[..., Any], write: Any = None, **options: Any) -> FramePipeline:
    return FramePipeline(source, Network(predict), write, **options)  # type: ignore[arg-type]


def run(source: Any, predict: Callable[..., Any], **options: Any) -> tuple[Written, FramePipeline]:
    written: Written = []

    def write(frame: Frame, detections: Detections) -> None:
        written.append((frame, detections))

    pipeline = pipeline_of(source, predict, options.pop("write", write), **options)
    pipeline.start()
    assert pipeline.wait(PATIENCE), "the pipeline hangs"
    return written, pipeline


@given(st.integers(0, 25), st.integers(1, 4), st.integers(1, 4), st.integers(1, 3), st.integers(1, 3))
def test_every_frame_comes_once_in_order_with_the_result_of_the_frame_looked_at(
    count: int, every: int, batch: int, ahead: int, workers: int
) -> None:
    sizes: list[int] = []

    def segment(images: list[np.ndarray]) -> list[Detections]:
        sizes.append(len(images))
        return [see(image) for image in images]

    written, pipeline = run(frames(count), segment, every=every, batch=batch, ahead=ahead, workers=workers)
    assert pipeline.error is None
    assert [frame.index for frame, _ in written] == list(range(count))
    assert [frame.detected_in for frame, _ in written] == [i - i % every for i in range(count)]
    for frame, detections in written:
        assert round(float(detections.confidence[0]) * 255) == frame.detected_in
    looked = -(-count // every)
    assert sum(sizes) == looked
    assert max(sizes, default=0) == min(batch, looked)
    assert pipeline.written == count


@pytest.mark.parametrize("stage", ["decode", "segment", "write"])
def test_an_error_in_any_stage_ends_the_run_with_that_error(stage: str) -> None:
    def source() -> Iterator[Frame]:
        yield from frames(5)
        if stage == "decode":
            raise ValueError(stage)
        yield from frames(1000, first=5)

    def segment(images: list[np.ndarray]) -> list[Detections]:
        if stage == "segment" and images[0][0, 0, 0] == 5:
            raise ValueError(stage)
        return [see(image) for image in images]

    kept: list[int] = []

    def write(frame: Frame, _: Detections) -> None:
        if stage == "write" and frame.index == 5:
            raise ValueError(stage)
        kept.append(frame.index)

    _, pipeline = run(source(), segment, write=write)
    assert isinstance(pipeline.error, ValueError)
    assert str(pipeline.error) == stage
    assert kept == list(range(5))  # what came before is not lost


def test_after_stop_what_the_network_saw_is_written_and_the_rest_dropped() -> None:
    first = threading.Event()
    go_on = threading.Event()
    looked: list[int] = []

    def segment(images: list[np.ndarray]) -> list[Detections]:
        looked.extend(int(image[0, 0, 0]) for image in images)
        first.set()
        assert go_on.wait(PATIENCE)
        return [see(image) for image in images]

    written: list[int] = []
    pipeline = pipeline_of(frames(200), segment, lambda frame, _: written.append(frame.index))
    pipeline.start()
    assert first.wait(PATIENCE)
    pipeline.stop()
    go_on.set()
    assert pipeline.wait(PATIENCE)
    assert pipeline.error is None
    assert looked in ([0], [0, 1])  # the next call may have begun
    assert written == looked
    assert pipeline.join(PATIENCE)


def test_a_decoder_that_never_answers_does_not_hold_up_the_end() -> None:
    stuck = threading.Event()

    def source() -> Iterator[Frame]:
        yield from frames(2)
        stuck.wait(PATIENCE)

    two = threading.Event()
    written: list[int] = []

    def write(frame: Frame, _: Detections) -> None:
        written.append(frame.index)
        if len(written) == 2:
            two.set()

    pipeline = pipeline_of(source(), lambda images: [see(image) for image in images], write)
    pipeline.start()
    assert two.wait(PATIENCE)
    pipeline.stop()
    assert pipeline.wait(PATIENCE)
    assert not pipeline.join(0.01)
    stuck.set()


def test_only_so_many_frames_are_in_memory_as_the_channels_hold() -> None:
    decoded = 0
    most = 0
    done = 0

    def source() -> Iterator[Frame]:
        nonlocal decoded
        for frame in frames(300):
            decoded += 1
            yield frame

    def write(*_: object) -> None:
        nonlocal most, done
        done += 1
        most = max(most, decoded - done)

    run(source(), lambda images: [see(image) for image in images], write=write, ahead=3)
    assert most <= 2 * 3 + 6  # both channels, two with the network, and one frame in each hand


def test_two_workers_look_at_two_frames_at_the_same_time_and_the_slower_one_keeps_its_place() -> None:
    both = threading.Barrier(2, timeout=PATIENCE)

    def segment(images: list[np.ndarray]) -> list[Detections]:
        number = int(images[0][0, 0, 0])
        if number < 2:
            both.wait()
        if number == 0:
            threading.Event().wait(0.1)
        return [see(image) for image in images]

    written, pipeline = run(frames(6), segment, workers=2)
    assert pipeline.error is None
    assert [frame.index for frame, _ in written] == list(range(6))
    assert [round(float(found.confidence[0]) * 255) for _, found in written] == list(range(6))


def test_frames_between_two_looks_do_not_pile_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("maskseg_cli.pipeline.frame_pipeline._BUDGET", 20 * 18)  # 20 frames of 2 x 3 x 3 bytes
    decoded = done = most = 0

    def source() -> Iterator[Frame]:
        nonlocal decoded
        for frame in frames(500):
            decoded += 1
            yield frame

    def segment(images: list[np.ndarray]) -> list[Detections]:
        threading.Event().wait(0.02)
        return [see(image) for image in images]

    def write(*_: object) -> None:
        nonlocal done, most
        done += 1
        most = max(most, decoded - done)

    run(source(), segment, write=write, every=100, workers=2)
    assert done == 500
    assert most < 20 + 2 * 4 + 6


def test_times_of_stages_leave_waiting_out() -> None:
    def segment(images: list[np.ndarray]) -> list[Detections]:
        threading.Event().wait(0.02)
        return [see(image) for image in images]

    _, pipeline = run(frames(10), segment)
    assert pipeline.times.network >= 0.2
    assert pipeline.times.write < pipeline.times.network
    assert pipeline.times.decode < pipeline.times.network


def test_without_write_the_caller_takes_the_frames_and_may_leave_early() -> None:
    with pipeline_of(frames(200), lambda images: [see(image) for image in images]) as pipeline:
        for frame, detections in pipeline:
            assert round(float(detections.confidence[0]) * 255) == frame.index
            if frame.index == 7:
                break
    assert pipeline.join(0)  # nothing goes on in the background
    assert pipeline.written == 8


def test_an_error_comes_to_the_caller_after_the_frames_before_it() -> None:
    def predict(images: list[np.ndarray]) -> list[Detections]:
        if images[0][0, 0, 0] == 3:
            raise ValueError("no result")
        return [see(image) for image in images]

    seen = []
    with pipeline_of(frames(9), predict) as pipeline, pytest.raises(ValueError, match="no result"):
        seen.extend(frame.index for frame, _ in pipeline)
    assert seen == [0, 1, 2]


@given(st.integers(0, 30), st.integers(1, 7))
def test_left_out_frames_give_their_time_to_the_one_before(count: int, n: int) -> None:
    kept = list(every_nth(frames(count), n))
    assert [frame.index for frame in kept] == list(range(0, count, n))
    assert sum((frame.duration for frame in kept), Fraction(0)) == Fraction(count, 10)
    for one, following in itertools.pairwise(kept):
        assert one.time + one.duration == following.time
