"""Files that hold no weights get a sentence that says what they are."""

from __future__ import annotations

import io
import pickle
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest

from maskseg_cli.checkpoints import read_checkpoint
from maskseg_cli.checkpoints.sniff import HDF5_SIGNATURE, identify
from maskseg_cli.errors import MasksegError
from tests.checkpoints.tiny import tiny_groups, write_h5
from tests.torch_files import tensors, write_legacy, write_pickle, write_safetensors, write_zip


def zipped(*names: str) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name in names:
            archive.writestr(name, b"content")
    return data.getvalue()


LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935\nsize 257557808\n"
OTHER_FILES = {
    "lfs.h5": (LFS, "git-LFS pointer.*git lfs pull"),
    "page.h5": (b"\n<!DOCTYPE html>\n<html><body>Sign in</body></html>", r"web page \(HTML\)"),
    "page2.npz": (b"\xef\xbb\xbf<html lang='en'>", r"web page \(HTML\)"),
    "page3.h5": (b'<?xml version="1.0"?><!DOCTYPE html PUBLIC "-//W3C"><html>', r"web page \(HTML\)"),
    "lite.xml": (
        b'<?xml version="1.0"?>\n<net name="lite" version="11">\n',
        "converted network of OpenVINO, which --weights takes",
    ),
    "nothing.h5": (b"", "is empty"),
    "zeros.h5": (bytes(5000), "only zeros"),
    "start.h5": (HDF5_SIGNATURE[:5], "truncated HDF5 file"),
    "oldest_torch.pth": (b"sys_info".ljust(257, b"\0") + b"ustar", "PyTorch file of before version 0.2"),
    "old_torch.pth": (pickle.dumps(0x1950A86A20F9469CFC6C, protocol=2), r"damaged \(a pickle ends early\)"),
    "script.pt": (zipped("a/data.pkl", "a/code/a.py", "a/constants.pkl"), "TorchScript program"),
    "export.pt2": (zipped("a/archive_format", "a/models/model.json"), "exported program"),
    "export0.pt2": (zipped("serialized_exported_program.json", "version"), "exported program"),
    "model_final.pkl": (pickle.dumps({"model": [1, 2]}), "holds no tensors"),
    "tuple.pkl": (pickle.dumps((1, 2)), "holds a tuple and no state dict"),
    "model.onnx": (b"\x08\x07\x12\x07pytorch", "ONNX"),
    "renamed.h5": (b"\x08\x07\x12\x07pytorch" + b"\0" * 20, "ONNX"),
    "saved_model.pb": (b"\x08\x01\x12\xb1\x03", "SavedModel"),
    "saved.zip": (zipped("export/saved_model.pb"), "SavedModel"),
    "model.tflite": (b"\x1c\0\0\0TFL3\0\0", "TensorFlow Lite"),
    "model.safetensors": (b"\x40\0\0\0\0\0\0\0" + b'{"a":{"dtype":"F32"}}', "its header declares 64 bytes"),
    "model.ckpt-1.index": (b"\0\1\2\xff", "TensorFlow checkpoint"),
    "model.keras": (zipped("metadata.json", "config.json", "model.weights.h5"), r"Keras 3 model \(\.keras\)"),
    "release.zip": (zipped("weights/mask_rcnn.h5"), r"unpack it and use weights/mask_rcnn\.h5"),
    "texts.zip": (zipped("readme.txt"), "zip archive without arrays"),
    "one.npy": (b"\x93NUMPY\x01\0", "single NumPy array"),
    "photo.jpg": (b"\xff\xd8\xff\xe0\0\x10JFIF", "picture"),
    "labels.json": (b'{"message": "Not Found"}', "JSON"),
    "labels.txt": (b"person\ndog\n", "text file"),
    "labels2.txt": (b"cat\ndog\nperson\n", "text file"),
    "call.txt": (b"cos\nsystem\n(S'true'\ntR.", "would run os.system"),
    "call2.txt": (b"cos\nsystem\np0\n(S'true'\ntR.", "would run os.system"),
    "weights.tar.gz": (b"\x1f\x8b\x08\0", "gzip"),
    "noise.h5": (bytes(range(255, 100, -1)), "not a weights file that maskseg can read"),
}


@pytest.mark.parametrize("name", OTHER_FILES)
def test_names_what_the_file_is(tmp_path: Path, name: str) -> None:
    content, sentence = OTHER_FILES[name]
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(MasksegError, match=sentence) as caught:
        read_checkpoint(path)
    message = str(caught.value)
    assert message.startswith(str(path))
    assert message.endswith(".")


def test_kinds_are_told_by_content_not_by_name(tmp_path: Path) -> None:
    assert identify(write_h5(tmp_path / "weights.npz", tiny_groups())) == "hdf5"
    with (tmp_path / "weights.h5").open("wb") as stream:
        np.savez(stream, a=np.ones(2))
    assert identify(tmp_path / "weights.h5") == "npz"
    arrays = {"a": np.ones(2, np.float32)}
    assert identify(write_zip(tmp_path / "model.npz", tensors(arrays))) == "pytorch"
    assert identify(write_legacy(tmp_path / "model.safetensors", tensors(arrays))) == "pytorch"
    for protocol in (0, 1, 2, 5):
        assert identify(write_pickle(tmp_path / "model.h5", {"model": arrays}, protocol)) == "pytorch"
    assert identify(write_safetensors(tmp_path / "model.pth", arrays)) == "safetensors"


@pytest.mark.parametrize("version", ["earliest", "latest"])
@pytest.mark.parametrize("share", [0.001, 0.3, 0.999])
def test_a_truncated_hdf5_file_of_any_version(tmp_path: Path, version: str, share: float) -> None:
    path = tmp_path / "w.h5"
    with h5py.File(path, "w", libver=version) as file:
        file["a/kernel"] = np.random.default_rng(0).normal(size=(100, 100))
    whole = path.read_bytes()
    assert identify(path) == "hdf5"
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(MasksegError, match="truncated HDF5 file"):
        identify(path)


def test_the_sentence_of_a_truncated_file_counts_the_bytes(tmp_path: Path) -> None:
    path = write_h5(tmp_path / "w.h5", tiny_groups())
    size = path.stat().st_size
    path.write_bytes(path.read_bytes()[:100_000])
    with pytest.raises(MasksegError, match=f"only 100,000 of {size:,} bytes"):
        read_checkpoint(path)


def test_hdf5_behind_a_user_block(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "w.h5", "w", userblock_size=512) as file:
        file["a"] = np.ones(3)
    assert identify(tmp_path / "w.h5") == "hdf5"


def test_folders(tmp_path: Path) -> None:
    with pytest.raises(MasksegError, match="is a folder, not a weights file: maskseg reads"):
        identify(tmp_path)
    (tmp_path / "mask.h5").touch()
    with pytest.raises(MasksegError, match=r"name a file in it, such as .*mask\.h5"):
        identify(tmp_path)
    (tmp_path / "saved_model.pb").touch()
    with pytest.raises(MasksegError, match="SavedModel"):
        identify(tmp_path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(MasksegError, match=r"There is no weights file .*gone\.h5"):
        identify(tmp_path / "gone.h5")
