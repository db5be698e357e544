"""The stream for many viewers: fast, slow and disconnected ones."""

from __future__ import annotations

import itertools
import socket
import struct
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from maskseg_cli.camera.controls import Controls
from maskseg_cli.camera.feed import LiveFeed
from maskseg_cli.serve import start_server, stream
from maskseg_cli.serve.pictures import LARGEST_SIDE, Pictures
from tests.screen import wait_until
from tests.serve.watching import STATUS, LiveView, brightness, picture, pictures, watching


def test_pictures_come_in_order_and_in_their_colours() -> None:
    with LiveView() as view, start_server(view.feed, view.controls, port=0) as server, watching(server) as viewer:
        seen = list(itertools.islice(pictures(viewer), 20))
        numbers = [number for number, _ in seen]
        assert numbers == sorted(set(numbers)), "each once, none twice, none late"
        for number, image in seen:
            assert abs(int(image[100, 20, 0]) - brightness(number)) < 3
            assert np.abs(image[100, 300].astype(int) - (40, 80, 200)).max() < 6


def test_nothing_is_encoded_without_a_viewer_and_once_for_ten() -> None:
    with LiveView() as view, start_server(view.feed, view.controls, port=0) as server:
        wait_until(lambda: view.feed.latest().number > 5)
        assert server.encoded == 0

        def watch(_: int) -> list[int]:
            with watching(server) as viewer:
                return [number for number, _ in itertools.islice(pictures(viewer), 30)]

        with ThreadPoolExecutor(10) as viewers:
            seen = list(viewers.map(watch, range(10)))
        shown = set(itertools.chain(*seen))
        assert all(len(numbers) == 30 for numbers in seen)
        assert len(shown) <= server.encoded <= view.feed.latest().number
        # Encoded for each of ten viewers, it would be 300.
        assert server.encoded < 150
        wait_until(lambda: server.viewers == 0)
    assert view.longest < 0.5, "publishing waits for no viewer"


def test_a_viewer_that_reads_nothing_delays_no_other() -> None:
    # Noise makes large files: what is sent to a viewer who does not read fills the buffers at once.
    noise = np.random.default_rng(1).integers(0, 256, (720, 1280, 3), np.uint8)
    feed = LiveFeed()
    with start_server(feed, Controls(), port=0) as server, watching(server, buffer=4096), watching(server) as fast:
        wait_until(lambda: server.viewers == 2)
        seen = pictures(fast)
        for number in range(1, 9):
            feed.publish(noise, STATUS)
            assert next(seen)[0] == number


def test_a_slow_viewer_gets_no_old_pictures() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (200, 200, 3), np.uint8)
    feed = LiveFeed()
    with start_server(feed, Controls(), port=0) as server, watching(server, buffer=65536) as slow:
        seen = pictures(slow)
        feed.publish(noise, STATUS)
        assert next(seen)[0] == 1
        for _ in range(200):
            feed.publish(noise, STATUS)
            time.sleep(0.003)
        late = list(itertools.takewhile(lambda number: number < 201, (number for number, _ in seen)))
        assert len(late) < 40, f"a few were under way, then the newest came: {late}"


def test_a_viewer_that_does_not_read_is_disconnected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "SEND_TIMEOUT", 0.3)
    noise = np.random.default_rng(1).integers(0, 256, (1080, 1920, 3), np.uint8)
    feed = LiveFeed()
    with start_server(feed, Controls(), port=0) as server, watching(server, buffer=4096):
        wait_until(lambda: server.viewers == 1)
        feed.publish(noise, STATUS)
        feed.publish(noise, STATUS)
        wait_until(lambda: server.viewers == 0)


@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
def test_a_disconnected_viewer_is_detected_while_no_picture_comes(reset: bool) -> None:
    feed = LiveFeed()
    feed.publish(picture(1), STATUS)
    with start_server(feed, Controls(), port=0) as server:
        with watching(server) as viewer:
            assert next(pictures(viewer))[0] == 1
            assert server.viewers == 1
            if reset:
                viewer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        wait_until(lambda: server.viewers == 0)


def test_disconnected_viewers_leave_no_thread() -> None:
    with LiveView() as view, start_server(view.feed, view.controls, port=0) as server:
        before = threading.active_count()
        for _ in range(40):
            with watching(server) as viewer:
                next(pictures(viewer))
        wait_until(lambda: server.viewers == 0 and threading.active_count() <= before)


def test_a_picture_that_stands_still_is_shown_and_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "_CHECK_EVERY", 0.05)
    monkeypatch.setattr(stream, "_REPEAT_ONCE", 0.1)
    monkeypatch.setattr(stream, "_REPEAT", 0.2)
    feed = LiveFeed()
    for _ in range(3):
        feed.publish(picture(3), STATUS)
    with start_server(feed, Controls(), port=0) as server, watching(server) as viewer:
        seen = pictures(viewer)
        assert [next(seen)[0] for _ in range(4)] == [3, 3, 3, 3]
        feed.publish(picture(4), STATUS)
        assert 4 in [number for number, _ in itertools.islice(seen, 2)]
        assert server.encoded == 2


def test_a_viewer_waits_for_the_first_picture() -> None:
    feed = LiveFeed()
    with start_server(feed, Controls(), port=0) as server, watching(server) as viewer:
        wait_until(lambda: server.viewers == 1)
        feed.publish(picture(1), STATUS)
        assert next(pictures(viewer))[0] == 1


def test_the_last_picture_stays_after_the_end_of_the_camera() -> None:
    feed = LiveFeed()
    feed.publish(picture(1), STATUS)
    feed.finish()
    with start_server(feed, Controls(), port=0) as server, watching(server) as viewer:
        assert next(pictures(viewer))[0] == 1
        before = time.process_time()
        time.sleep(0.5)
        assert time.process_time() - before < 0.3, "waiting uses no processor time"


def test_huge_pictures_are_scaled_for_the_stream() -> None:
    feed = LiveFeed()
    feed.publish(picture(1, 1080, 3840), STATUS)
    with start_server(feed, Controls(), port=0) as server, watching(server) as viewer:
        _, image = next(pictures(viewer))
        assert image.shape == (540, LARGEST_SIDE, 3)


def test_waiting_ends_after_the_timeout() -> None:
    assert Pictures(LiveFeed()).newer(0, timeout=0.01) is None
