"""Names of cut-outs: below the folder, on every file system."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from maskseg_cli.export.cutouts import Cutouts
from tests.export.samples import NAMES, found, photo_frame


def test_an_address_gives_names_that_every_file_system_takes(tmp_path: Path) -> None:
    sink = Cutouts(tmp_path / "objects")
    sink.start(NAMES)
    frame, detections = photo_frame(tmp_path / "a.png"), found()
    for source in ("http://127.0.0.1:8080/video.mjpg", "../12:30.jpg", 'a"?.png', "a__.png"):
        sink.add(replace(frame, source=source), detections, None)
    sink.finish()
    files = [path.relative_to(tmp_path / "objects") for path in (tmp_path / "objects").rglob("*.png")]
    assert len(files) == 4 * len(detections)
    assert {str(path.parent) for path in files} == {".", str(Path("http_/127.0.0.1_8080"))}
    assert not any(set('<>:"\\|?*') & set(path.as_posix()) for path in files)
