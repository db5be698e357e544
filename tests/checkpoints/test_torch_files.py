"""State dicts of PyTorch, detectron2 and safetensors: every layout, type and place gives the same arrays."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from maskseg_cli.checkpoints import read_checkpoint
from maskseg_cli.checkpoints.pytorch.reading import read_torch_state
from maskseg_cli.errors import MasksegError
from tests.torch_files import (
    Made,
    Named,
    Stored,
    bfloat16,
    dumps,
    tensor,
    tensors,
    write_legacy,
    write_pickle,
    write_safetensors,
    write_zip,
)

RANDOM = np.random.default_rng(0)
ARRAYS: dict[str, NDArray[Any]] = {
    "conv1.weight": RANDOM.normal(size=(4, 3, 2, 2)).astype(np.float32),
    "bn1.weight": RANDOM.normal(size=4).astype(np.float32),
    "bn1.num_batches_tracked": np.array(7),
    "fc.weight": RANDOM.normal(size=(1500, 3)).astype(np.float32),  # longer than what a pickle keeps in memory
}


def written(path: Path, layout: str, arrays: dict[str, NDArray[Any]]) -> Path:
    if layout == "safetensors":
        return write_safetensors(path, arrays)
    if layout.startswith("pickle"):
        return write_pickle(path, {"model": arrays}, protocol=int(layout[-1]))
    return (write_zip if layout == "zip" else write_legacy)(path, tensors(arrays))


def assert_same(arrays: dict[str, NDArray[Any]], expected: dict[str, NDArray[Any]]) -> None:
    assert list(arrays) == list(expected)
    for name, array in arrays.items():
        assert array.dtype == expected[name].dtype
        np.testing.assert_array_equal(array, expected[name], name)


@pytest.mark.parametrize("layout", ["zip", "legacy", "safetensors", "pickle2", "pickle3", "pickle4", "pickle5"])
@pytest.mark.parametrize("dtype", ["float32", "float16", "float64"])
def test_each_layout_and_type_gives_the_same_arrays(tmp_path: Path, layout: str, dtype: str) -> None:
    arrays = {name: array.astype(dtype) if array.dtype.kind == "f" else array for name, array in ARRAYS.items()}
    state = read_torch_state(written(tmp_path / "weights", layout, arrays))
    assert_same(state.arrays, {n: a.astype(np.float32) if a.dtype.kind == "f" else a for n, a in arrays.items()})
    assert state.layout == layout.rstrip("2345")
    assert state.stored_dtype == dtype


@pytest.mark.parametrize("layout", ["zip", "legacy", "safetensors"])
def test_bfloat16_becomes_the_float32_with_the_same_upper_half(tmp_path: Path, layout: str) -> None:
    values = np.array([1.0, -2.5, 3.1415927, 1e-40, 3e38, np.inf, -0.0], np.float32)
    state = read_torch_state(written(tmp_path / "w", layout, {"a": bfloat16(values)}))
    assert state.stored_dtype == "bfloat16"
    expected = (values.view(np.uint32) & 0xFFFF0000).view(np.float32)
    np.testing.assert_array_equal(state.arrays["a"].view(np.uint32), expected.view(np.uint32))


def test_values_of_a_machine_with_the_other_order_of_bytes(tmp_path: Path) -> None:
    arrays = {"a": ARRAYS["conv1.weight"], "b": ARRAYS["conv1.weight"].astype(np.float16), "n": np.array([258])}
    state = read_torch_state(write_zip(tmp_path / "w.pth", tensors(arrays), big_endian=True))
    assert_same(state.arrays, {**arrays, "b": arrays["b"].astype(np.float32)})
    big = {name: array.astype(array.dtype.newbyteorder(">")) for name, array in ARRAYS.items()}
    assert_same(read_torch_state(write_pickle(tmp_path / "w.pkl", big)).arrays, ARRAYS)


def test_arrays_in_fortran_order(tmp_path: Path) -> None:
    array = np.asfortranarray(ARRAYS["fc.weight"])
    assert_same(read_torch_state(write_pickle(tmp_path / "w.pkl", {"a": array})).arrays, {"a": array})


def test_views_of_a_storage_with_strides_and_offsets(tmp_path: Path) -> None:
    values = np.arange(24, dtype=np.float32)
    stored = Stored(values, "0")
    content = {
        "transposed": tensor(stored, 0, (6, 4), (1, 6)),
        "part": tensor(stored, 6, (2, 3), (6, 2)),
        "same": tensor(stored, 0, (24,), (1,)),
        "none": tensor(stored, 0, (0, 5), (5, 1)),
        "scalar": tensor(stored, 23, (), ()),
    }
    expected = {
        "transposed": values.reshape(4, 6).T,
        "part": values[6:18].reshape(2, 6)[:, ::2],
        "same": values,
        "none": np.zeros((0, 5), np.float32),
        "scalar": np.array(23, np.float32),
    }
    for write in (write_zip, write_legacy):
        state = read_torch_state(write(tmp_path / "w.pth", content))
        assert_same(state.arrays, expected)
        assert np.shares_memory(state.arrays["same"], state.arrays["transposed"])


@pytest.mark.parametrize(
    "path",
    [(), ("model",), ("state_dict",), ("model_state_dict",), ("model_ema",), ("net",), ("model", "state_dict")],
    ids=".".join,
)
@pytest.mark.parametrize("prefix", ["", "module.", "model.", "module.model."])
def test_places_and_prefixes(tmp_path: Path, path: tuple[str, ...], prefix: str) -> None:
    content: Any = tensors({prefix + name: array for name, array in ARRAYS.items()})
    for key in path[::-1]:
        content = {"epoch": 3, key: content, "optimizer": {"state": {0: {}}, "lr": 0.1}}
    state = read_torch_state(write_zip(tmp_path / "w.pth", content))
    assert_same(state.arrays, ARRAYS)
    assert state.meta == ({"epoch": 3, "optimizer": {"state": {0: {}}, "lr": 0.1}} if path else {})


def test_a_prefix_that_not_all_names_have_stays(tmp_path: Path) -> None:
    arrays = {"module.a": np.ones(2, np.float32), "b": np.ones(3, np.float32)}
    assert_same(read_torch_state(write_zip(tmp_path / "w.pth", tensors(arrays))).arrays, arrays)


def test_the_counter_of_averaged_weights_is_no_weight(tmp_path: Path) -> None:
    arrays = {"n_averaged": np.array(5), "module.a": np.ones(2, np.float32)}
    state = read_torch_state(write_zip(tmp_path / "w.pth", {"model_ema": tensors(arrays)}))
    assert_same(state.arrays, {"a": arrays["module.a"]})


def test_the_weights_are_taken_and_not_their_average(tmp_path: Path) -> None:
    one, other = tensors({"a": np.ones(2, np.float32)}), tensors({"a": np.zeros(2, np.float32)})
    other["a"].reduced[1][0].key = "ema"
    state = read_torch_state(write_zip(tmp_path / "w.pth", {"model_ema": other, "model": one}))
    assert state.arrays["a"][0] == 1


def test_a_network_beside_its_state_dict_is_left_out(tmp_path: Path) -> None:
    whole = Made(Named("torch.nn.modules.container", "Sequential"), state={"training": True})
    for content in ({"model": whole, "state_dict": tensors(ARRAYS)}, {"ema": whole, "model": tensors(ARRAYS)}):
        assert_same(read_torch_state(write_zip(tmp_path / "w.pth", content)).arrays, ARRAYS)


def history_buffer() -> Made:
    """As mmengine 0.10 pickles one with protocol 2: its methods by getattr."""
    kind = Named("mmengine.logging.history_buffer", "HistoryBuffer")
    mean = Made(Named("__builtin__", "getattr"), kind, "mean")
    state = {"_log_history": RANDOM.normal(size=3), "_statistics_methods": OrderedDict(mean=mean)}
    return Made(Named("copy_reg", "_reconstructor"), kind, Named("__builtin__", "object"), None, state=state)


def test_what_lies_beside_the_weights_in_a_training_of_mmdetection(tmp_path: Path) -> None:
    state = tensors(ARRAYS)
    metadata = Made(Named("collections", "OrderedDict"), state={"_metadata": OrderedDict({"": {"version": 1}})})
    config = Made(Named("mmengine.config.config", "ConfigDict"), state={"a": 1}, items=iter([("type", "MaskRCNN")]))
    content = {
        "meta": {"epoch": 12, "cfg": "x" * 10_000, "dataset_meta": {"classes": ("cat", "dog"), "palette": [(1, 2, 3)]}},
        "state_dict": state,
        "message_hub": {"log_scalars": OrderedDict({"train/loss": history_buffer()}), "runtime": metadata},
        "optimizer": {"state": {0: {"step": tensor(Stored(np.ones(1, np.float32), "x"), 0, (), ())}}, "cfg": config},
        "args": Made(Named("argparse", "Namespace"), state={"lr": 0.1}),
        "when": Made(Named("datetime", "datetime"), b"\x07\xe9\x01\x01\0\0\0\0\0\0"),
        "lr": np.float64(0.02),
        "seed": np.int64(5),
        "inner": {"tags": {"b"}, "path": Made(Named("pathlib", "PosixPath"), "/", "home")},
        "counts": Made(Named("collections", "defaultdict"), Named("__builtin__", "int"), items=iter([("a", 1)])),
    }
    read = read_torch_state(write_zip(tmp_path / "epoch_12.pth", content))
    assert_same(read.arrays, ARRAYS)
    assert read.meta["meta"] == {"epoch": 12, "dataset_meta": {"classes": ("cat", "dog"), "palette": [(1, 2, 3)]}}
    assert (read.meta["lr"], read.meta["seed"]) == (0.02, 5)
    assert read.meta["inner"] == {"tags": ["b"]}
    assert read.meta["counts"] == {"a": 1}
    assert "args" not in read.meta
    assert "when" not in read.meta


def test_parameters_and_the_metadata_of_a_state_dict(tmp_path: Path) -> None:
    plain = tensors(ARRAYS)
    plain["conv1.weight"] = Made(
        Named("torch._utils", "_rebuild_parameter"), plain["conv1.weight"], True, OrderedDict()
    )
    plain["bn1.weight"] = Made(
        Named("torch._tensor", "_rebuild_from_type_v2"),
        Named("torch._utils", "_rebuild_tensor_v2"),
        Named("torch.nn.parameter", "Buffer"),
        plain["bn1.weight"].reduced[1],
        {},
    )
    content = Made(
        Named("collections", "OrderedDict"), state={"_metadata": {"": {"version": 1}}}, items=iter(plain.items())
    )
    for write in (write_zip, write_legacy):
        content.reduced = (*content.reduced[:4], iter(plain.items()))
        assert_same(read_torch_state(write(tmp_path / "w.pth", content)).arrays, ARRAYS)


def test_a_pickle_of_python_2(tmp_path: Path) -> None:
    """Strings are bytes, in arrays too; written by hand, as Python 3 has no way to."""
    array = (
        b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntU\x01btR(I1\n(I2\ntcnumpy\ndtype\n(U\x02f4I0\nI1\ntR"
        b"(I3\nU\x01<NNNI-1\nI-1\nI0\ntbI00\nU\x08" + np.array([1.5, -2], "<f4").tobytes() + b"tb"
    )
    path = tmp_path / "w.pkl"
    path.write_bytes(b"\x80\x02}(U\x05blobs}U\x04fc_w" + array + b"sU\x06authorS'me\\n'\nu.")
    state = read_torch_state(path)
    assert_same(state.arrays, {"fc_w": np.array([1.5, -2], np.float32)})
    assert state.meta == {"author": "me\n"}


def test_protocol_0_is_text(tmp_path: Path) -> None:
    import pickle

    path = tmp_path / "w.pkl"
    path.write_bytes(pickle.dumps({"model": {"a": np.ones((2, 2), np.float32)}, "b": [True, -5, 2.5, "x", None]}, 0))
    state = read_torch_state(path)
    assert_same(state.arrays, {"a": np.ones((2, 2), np.float32)})
    assert state.meta == {"b": [True, -5, 2.5, "x", None]}


def test_a_network_of_no_known_family_is_named(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "w.pth", tensors(ARRAYS))
    with pytest.raises(
        MasksegError, match=r"w\.pth holds none of the networks .* \(its arrays are conv1.weight, bn1.weight"
    ):
        read_checkpoint(path)


def test_another_file_is_not_read_as_a_state_dict(tmp_path: Path) -> None:
    with (tmp_path / "w.pth").open("wb") as stream:
        np.savez(stream, a=np.ones(2))
    with pytest.raises(MasksegError, match="is no file of PyTorch"):
        read_torch_state(tmp_path / "w.pth")


def test_reading_takes_little_memory_beside_the_arrays(tmp_path: Path) -> None:
    """Traced by Python and NumPy; benchmarks/loading.py measures the whole process."""
    import tracemalloc

    arrays = {f"{index}.weight": RANDOM.normal(size=(1 << 18)).astype(np.float16) for index in range(16)}
    for write in (write_zip, write_legacy):
        path = write(tmp_path / "w.pth", tensors(arrays))
        tracemalloc.start()
        try:
            read = read_torch_state(path)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert sum(array.nbytes for array in read.arrays.values()) == 1 << 24
        assert peak < (1 << 24) + (5 << 20)


def test_a_pickle_is_written_as_torch_does() -> None:
    """The helper of these tests: names, a call, and a value outside of the pickle."""
    data, storages = dumps(tensors({"a": np.ones(2, np.float32)}))
    assert b"ctorch._utils\n_rebuild_tensor_v2\n" in data
    assert b"ctorch\nFloatStorage\n" in data
    assert list(storages) == ["0"]
