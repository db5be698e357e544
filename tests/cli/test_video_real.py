"""`maskseg video` on real videos with the bundled network."""

from __future__ import annotations

import base64
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from selenium.webdriver import Chrome

from maskseg_cli.video.reader import open_video
from tests.browser import wait_for

from .video_running import facts, json_lines, outlined, run

VIDEOS = ("01_dog.mp4", "car-detection.mp4", "one-by-one-person-detection.mp4", "walk.mkv")

#: What has to be found in each, in one of the frames looked at. (A car from above is a cell phone to the network now
#: and then.)
SEEN = {
    "01_dog.mp4": {"dog"},
    "car-detection.mp4": {"car", "cell phone"},
    "one-by-one-person-detection.mp4": {"person"},
    "walk.mkv": {"person"},
}


#: Seconds of the long ones that are done here; benchmarks/whole_videos.py does them whole.
PART = {"01_dog.mp4": 4, "car-detection.mp4": 8, "one-by-one-person-detection.mp4": 12}


@pytest.mark.parametrize("kind", ["mp4", "avi"])
@pytest.mark.parametrize("name", VIDEOS)
def test_count_length_and_sound_of_the_source(shared: Path, tmp_path: Path, name: str, kind: str) -> None:
    """The network looks at some frames only, so that all the other work can be done on long videos."""
    source, output, end = shared / "videos" / name, tmp_path / f"out.{kind}", PART.get(name)
    part = [] if end is None else ["--end", str(end)]
    run(source, "-o", output, "--every", "40", "--size", "320", "--json", tmp_path / "out.jsonl", *part)
    with open_video(source, end=end) as video:
        info = video.info
        count = sum(1 for _ in video)
        assert (video.skipped, video.broken) == (0, None)
    with av.open(str(output)) as container:
        pictures = container.streams.video[0]
        frames = sum(1 for _ in container.decode(pictures))
        assert abs(frames - count) <= 1
        assert (pictures.width, pictures.height) == (info.width, info.height)
        assert info.duration is not None
        assert container.duration is not None
        assert container.duration / av.time_base == pytest.approx(end or info.duration, abs=0.1)
        assert bool(container.streams.audio) == info.has_sound
    read = cv2.VideoCapture(str(output))
    assert sum(1 for _ in iter(lambda: read.read()[0], False)) == frames
    found = {
        annotation["category"] for line in json_lines(tmp_path / "out.jsonl") for annotation in line["annotations"]
    }
    assert found & SEEN[name]


@pytest.mark.parametrize("name", ["car-detection.mp4", "walk.mkv"])
def test_the_mp4_plays_in_a_browser(shared: Path, tmp_path: Path, browser: Chrome, name: str) -> None:
    source = shared / "videos" / name
    run(source, "-o", tmp_path / "out.mp4", "--start", "0:01", "--max-frames", "24", "--every", "8")
    check_playing(browser, tmp_path)


def test_a_made_mp4_plays_in_a_browser(here: Path, browser: Chrome) -> None:
    from .video_running import film

    film(here / "in.mp4", frames=50, size=(320, 240), sound="aac")
    run("in.mp4", "-o", "out.mp4")
    check_playing(browser, here)


def check_playing(browser: Chrome, folder: Path) -> None:
    """Chromium tells the duration of out.mp4, plays it, and shows the frame that PyAV decodes."""
    made = facts(folder / "out.mp4")
    page = folder / "page.html"
    page.write_text("<video id=v src=out.mp4 muted></video>")
    browser.get(page.as_uri())
    state = "return [v.readyState, v.duration, v.videoWidth, v.videoHeight, v.error && v.error.message]"
    wait_for(lambda: browser.execute_script(state)[0] >= 2 or browser.execute_script(state)[4], "the video is loaded")
    _, duration, width, height, error = browser.execute_script(state)
    assert error is None
    assert duration == pytest.approx(made.duration, abs=0.05)
    assert (height, width) == made.frames[0].shape[:2]
    # Loaded is not shown: the first picture may still be on its way to the screen.
    [shown] = wait_for(lambda: _shown(browser), "the first picture is shown")
    assert np.abs(shown.astype(int) - made.frames[0]).mean() < 4
    if folder.joinpath("in.mp4").exists():
        assert outlined(shown)
    browser.execute_script("v.play()")
    wait_for(lambda: browser.execute_script("return v.currentTime > 0.3"), "the video moves")
    wait_for(lambda: browser.execute_script("return v.ended"), "the video ends")


def _shown(browser: Chrome) -> list[np.ndarray]:
    """What the page's video shows, BGR, alone in a list; nothing as long as it is black."""
    pixels = browser.execute_script(
        "const c = document.createElement('canvas'); c.width = v.videoWidth; c.height = v.videoHeight;"
        "const x = c.getContext('2d'); x.drawImage(v, 0, 0);"
        "return [c.width, c.height, btoa(Array.from(x.getImageData(0, 0, c.width, c.height).data,"
        " (b) => String.fromCharCode(b)).join(''))]"
    )
    width, height, data = pixels
    image = np.frombuffer(base64.b64decode(data), np.uint8).reshape(height, width, 4)[:, :, 2::-1]
    return [image] if image.any() else []
