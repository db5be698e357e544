"""The channel between two threads."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskseg_cli.pipeline.channel import Channel

PATIENCE = 10.0


@given(st.lists(st.integers(), max_size=30), st.integers(1, 5))
def test_everything_arrives_in_order_whatever_the_capacity(items: list[int], capacity: int) -> None:
    channel: Channel[int] = Channel(capacity)

    def fill() -> None:
        for item in items:
            assert channel.put(item)
        channel.close()

    thread = threading.Thread(target=fill)
    thread.start()
    assert list(channel) == items
    thread.join(PATIENCE)
    assert not thread.is_alive()


def test_a_full_channel_holds_the_writer_until_there_is_room() -> None:
    channel: Channel[int] = Channel(1)
    channel.put(1)
    done = threading.Event()
    thread = threading.Thread(target=lambda: (channel.put(2), done.set()))
    thread.start()
    assert not done.wait(0.1)
    assert next(iter(channel)) == 1
    assert done.wait(PATIENCE)
    thread.join(PATIENCE)


@pytest.mark.parametrize("end", ["close", "abort"])
def test_a_waiting_reader_is_freed(end: str) -> None:
    channel: Channel[int] = Channel(1)
    seen: list[int] = []
    thread = threading.Thread(target=lambda: seen.extend(channel))
    thread.start()
    getattr(channel, end)()
    thread.join(PATIENCE)
    assert not thread.is_alive()
    assert seen == []


def test_a_waiting_writer_is_freed_by_abort_and_told() -> None:
    channel: Channel[int] = Channel(1)
    channel.put(1)
    answers: list[bool] = []
    thread = threading.Thread(target=lambda: answers.append(channel.put(2)))
    thread.start()
    channel.abort()
    thread.join(PATIENCE)
    assert answers == [False]
    assert list(channel) == []


def test_nothing_can_be_put_into_a_closed_channel() -> None:
    channel: Channel[int] = Channel(1)
    channel.close()
    assert not channel.put(1)
