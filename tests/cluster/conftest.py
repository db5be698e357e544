"""A Ray cluster on this machine, and photos."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import cv2
import pytest

from tests.cli.fake_model import scene, use_blob_engine


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    """Ray with room for two workers, for the tests of a file; runs of this process use it, whatever address they name.

    It ends with the file: others call `remove_unfinished` in this process, which ends Ray's processes, and a program
    whose cluster is gone ends too.
    """
    pytest.importorskip("ray.data", reason="needs Ray: pip install 'maskseg[ray]'")
    from maskseg_cli.cluster.connection import import_ray, own_terminal, start_here

    ray = import_ray()
    with contextlib.ExitStack() as stack, own_terminal(ray):
        stack.callback(ray.shutdown)
        start_here(
            ray, stack, cpus=2, runtime_env={"worker_process_setup_hook": "tests.cluster.stand_in.use_in_worker"}
        )
        yield


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Photos of several sizes in folders, one of them damaged; the stand-in finds objects in this process too."""
    use_blob_engine(monkeypatch.setattr)
    folder = tmp_path / "photos"
    for number in range(24):
        place = folder / ("inner" if number % 3 == 0 else "")
        place.mkdir(parents=True, exist_ok=True)
        kind = "png" if number % 4 == 0 else "jpg"
        cv2.imwrite(str(place / f"{number:02d}.{kind}"), scene(96 + number, 64))
    shutil.copy(folder / "01.jpg", folder / "04.jpg")  # two photos that differ in their ending only
    (folder / "05.jpg").write_bytes(b"no photo at all")
    monkeypatch.chdir(tmp_path)
    return folder
