"""Pictures whose size or shape changes in the middle of a video, as where a phone is turned during a live stream."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from maskseg_cli.video.pixel_conversion import Converter
from maskseg_cli.video.reader import open_video
from tests.video.samples import corners_of, make_video, number_of, picture


def make_change(path: Path, sizes: list[tuple[int, int]], aspects: list[Fraction | None]) -> Path:
    """A broadcast with 10 pictures of each size."""
    parts = []
    for number, (size, aspect) in enumerate(zip(sizes, aspects, strict=True)):
        times = [Fraction(index, 10) for index in range(10 * number, 10 * number + 10)]
        part = path.with_name(f"{number}.ts")
        make_video(part, frames=10, times=times, rate=10, size=size, aspect=aspect, codec="libx264")
        parts.append(part.read_bytes())
    path.write_bytes(b"".join(parts))
    return path


def test_a_picture_that_is_turned_is_fitted_in_with_bars(tmp_path: Path) -> None:
    path = make_change(tmp_path / "in.ts", [(96, 64), (64, 96), (96, 64)], [None, None, None])
    with open_video(path) as video:
        images = [frame.image for frame in video]
        assert video.info.notes == ()
        assert video.notes == ["the picture changes to 64 x 96: fitted into 96 x 64 with bars"]
    assert {image.shape for image in images} == {(64, 96, 3)}
    assert corners_of(images[5]) == corners_of(images[25]) == ["red", "green", "blue", "white"]
    turned = images[15]
    inside = turned[:, 27:69]  # 43 x 64 pixels
    assert turned[:, :25].max() < 40
    assert turned[:, 71:].max() < 40
    assert corners_of(inside) == ["red", "green", "blue", "white"]
    expected = cv2.resize(picture(5, (64, 96)), (42, 64), interpolation=cv2.INTER_AREA)
    assert np.abs(inside.astype(int) - expected).mean() < 25


def test_a_picture_of_the_same_shape_is_only_scaled(tmp_path: Path) -> None:
    path = make_change(tmp_path / "in.ts", [(64, 48), (128, 96)], [None, None])
    with open_video(path) as video:
        images = [frame.image for frame in video]
        assert video.notes == []
    assert {image.shape for image in images} == {(48, 64, 3)}
    assert number_of(images[15]) == 5
    assert corners_of(images[15]) == ["red", "green", "blue", "white"]


def test_the_pixels_of_the_new_pictures_may_have_another_shape(tmp_path: Path) -> None:
    path = make_change(tmp_path / "in.ts", [(64, 96), (128, 96)], [Fraction(2), None])
    with open_video(path) as video:
        images = [frame.image for frame in video]
        assert video.notes == []
    assert {image.shape for image in images} == {(96, 128, 3)}


@pytest.mark.parametrize("turn", [90, 180])
def test_frames_that_say_themselves_how_they_are_turned(tmp_path: Path, turn: int) -> None:
    plain, turned = (make_video(tmp_path / f"{angle}.mp4", turn=angle, frames=1) for angle in (0, turn))
    first, second = (next(av.open(str(path)).decode(video=0)) for path in (plain, turned))
    converter = Converter(first)
    converter(first)
    image = converter(second)
    assert image.shape == (48, 64, 3)
    assert bool(converter.later_notes) == (turn == 90)
    if turn == 180:
        assert corners_of(image) == ["white", "blue", "green", "red"]
    else:
        assert image[:, :10].max() < 40
