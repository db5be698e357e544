"""HDF5 files: Matterport's weights, which another process reads (checkpoints/hdf5_file.py)."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import h5py
import numpy as np

from maskseg_cli.checkpoints import read_checkpoint
from maskseg_cli.checkpoints.description import describe, describe_as_text
from tests.fuzz.fuzzer import Fuzzer

_LAYERS = [f"res4{letter}_branch2a" for letter in "abcdef"]


def _file(change: Callable[[h5py.File], None] = lambda file: None, libver: str = "earliest", text: Any = "S") -> bytes:
    """A small sound file, the backbone's names with a few numbers each, changed by a function."""
    stream = io.BytesIO()
    with h5py.File(stream, "w", libver=libver) as file:
        for layer in _LAYERS:
            group = file.create_group(layer)
            group.attrs["weight_names"] = np.array([f"{layer}/kernel:0"], dtype=text)
            group[f"{layer}/kernel:0"] = np.ones((1, 1, 1, 2), np.float32)
        file.attrs["layer_names"] = np.array(_LAYERS, dtype=text)
        file.attrs["keras_version"] = "2.14.0"
        change(file)
    return stream.getvalue()


def _keras3(file: h5py.File) -> None:
    del file.attrs["layer_names"]
    for layer in _LAYERS:
        file[f"layers/{layer}/vars/0"] = file[f"{layer}/{layer}/kernel:0"][()]
        file[f"layers/{layer}/vars"].attrs["name"] = layer


def _packed(file: h5py.File) -> None:
    file.create_dataset("res4a_branch2a/bias", data=np.ones(64), chunks=(16,), compression="gzip", shuffle=True)
    file.create_dataset("res4a_branch2a/more", data=np.ones(64, "<f2"), chunks=(64,), compression="lzf")


def _seeds() -> list[bytes]:
    texts = h5py.string_dtype()
    return [
        _file(),
        _file(text=texts),
        _file(libver="latest", text=texts),
        _file(_keras3),
        _file(_packed),
        _file(_packed, libver="latest"),
    ]


def _odd_attribute(random: Random, file: h5py.File) -> None:
    holder = random.choice((file, file["res4c_branch2a"]))
    values = (
        5, [], h5py.Empty("f"), h5py.Empty("S5"), np.zeros((3, 3)), [["a", "b"], ["c", "d"]], file.ref, "x" * 60000,
        np.array([file.ref], dtype=h5py.ref_dtype), np.zeros(2, [("a", "i4")]), b"\xff",
    )  # fmt: skip
    name = random.choice(("layer_names", "weight_names", "layer_names0", "weight_names0", "keras_version", "name"))
    holder.attrs.pop(name, None)
    holder.attrs[name] = random.choice(values)


def _odd_dataset(random: Random, file: h5py.File) -> None:
    name = "res4b_branch2a/res4b_branch2a/kernel:0"
    del file[name]
    kind = random.randrange(9)
    if kind == 0:
        file.create_group(name)
    elif kind == 1:
        file[name] = h5py.Empty("f4")
    elif kind == 2:
        file.create_dataset(name, (1 << random.randrange(60),), "f4", chunks=True)
    elif kind == 3:
        file[name] = random.choice((np.bool_([1]), np.zeros(3, "c8"), np.zeros(0), np.float64(1), [b"a"], [[[[1]]]]))
    elif kind == 4:
        file.create_dataset(name, (2,), "f4", external=[("/etc/hostname", 0, 8)])
    elif kind == 5:
        layout = h5py.VirtualLayout((4,), "f4")
        layout[:] = h5py.VirtualSource("/etc/hostname", "a", (4,))
        file.create_virtual_dataset(name, layout)
    elif kind == 6:
        file.create_dataset(name, data=np.zeros(200, "f8"), chunks=(200,), compression="gzip")
    elif kind == 7:
        file.create_dataset(name, data=np.zeros(3), dtype=random.choice((">f2", "<i8", "u1", np.longdouble)))
    else:
        file[name] = np.array([file.ref], dtype=h5py.ref_dtype)


def _odd_link(random: Random, file: h5py.File) -> None:
    place = random.choice(("res4d_branch2a", "layers", "model_weights", "a", "layers/x/layer"))
    if place in file:
        del file[place]
    target = random.choice(("/", "a/b", "/layers", "res4a_branch2a", "/etc/passwd", ".", "nowhere", "x" * 3000))
    file[place] = random.choice((h5py.SoftLink(target), h5py.ExternalLink("/etc/hostname", target), file["/"]))


def _craft(random: Random, start: bytes) -> bytes:
    changes = [random.choice((_odd_attribute, _odd_dataset, _odd_link)) for _ in range(random.choice((1, 1, 2)))]

    def change(file: h5py.File) -> None:
        if random.random() < 0.3:
            _keras3(file)
        for one in dict.fromkeys(changes):
            one(random, file)

    libver = random.choice(("earliest", "latest"))
    return _file(change, libver, random.choice(("S", h5py.string_dtype())))


def _attack(data: bytes, folder: Path) -> None:
    path = folder / "weights.h5"
    path.write_bytes(data)
    describe_as_text(describe(path, read_checkpoint(path, backbone_only=True)))


FUZZER = Fuzzer(
    "hdf5", _seeds, _attack, tokens=(b"layer_names", b"OHDR", b"TREE", b"HEAP", b"SNOD"), craft=_craft, cost=8
)
