"""What the last line about a video counts."""

from __future__ import annotations

from collections import Counter

from maskseg_cli.pipeline.video_run import VideoSummary


def test_classes_seen_for_moments_are_left_out() -> None:
    most = Counter(person=4, skis=1, surfboard=1)
    summary = VideoSummary(frames=100, most=most, seen=Counter(person=90, skis=1, surfboard=2))
    assert summary.most_for_long() == {"person": 4, "surfboard": 1}
    assert summary.most == most, "scripts get all"


def test_in_a_short_video_every_frame_counts() -> None:
    summary = VideoSummary(frames=40, most=Counter(skis=1, dog=2), seen=Counter(skis=1, dog=40))
    assert summary.most_for_long() == {"skis": 1, "dog": 2}


def test_moments_are_better_than_nothing() -> None:
    assert VideoSummary(frames=1000, most=Counter(dog=1), seen=Counter(dog=3)).most_for_long() == {"dog": 1}
