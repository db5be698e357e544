"""HDF5 files that point at other files of the computer, crash the HDF5 library, or have no end: each is refused."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from maskseg_cli.checkpoints import find_weights, hdf5_file, read_checkpoint
from maskseg_cli.checkpoints.hdf5_file import Hdf5File
from maskseg_cli.errors import MasksegError
from tests.checkpoints.tiny import assert_same, tiny_arrays, tiny_groups, write_h5
from tests.conftest import SHARED

KERNEL = "res2a_branch2a/res2a_branch2a/kernel:0"


def changed(folder: Path, change: Callable[[h5py.File], object]) -> Path:
    """A sound file, changed by a function."""
    path = write_h5(folder / "w.h5", tiny_groups())
    with h5py.File(path, "a") as file:
        change(file)
    return path


def replaced(name: str, make: Callable[[h5py.File], object]) -> Callable[[h5py.File], None]:
    """A change that puts something else in the place of what has this name."""

    def change(file: h5py.File) -> None:
        del file[name]
        made = make(file)
        if not isinstance(made, (h5py.Dataset, h5py.Group)):
            file[name] = made

    return change


def virtual(file: h5py.File) -> h5py.Dataset:
    layout = h5py.VirtualLayout((1, 1, 4, 4), "f4")
    layout[:] = h5py.VirtualSource("other.h5", "a", (1, 1, 4, 4))
    return file.create_virtual_dataset(KERNEL, layout)


def with_filter(code: int) -> Callable[[h5py.File], h5py.Dataset]:
    def make(file: h5py.File) -> h5py.Dataset:
        plan = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plan.set_chunk((1, 1, 4, 4))
        plan.set_filter(code, h5py.h5z.FLAG_OPTIONAL)
        space = h5py.h5s.create_simple((1, 1, 4, 4))
        made = h5py.h5d.create(file.id, KERNEL.encode(), h5py.h5t.IEEE_F32LE, space, plan)
        return h5py.Dataset(made)

    return make


REFUSED = {
    "external storage": (
        replaced(KERNEL, lambda file: file.create_dataset(KERNEL, (1, 1, 4, 4), "f4", external=[("secret", 0, 64)])),
        r"the values of /res2a_branch2a/res2a_branch2a/kernel:0 lie in another file",
    ),
    "external storage that no layer names": (
        lambda file: file.create_dataset("optimizer_weights/a", (16,), "u1", external=[("secret", 0, 16)]),
        "the values of /optimizer_weights/a lie in another file",
    ),
    "external link to an array": (
        replaced(KERNEL, lambda file: h5py.ExternalLink("other.h5", "/a")),
        r"kernel:0 in it is a link to another file",
    ),
    "external link to a layer": (
        replaced("res2a_branch2a", lambda file: h5py.ExternalLink("other.h5", "/res2a_branch2a")),
        "/res2a_branch2a in it is a link to another file",
    ),
    "external link of the whole network": (
        lambda file: file.__setitem__("model_weights", h5py.ExternalLink("other.h5", "/")),
        "/model_weights in it is a link to another file",
    ),
    "soft link through an external one": (
        lambda file: (
            file.__setitem__("outside", h5py.ExternalLink("other.h5", "/")),
            replaced(KERNEL, lambda file: h5py.SoftLink("/outside/a"))(file),
        ),
        "/outside in it is a link to another file",
    ),
    "virtual dataset": (replaced(KERNEL, virtual), "kernel:0 is a virtual dataset"),
    "filter of a plug-in": (replaced(KERNEL, with_filter(32015)), "kernel:0 is packed with the filter 32015"),
    "group in the place of an array": (
        replaced(KERNEL, lambda file: file.create_group(KERNEL)),
        r"has no array 'res2a_branch2a/kernel:0' in 'res2a_branch2a'",
    ),
    "array in the place of a group": (
        replaced("res2a_branch2a", lambda file: np.ones(3)),
        "has no group 'res2a_branch2a'",
    ),
    "null": (replaced(KERNEL, lambda file: h5py.Empty("f4")), "holds no numbers for res2a_branch2a/kernel"),
    "references": (
        replaced(KERNEL, lambda file: np.array([file.ref] * 4, h5py.ref_dtype)),
        "holds no numbers for res2a_branch2a/kernel",
    ),
    "soft link in a circle": (
        replaced(KERNEL, lambda file: h5py.SoftLink(f"/{KERNEL}")),
        "has no array 'res2a_branch2a/kernel:0'",
    ),
    "names that are numbers": (
        lambda file: (file.attrs.pop("layer_names"), file.attrs.__setitem__("layer_names", [1, 2])),
        "damaged HDF5 file .layer_names is not a text",
    ),
    "an array of nothing, without an end": (
        lambda file: file.create_dataset("more", (1 << 50,), "f4", chunks=True),
        "would unpack to 4,503,599,627 MB, which so small a weights file cannot hold",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_is_refused_with_a_sentence(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    change, sentence = REFUSED[name]
    (tmp_path / "secret").write_bytes(b"private keys".ljust(64))
    with h5py.File(tmp_path / "other.h5", "w") as other:
        other["a"] = np.ones((1, 1, 4, 4), "f4")
    path = changed(tmp_path, change)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(MasksegError, match=sentence) as caught:
        read_checkpoint(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_links_inside_the_file_are_followed(tmp_path: Path) -> None:
    def change(file: h5py.File) -> None:
        file["elsewhere"] = file["res2a_branch2a"]  # a second hard link
        del file["res2a_branch2a"]
        file["res2a_branch2a"] = h5py.SoftLink("/through/elsewhere")
        file["through"] = h5py.SoftLink("/")
        file["elsewhere/circle"] = file["/"]

    assert_same(read_checkpoint(changed(tmp_path, change)).arrays, tiny_arrays())


def test_arrays_are_read_however_they_are_stored(tmp_path: Path) -> None:
    values = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    path = tmp_path / "a.h5"
    with h5py.File(path, "w", userblock_size=1024) as file:
        file["plain"], file["swapped"], file["half"] = values, values.astype(">f8"), values.astype("<f2")
        file["single"], file["none"] = np.float32(5), np.zeros((0, 3), np.float32)
        file.create_dataset("packed", data=values, chunks=(1, 2, 3), compression="gzip", shuffle=True, fletcher32=True)
        file.create_dataset("lzf", data=values, chunks=(2, 3, 4), compression="lzf")
        file.create_dataset("never written", (2, 2), "f4", fillvalue=7)
        plan = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plan.set_layout(h5py.h5d.COMPACT)
        file.create_dataset("compact", data=values, dcpl=plan)
        other = h5py.h5t.IEEE_F32LE.copy()
        other.set_ebias(126)  # a number of another form, which the library has to convert
        h5py.h5d.create(file.id, b"bias", other, h5py.h5s.create_simple((2,))).write(
            h5py.h5s.ALL, h5py.h5s.ALL, np.array([1.5, 2], np.float32)
        )
    with Hdf5File(path) as file:
        found = {name: file.read(dataset) for name, dataset in file.root.datasets()}
        direct = {name for name, dataset in file.root.datasets() if dataset.offset is not None}
    for name in ("plain", "swapped", "half", "packed", "lzf", "compact"):
        np.testing.assert_array_equal(found[name], values)
    assert found["single"] == 5
    assert found["none"].shape == (0, 3)
    assert (found["never written"] == 7).all()
    np.testing.assert_array_equal(found["bias"], [1.5, 2])
    assert direct == {"plain", "swapped", "half", "single"}


def test_groups_in_each_other_without_an_end(tmp_path: Path) -> None:
    path = tmp_path / "w.h5"
    with h5py.File(path, "w") as file:
        file["layers/a/layer"] = file.create_group("layers/a")
    with pytest.raises(MasksegError, match="its groups lie in each other without an end"):
        read_checkpoint(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes on this system")
def test_nothing_that_waits_is_opened(tmp_path: Path) -> None:
    """A pipe that nobody writes into would hold whoever opens it for ever."""
    fifo = tmp_path / "pipe.h5"
    os.mkfifo(fifo)
    for read in (find_weights, read_checkpoint, Hdf5File):
        with pytest.raises(MasksegError, match=r"pipe\.h5 is no regular file"):
            read(fifo)
    path = changed(tmp_path, lambda file: file.__setitem__("model_weights", h5py.ExternalLink(str(fifo), "/")))
    with pytest.raises(MasksegError, match="is a link to another file"):
        read_checkpoint(path)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_the_process_that_reads_can_open_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even where a link was overlooked: here the child takes every link for one inside the file."""
    child = tmp_path / "child.py"
    text = Path(hdf5_file._CHILD).read_text(encoding="utf-8")
    assert "if plan.get_external_count():" in text
    child.write_text(text.replace("if plan.get_external_count():", "if False:"), encoding="utf-8")
    monkeypatch.setattr(hdf5_file, "_CHILD", child)
    (tmp_path / "secret").write_bytes(b"private keys".ljust(64))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(MasksegError, match="damaged HDF5 file"):
        read_checkpoint(changed(tmp_path, REFUSED["external storage"][0]))


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("os.abort()", "is damaged: the HDF5 library crashed on it; fetch or copy it again."),
        ("reader = 0\n                while True: reader += 1", "is damaged: the HDF5 library comes to no end with it"),
        ("bytearray(64 << 30)", "is a damaged HDF5 file (MemoryError)"),
    ],
    ids=["crash", "loop", "memory"],
)
@pytest.mark.skipif(sys.platform != "linux", reason="the limits are those of Linux")
def test_a_crash_an_endless_loop_and_hunger_for_memory_end_with_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, sentence: str
) -> None:
    path = write_h5(tmp_path / "w.h5", tiny_groups())
    child = tmp_path / "child.py"
    text = Path(hdf5_file._CHILD).read_text(encoding="utf-8")
    marked = "reader = _Structure(h5py)"
    assert marked in text
    child.write_text(text.replace(marked, line).replace("_SECONDS = 2", "_SECONDS = 0"), encoding="utf-8")
    monkeypatch.setattr(hdf5_file, "_CHILD", child)
    with pytest.raises(MasksegError) as caught:
        read_checkpoint(path)
    assert str(caught.value).startswith(f"{path} {sentence}")


def test_the_file_that_crashed_the_library(tmp_path: Path) -> None:
    case = SHARED / "cases" / "hostile" / "segv_k3.h5"
    if not case.is_file():
        pytest.skip("needs the folder ../shared/cases, which is not here")
    shutil.copy(case, tmp_path / "w.h5")
    with pytest.raises(MasksegError, match="damaged"):
        read_checkpoint(tmp_path / "w.h5")


def test_code_in_the_current_folder_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other process is Python too; where people keep downloaded files there may be an h5py.py among them."""
    for module in ("h5py", "numpy", "json"):
        (tmp_path / f"{module}.py").write_text("open('was run', 'w')")
    path = write_h5(tmp_path / "w.h5", tiny_groups())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HDF5_PLUGIN_PATH", str(tmp_path))
    assert_same(read_checkpoint(path).arrays, tiny_arrays())
    assert not (tmp_path / "was run").exists()
