"""Makes small videos of every kind with PyAV, in a few milliseconds each; each frame shows its own number."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

#: Corners of every picture in BGR: red, green, blue, white, in reading order from the top left.
CORNERS = ((0, 0, 255), (0, 255, 0), (255, 0, 0), (255, 255, 255))

#: Sound: a faint 440 Hz tone, and in the first 10 ms of each second a loud click.
SOUND_RATE = 44100

_BITS = 10


def picture(index: float, size: tuple[int, int] = (64, 48)) -> np.ndarray:
    """uint8 (H, W, 3) BGR: a gradient that moves 2 pixels a frame, `CORNERS`, and `index` as a bar code.

    The code is a row of 10 black or white fields across the middle third, highest bit first, which
    `number_of` reads back from a decoded frame. The corners show how the picture is turned.

    Args:
        size: width and height in pixels.
    """
    width, height = size
    wave = 64 + np.abs((np.arange(width) * 4 + round(8 * index)) % 256 - 128)
    image = np.broadcast_to(wave[None, :, None], (height, width, 3)).astype(np.uint8)
    top, left = height // 3, width // 4
    for corner, colour in enumerate(CORNERS):
        rows = slice(height - top, None) if corner >= 2 else slice(0, top)
        columns = slice(width - left, None) if corner % 2 else slice(0, left)
        image[rows, columns] = colour
    edges = np.linspace(0, width, _BITS + 1).astype(int)
    for bit in range(_BITS):
        image[top : height - top, edges[bit] : edges[bit + 1]] = 255 * (int(index) >> (_BITS - 1 - bit) & 1)
    return image


def number_of(image: np.ndarray) -> int:
    """The `index` of a decoded `picture`, upright, of whatever size and compression."""
    row = image[image.shape[0] * 2 // 5 : image.shape[0] * 3 // 5].mean(axis=(0, 2))
    width = len(row) / _BITS
    fields = [row[int((bit + 0.3) * width) : int((bit + 0.7) * width) + 1].mean() for bit in range(_BITS)]
    return sum(bool(field > 127) << (_BITS - 1 - bit) for bit, field in enumerate(fields))


def corners_of(image: np.ndarray) -> list[str]:
    """Names ("red", ...) of the colours in the corners of a decoded `picture`, in reading order."""
    height, width = image.shape[:2]
    near, names = np.array(CORNERS, int), ("red", "green", "blue", "white")
    spots = [(y, x) for y in (height // 8, height - 1 - height // 8) for x in (width // 9, width - 1 - width // 9)]
    return [names[int(np.abs(near - image[y, x].astype(int)).sum(axis=1).argmin())] for y, x in spots]


def make_video(
    path: Path,
    *,
    frames: int = 25,
    rate: Fraction | int = 25,
    times: Sequence[Fraction] | None = None,
    last: Fraction | None = None,
    size: tuple[int, int] = (64, 48),
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    options: dict[str, str] | None = None,
    container: dict[str, str] | None = None,
    gop: int = 12,
    b_frames: int = 0,
    turn: int = 0,
    mirror: bool = False,
    aspect: Fraction | None = None,
    interlaced: bool = False,
    colours: tuple[int, int] | None = None,
    sound: str | None = None,
    sound_start: Fraction = Fraction(0),
    sound_seconds: Fraction | None = None,
    draw: Callable[[float, tuple[int, int]], np.ndarray] = picture,
) -> Path:
    """Writes a video of `frames` pictures and returns `path`, whose extension says the container.

    Args:
        rate: frames per second; with `times`, only the rate that the header claims.
        times: seconds at which each frame is shown, for a variable rate; their number is `frames`.
        last: seconds that the last frame of `times` is shown; as long as the one before it if None.
        options: of the codec. `container`: of the container, such as {"movflags": "faststart"}.
        gop: frames from one key frame to the next. `b_frames`: how many frames in a row are predicted from both sides.
        turn: degrees clockwise that a player turns the picture, as phones write it (MP4, MOV and MKV).
        mirror: a player also mirrors it left to right, after turning.
        aspect: width of a pixel / its height.
        interlaced: each frame holds the fields of two moments, the lower one (rows 1, 3, ...) first.
        colours: matrix and range, as FFmpeg numbers them: (1, 1) BT.709 limited, (5, 2) BT.601 full...
        sound: a codec: "aac", "libmp3lame", "pcm_s16le", "libopus", "ac3"...
        sound_start: seconds at which the sound begins. `sound_seconds`: its length, else as long as the pictures.
        draw: makes the picture of a number.
    """
    rate = Fraction(rate)
    if times is None:
        time_base, times, last = 1 / rate, [index / rate for index in range(frames)], 1 / rate
    else:
        time_base, last = Fraction(1, 90000), last or (times[-1] - times[-2])
    end = times[-1] + last
    ticks = [round(time / time_base) for time in (*times, end)]
    with av.open(str(path), "w", container_options=container or {}) as output:
        stream = output.add_stream(codec, rate, options=options or {})
        stream.width, stream.height = size
        stream.pix_fmt = pix_fmt
        stream.codec_context.time_base = stream.time_base = time_base
        stream.gop_size = gop
        stream.max_b_frames = b_frames
        stream.codec_context.thread_count = 1
        if aspect:
            stream.sample_aspect_ratio = aspect
        if colours:
            stream.colorspace, stream.color_range = colours
        if turn or mirror:
            if not hasattr(stream, "set_display_rotation"):
                pytest.skip("needs PyAV 18 to write how the camera was held")
            stream.set_display_rotation(-turn, hflip=mirror)
        if interlaced:
            stream.codec_context.flags |= 0x20040000  # AV_CODEC_FLAG_INTERLACED_DCT | AV_CODEC_FLAG_INTERLACED_ME
        voice = output.add_stream(sound, SOUND_RATE if sound != "libopus" else 48000, layout="mono") if sound else None
        if voice is not None:  # first, so that a container of coarse interleaving has both from the start
            length = sound_seconds if sound_seconds is not None else end - sound_start
            samples = make_sound(float(length), voice.rate, float(sound_start))
            _write_sound(output, voice, samples, round(sound_start * voice.rate))
        for index, tick in enumerate(ticks[:-1]):
            image = draw(index, size)
            if interlaced:
                image[::2] = draw(index + 0.5, size)[::2]
            frame = av.VideoFrame.from_ndarray(image, format="bgr24")
            matrix, colour_range = colours or (5, 1)
            frame = frame.reformat(format=pix_fmt, dst_colorspace=matrix, dst_color_range=colour_range)
            frame.pts, frame.time_base = tick, time_base
            _mux(output, stream.encode(frame), ticks, time_base)
        _mux(output, stream.encode(None), ticks, time_base)
    return path


def _mux(output: av.container.OutputContainer, packets: list[av.Packet], ticks: list[int], base: Fraction) -> None:
    for packet in packets:
        number = ticks.index(round(packet.pts * packet.time_base / base))
        packet.duration = round((ticks[number + 1] - ticks[number]) * base / packet.time_base)
        output.mux(packet)


def make_sound(seconds: float, rate: int = SOUND_RATE, start: float = 0) -> np.ndarray:
    """float32 (N,), mono: a faint tone, and a loud click in the first 10 ms of each whole second, from `start` on."""
    time = start + np.arange(round(seconds * rate)) / rate
    click = np.where(time % 1 < 0.01, 0.8 * np.sign(np.sin(2 * np.pi * 2000 * time)), 0)
    return (0.03 * np.sin(2 * np.pi * 440 * time) + click).astype(np.float32)


def _write_sound(output: av.container.OutputContainer, stream: av.AudioStream, sound: np.ndarray, start: int) -> None:
    resampler = av.AudioResampler(stream.format.name, "mono", stream.rate)
    step = stream.codec_context.frame_size or 1024
    for at in range(0, len(sound), step):
        frame = av.AudioFrame.from_ndarray(sound[None, at : at + step], format="fltp", layout="mono")
        frame.sample_rate, frame.time_base, frame.pts = stream.rate, Fraction(1, stream.rate), start + at
        for converted in resampler.resample(frame):
            output.mux(stream.encode(converted))
    output.mux(stream.encode(None))


def make_pictures(folder: Path, frames: int = 10, first: int = 1, name: str = "%05d.png") -> Path:
    """Writes numbered pictures into `folder` and returns the printf pattern that means them all."""
    folder.mkdir(parents=True, exist_ok=True)
    for index in range(frames):
        cv2.imwrite(str(folder / (name % (first + index))), picture(index))
    return folder / name


def truncated(source: Path, target: Path, part: float = 0.6) -> Path:
    """Copies the first `part` of a file's bytes to `target`, as a broken-off download or a full card leaves it."""
    target.write_bytes(source.read_bytes()[: round(os.path.getsize(source) * part)])
    return target


def damaged(source: Path, target: Path, packets: Sequence[int], zero: bool = False) -> Path:
    """Copies a video, with the data of some video packets (numbered in file order) overwritten by noise or zeros."""
    data = bytearray(source.read_bytes())
    with av.open(str(source)) as container:
        places = [(p.pos, p.size) for p in container.demux(container.streams.video[0]) if p.size]
    noise = np.random.default_rng(1)
    for number in packets:
        position, size = places[number]
        data[position : position + size] = bytes(size) if zero else noise.bytes(size)
    target.write_bytes(data)
    return target
