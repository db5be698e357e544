"""Files that torch, mmengine and safetensors wrote themselves (torch_written/) are read, or refused by their kind."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from maskseg_cli.checkpoints.pytorch.reading import read_torch_state
from maskseg_cli.errors import MasksegError

FOLDER = Path(__file__).parent / "torch_written"

#: File -> layout, type, relative precision of that type.
READ = {
    "state_dict.pth": ("zip", "float32", 0),
    "state_dict_protocol_4.pth": ("zip", "float32", 0),
    "state_dict_before_1.6.pth": ("legacy", "float32", 0),
    "bfloat16.pth": ("zip", "bfloat16", 2**-8),
    "bfloat16_before_1.6.pth": ("legacy", "bfloat16", 2**-8),
    "bfloat16.safetensors": ("safetensors", "bfloat16", 2**-8),
    "float16.pth": ("zip", "float16", 2**-10),
    "numpy_protocol_1.pkl": ("pickle", "float32", 0),
    "numpy_protocol_2.pkl": ("pickle", "float32", 0),
    "numpy_protocol_5.pkl": ("pickle", "float32", 0),
}

#: Files of a later step of its training.
TRAINED = ("torchvision_training.pth", "averaged.pth", "data_parallel.pth")

REFUSED = {
    "whole_model.pth": r"is a whole pickled model \(torch\.nn\.modules\.container\.Sequential\), not a state dict",
    "model_below_model.pth": r"is a whole pickled model \(torch\.nn\.modules\.container\.Sequential\)",
    "own_class.pth": r"holds an object of __main__\.Mine.*torch\.save\(model\.state_dict\(\), \.\.\.\)",
    "quantized.pth": "a in it is a quantized tensor",
    "sparse.pth": "a in it is a sparse tensor",
    "pickled.pkl": "was written by pickle and not by torch.save",
}


def expected() -> dict[str, np.ndarray]:
    with np.load(FOLDER / "expected.npz") as archive:
        return {name: archive[name] for name in archive.files}


@pytest.mark.parametrize("name", READ)
def test_a_state_dict(name: str) -> None:
    layout, dtype, precision = READ[name]
    state = read_torch_state(FOLDER / name)
    assert (state.layout, state.stored_dtype) == (layout, dtype)
    assert sorted(state.arrays) == sorted(expected())
    for key, array in expected().items():
        assert state.arrays[key].dtype == array.dtype
        np.testing.assert_allclose(state.arrays[key], array, rtol=precision, atol=precision / 1e4, err_msg=key)


@pytest.mark.parametrize("name", TRAINED)
def test_a_checkpoint_of_a_training(name: str) -> None:
    state = read_torch_state(FOLDER / name)
    assert {key: (array.shape, array.dtype) for key, array in state.arrays.items()} == {
        key: (array.shape, array.dtype) for key, array in expected().items()
    }


def test_what_torchvision_has_beside_the_weights() -> None:
    """Its optimizer, the command line as argparse.Namespace, a path, a date, the state of random numbers."""
    meta = read_torch_state(FOLDER / "torchvision_training.pth").meta
    assert (meta["epoch"], meta["np"], meta["size"]) == (3, 3.5, (1, 2))
    assert meta["optimizer"]["param_groups"][0]["lr"] == 0.1
    assert not {"args", "when", "rng", "dt", "dev"} & set(meta)


def test_a_checkpoint_of_mmengine() -> None:
    """With HistoryBuffer, whose methods are pickled by getattr, Config and ConfigDict."""
    state = read_torch_state(FOLDER / "mmdetection_training.pth")
    assert state.meta["meta"]["dataset_meta"] == {"classes": ("a", "b"), "palette": [(1, 2, 3)]}
    assert set(state.arrays) == set(expected())


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_state_dict(name: str) -> None:
    with pytest.raises(MasksegError, match=REFUSED[name]) as caught:
        read_torch_state(FOLDER / name)
    assert str(caught.value).startswith(str(FOLDER / name))
    assert str(caught.value).endswith(".")
    assert "\n" not in str(caught.value)


def test_every_file_is_tried() -> None:
    tried = {*READ, *TRAINED, *REFUSED, "mmdetection_training.pth", "expected.npz", "README.md"}
    assert {path.name for path in FOLDER.iterdir()} == tried
