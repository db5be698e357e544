"""The feed: publishing never waits for a reader."""

from __future__ import annotations

import threading
import time

import numpy as np

from maskseg_cli.camera.feed import LiveFeed, LiveStatus
from maskseg_cli.frame import Frame
from tests.cli.fake_model import blob_predictor, scene

PICTURE = np.zeros((4, 6, 3), np.uint8)


def test_readers_get_the_newest_picture_and_miss_older_ones() -> None:
    feed = LiveFeed()
    assert feed.latest()[:2] == (0, None)
    for number in range(1, 4):
        feed.publish(PICTURE + number, LiveStatus(frames=number))
    shown = feed.wait_newer(1, timeout=0)
    assert shown is not None
    number, image, status = shown
    assert (number, status.frames) == (3, 3)
    assert image is not None
    assert (image == 3).all()
    assert feed.wait_newer(3, timeout=0.01) is None


def test_a_status_without_a_picture_wakes_no_reader_and_keeps_the_picture() -> None:
    feed = LiveFeed()
    feed.publish(PICTURE, LiveStatus())
    feed.publish_status(LiveStatus(camera="reconnecting in 2 s"))
    assert feed.wait_newer(1, timeout=0.01) is None
    assert feed.latest().number == 1
    assert feed.latest().image is PICTURE
    assert feed.latest().status.camera == "reconnecting in 2 s"


def test_all_readers_wake_with_a_picture_and_with_the_end() -> None:
    feed = LiveFeed()
    seen: list[tuple[int, ...]] = []

    def read() -> None:
        mine, number = [], 0
        while (shown := feed.wait_newer(number, timeout=10)) is not None:
            number = shown.number
            mine.append(number)
        seen.append(tuple(mine))

    readers = [threading.Thread(target=read) for _ in range(10)]
    for reader in readers:
        reader.start()
    for _ in range(5):
        feed.publish(PICTURE, LiveStatus())
        time.sleep(0.01)
    feed.finish()
    for reader in readers:
        reader.join(5)
    assert len(seen) == 10
    assert all(numbers[-1] == 5 and numbers == tuple(sorted(numbers)) for numbers in seen)
    assert feed.ended


def test_a_reader_that_never_returns_does_not_block_the_publisher() -> None:
    feed = LiveFeed()
    held = feed.latest()
    for _ in range(1000):
        feed.publish(PICTURE, LiveStatus())
    assert held.number == 0
    assert feed.latest().number == 1000


def test_as_a_sink_it_publishes_the_frames_of_any_run() -> None:
    feed = LiveFeed()
    found = blob_predictor()(scene())
    with feed:
        feed.add(Frame(scene()), found, PICTURE)
        feed.add(Frame(scene(), index=1), found[:1], PICTURE + 1)
    number, image, status = feed.latest()
    assert (number, status.frames, status.counts) == (2, 2, {"person": 1})
    assert image is not None
    assert (image == 1).all()
    assert feed.ended
