"""Written videos in a real browser: the colours that it shows, the size, the length, and that there is sound."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from maskseg_cli.video.sound import Sound
from maskseg_cli.video.video_info import VideoInfo
from maskseg_cli.video.writer import VideoWriter
from tests.video.samples import CORNERS, make_video, picture

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

_PAGE = "<video id=v muted></video><canvas id=c></canvas>"
_PLAY = """
const [source, places, done] = arguments;
const video = document.getElementById('v'), canvas = document.getElementById('c');
video.onerror = () => done({error: video.error.message});
function look(tries) {
  [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
  const pen = canvas.getContext('2d');
  pen.drawImage(video, 0, 0);
  const colours = places.map(([x, y]) => Array.from(pen.getImageData(x, y, 1, 1).data).slice(0, 3).reverse());
  // A busy machine may not have the picture ready yet: the canvas stays black then.
  if (tries && !colours.flat().some(Boolean)) { setTimeout(look, 50, tries - 1); return; }
  video.onended = () => done({colours, size: [canvas.width, canvas.height], seconds: video.duration,
                              sound: video.webkitAudioDecodedByteCount});
  video.play().catch(error => done({error: String(error)}));
}
video.onseeked = () => { video.onseeked = null; look(100); };
video.onloadeddata = () => { video.currentTime = 0.5; };
video.src = source;
"""


@pytest.mark.parametrize("size", [(322, 240), (1280, 720)])
@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
def test_a_browser_shows_the_colours_and_plays_to_the_end(
    tmp_path: Path, browser: Chrome, suffix: str, size: tuple[int, int]
) -> None:
    source = make_video(tmp_path / "in.mp4", sound="aac")
    path = tmp_path / f"out{suffix}"
    rate = Fraction(30000, 1001)
    with VideoWriter(path, VideoInfo("sample", *size, rate), sound=Sound(str(source))) as writer:
        for index in range(24):
            writer.write(picture(index, size), index / rate, 1 / rate)
        written = writer.finish()
    (tmp_path / "page.html").write_text(_PAGE)
    browser.get((tmp_path / "page.html").as_uri())
    browser.set_script_timeout(30)
    width, height = size
    places = [(x, y) for y in (height // 8, height * 7 // 8) for x in (width // 9, width * 8 // 9)]
    seen = browser.execute_async_script(_PLAY, path.as_uri(), places)
    assert "error" not in seen, seen["error"]
    assert seen["size"] == list(size)
    assert seen["seconds"] == pytest.approx(float(written.duration), abs=0.03)
    assert seen["sound"] > 100
    # Chromium converts BT.709 with small integers: up to 12 beside the colour. The wrong matrix would be 30 beside it.
    assert np.abs(np.array(seen["colours"]) - np.array(CORNERS)).max() <= 14
