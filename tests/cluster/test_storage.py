"""Photos and results on a storage by address; file:// is one that is always there."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from maskseg_cli import process_images
from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.media.storage import list_folders
from tests.cluster.stand_in import Killer


def content(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.usefixtures("cluster")
def test_results_are_those_of_a_run_on_files(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "kills").mkdir()
    process_images("photos", "here", recursive=True, json="here.json")
    killer = Killer("inner/12.png", tmp_path / "kills")
    done = process_images(
        f"file://{photos}", f"file://{tmp_path}/there", recursive=True, json="there.json", transforms=[killer], ray=True
    )
    assert content(tmp_path / "there") == content(tmp_path / "here")
    assert len(content(tmp_path / "there")) == 24
    assert Path("there.json").read_bytes() == Path("here.json").read_bytes()
    [(name, reason)] = done.failures.items()
    assert name == f"file://{photos}/05.jpg"
    assert name in reason
    assert "maskseg-stage" not in reason
    with pytest.raises(MasksegError, match="exists already: --overwrite replaces"):
        process_images(f"file://{photos}", f"file://{tmp_path}/there", recursive=True, ray=True)
    (tmp_path / "there/inner/00.png").unlink()
    again = process_images("photos", f"file://{tmp_path}/there", recursive=True, skip_existing=True, ray=True)
    assert (again.done, again.kept, again.failed) == (1, 23, 1)
    assert content(tmp_path / "there") == content(tmp_path / "here")


@pytest.mark.usefixtures("cluster")
def test_what_a_storage_does_not_get_is_refused(photos: Path, tmp_path: Path) -> None:
    place = f"file://{photos}"
    with pytest.raises(UsageError, match="LabelmeFiles writes a file for each photo"):
        process_images(place, "out", export="labelme", ray=True)
    with pytest.raises(UsageError, match="where --ray writes photos only"):
        process_images(place, "out", json="s3://bucket/found.json", ray=True)
    with pytest.raises(UsageError, match="would replace the photos"):
        process_images(place, place, ray=True)
    with pytest.raises(UsageError, match="is on no storage that can be reached"):
        process_images("nowhere://photos", "out", ray=True)
    with pytest.raises(MasksegError, match="There is no photo in the folder"):
        process_images(f"file://{tmp_path}/missing", "out", ray=True)
    assert [path.name for path in tmp_path.iterdir()] == ["photos"]


def test_folders_of_a_storage_come_in_order() -> None:
    fsspec = pytest.importorskip("fsspec", reason="needs fsspec, which comes with 'maskseg[ray]'")
    system = fsspec.filesystem("memory")
    for name in ("b/2.jpg", "b/1.jpg", "a.jpg", "c/d/3.jpg", ".hidden.jpg"):
        system.pipe(f"/listing/{name}", b"x")
    found = list(list_folders("memory://listing", recursive=True))
    here = PurePosixPath()
    assert found == [(here, ["a.jpg"]), (here / "b", ["1.jpg", "2.jpg"]), (here / "c", []), (here / "c/d", ["3.jpg"])]
    assert list(list_folders("memory://listing", recursive=False)) == [(here, ["a.jpg"])]
    assert list(list_folders("memory://not-there", recursive=True)) == []
