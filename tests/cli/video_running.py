"""Ways to run `maskseg video` in tests, and films whose objects the stand-in of the network finds."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
from click.testing import CliRunner, Result

from maskseg_cli.cli.main import main
from tests.video.samples import make_video

from . import fake_model

#: The real program in a process of its own, with the stand-in.
PROGRAM = [sys.executable, "-m", fake_model.__name__, "video"]

SIZE = (96, 64)


def run(*arguments: str | Path, code: int = 0) -> Result:
    """Runs `maskseg video` in this process."""
    result = CliRunner().invoke(main, ["video", *map(str, arguments)])
    assert result.exit_code == code, result.output
    return result


def moving_scene(index: float, size: tuple[int, int] = SIZE) -> np.ndarray:
    """A dark picture with one white person (8 x 24), who walks one pixel a frame, uint8 (H, W, 3) BGR."""
    width, height = size
    image = np.full((height, width, 3), (40, 60, 30), np.uint8)
    left = 4 + int(index) % (width - 16)
    image[8:32, left : left + 8] = 255
    return image


def film(path: Path, **options: Any) -> Path:
    """Makes a film of `moving_scene`; see `tests.video.samples.make_video`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return make_video(path, **{"size": SIZE, "draw": moving_scene, **options})


@dataclass
class Facts:
    """What a file holds, as PyAV reads it."""

    frames: list[np.ndarray]
    times: list[float]
    duration: float
    codec: str
    tag: str
    sound: str | None


def facts(path: str | Path) -> Facts:
    """Decodes a whole file."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        sound = container.streams.audio[0].codec_context.name if container.streams.audio else None
        frames, times = [], []
        for frame in container.decode(stream):
            frames.append(frame.to_ndarray(format="bgr24"))
            times.append(float(frame.pts * stream.time_base))
        assert container.duration is not None
        return Facts(
            frames, times, container.duration / av.time_base, stream.codec_context.name,
            stream.codec_context.codec_tag, sound,
        )  # fmt: skip


def outlined(frame: np.ndarray) -> bool:
    """Whether something was drawn over a frame of `moving_scene`, which is gray in every pixel or white."""
    return bool((np.ptp(frame.astype(int), axis=2) > 60).sum() > 30)


def outlined_at(frame: np.ndarray) -> float:
    """Column in the middle of what was drawn."""
    columns = np.flatnonzero((np.ptp(frame.astype(int), axis=2) > 60).any(axis=0))
    return float(columns.mean())


def json_lines(path: str | Path) -> list[dict[str, Any]]:
    """The lines of a --json file."""
    return [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines()]
