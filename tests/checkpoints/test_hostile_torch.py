"""Pickles that would run something, bombs, and sizes that lie: nothing is executed, and each ends in one sentence."""

from __future__ import annotations

import os
import pickle
import struct
import sys
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

from maskseg_cli.checkpoints import read_checkpoint
from maskseg_cli.checkpoints.pytorch import unpickling
from maskseg_cli.checkpoints.pytorch.reading import read_torch_state
from maskseg_cli.errors import MasksegError
from tests.fuzz.fuzz_torch import MARK, hostile_pickle
from tests.torch_files import (
    Made,
    Named,
    Stored,
    dumps,
    legacy_bytes,
    tensor,
    tensors,
    write_legacy,
    write_pickle,
    write_safetensors,
    write_zip,
)

VALUES = Stored(np.arange(6, dtype=np.float32), "0")
SOUND = {"a": np.ones((2, 3), np.float32)}


def refusal(path: Path) -> str:
    with pytest.raises(MasksegError) as caught:
        read_torch_state(path)
    message = str(caught.value)
    assert message.startswith(str(path))
    assert message.endswith(".")
    assert "\n" not in message
    return message


def raw(folder: Path, data: bytes) -> Path:
    path = folder / "w.pkl"
    path.write_bytes(data)
    return path


def zipped(folder: Path, data: bytes, **members: bytes) -> Path:
    path = folder / "w.pth"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in {"archive/data.pkl": data, **members}.items():
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize(
    ("module", "name", "shown"),
    [
        ("os", "system", "would run os.system when"),
        ("posix", "system", r"would run posix.system \(os.system\) when"),
        ("nt", "system", r"would run nt.system \(os.system\) when"),
        ("subprocess", "Popen", "would run subprocess.Popen when"),
        ("__builtin__", "eval", "would run builtins.eval when"),
        ("builtins", "exec", "would run builtins.exec when"),
        ("builtins", "__import__", "would run builtins.__import__ when"),
        ("builtins", "getattr", "would run builtins.getattr when"),
        ("builtins", "open", "would run builtins.open when"),
        ("importlib", "import_module", "would run importlib.import_module when"),
        ("runpy", "run_path", "would run runpy.run_path when"),
        ("shutil", "rmtree", "would run shutil.rmtree when"),
        ("socket", "socket", "would run socket.socket when"),
        ("ctypes", "CDLL", "would run ctypes.CDLL when"),
        ("pickle", "loads", "would run pickle.loads when"),
        ("functools", "partial", "would run functools.partial when"),
        ("webbrowser", "open", "would run webbrowser.open when"),
        ("torch", "load", "would run torch.load when"),
        ("torch.hub", "load", "would run torch.hub.load when"),
        ("numpy.testing._private.utils", "runstring", "would run numpy.testing._private.utils.runstring when"),
        ("mmengine.fileio", "put_text", "would run mmengine.fileio.put_text when"),
        ("pathlib", "Path.unlink", "would run pathlib.Path.unlink when"),
        ("datetime", "sys.modules", "would run datetime.sys.modules when"),
        ("collections", "OrderedDict.__init__.__globals__", "would run collections.OrderedDict.__init__"),
        ("torch.storage", "_load_from_bytes", "was written by pickle and not by torch.save"),
        ("my.network", "Model", r"holds an object of my\.network\.Model, which only its own program can read"),
        ("a\x1b[2J", "x", r"would run a\\x1b\[2J\.x when"),
    ],
)
def test_names_that_weights_do_not_need_are_refused(tmp_path: Path, module: str, name: str, shown: str) -> None:
    import re

    content = {"model": tensors(SOUND), "x": Made(Named(module, name), "touch " + MARK)}
    for write in (write_zip, write_legacy):
        assert re.search(shown, refusal(write(tmp_path / "w.pth", content)))
    for protocol in (0, 1, 2, 4):
        if "\x1b" not in module or protocol >= 2:
            assert re.search(shown, refusal(write_pickle(tmp_path / "w.pkl", {"x": content["x"]}, protocol)))
    write_zip(tmp_path / "w.pth", content)
    with pytest.raises(MasksegError, match=shown):
        read_checkpoint(tmp_path / "w.pth")


@pytest.mark.parametrize(
    "call",
    [
        b"cos\nsystem\n(S'touch FILE'\ntR.",
        b"(S'touch FILE'\nios\nsystem\n.",
        b"(cos\nsystem\nS'touch FILE'\no.",
        b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\nx\x85R.",
        b"\x80\x02cos\nsystem\nU\x01x\x85\x81.",
        b"\x80\x04\x8c\x02os\x8c\x06system\x93(U\x01xt}\x92.",
        b"\x80\x02c__builtin__\ngetattr\nc__builtin__\ngetattr\nU\x01x\x86R.",
        b"\x80\x02c__builtin__\ngetattr\n.",
        b"\x80\x02]c__builtin__\ngetattr\na0}.",
        b"\x80\x02ctorch._tensor\n_rebuild_from_type_v2\n(cos\nsystem\ncos\nsystem\nU\x01x\x85}tR.",
        b"\x80\x02\x82\x01.",
        b"\x80\x05\x97.",
        b"P1\n.",
    ],
)
def test_every_way_to_call_something(tmp_path: Path, call: bytes) -> None:
    mark = tmp_path / "mark"
    call = call.replace(b"FILE", str(mark).encode())
    for path in (zipped(tmp_path, call), raw(tmp_path, b"\x80\x02}X\x01\0\0\0a" + call.replace(b".", b"s."))):
        message = refusal(path)
        assert "would run" in message or "its pickle needs" in message
    assert not mark.exists()


def test_getattr_is_for_the_methods_of_left_out_classes_only(tmp_path: Path) -> None:
    getattr_ = Named("__builtin__", "getattr")
    buffer = Named("mmengine.logging.history_buffer", "HistoryBuffer")
    sound = {"model": tensors(SOUND), "hub": [Made(getattr_, buffer, "mean"), Made(getattr_, buffer, "max")]}
    assert list(read_torch_state(write_zip(tmp_path / "w.pth", sound)).arrays) == ["a"]
    for owner in (Named("collections", "OrderedDict"), Named("builtins", "object"), "text", sound["hub"][0]):
        content = {**sound, "x": Made(getattr_, owner, "__class__")}
        assert "would run builtins.getattr" in refusal(write_zip(tmp_path / "w.pth", content))


def test_a_whole_network_of_torchvision_is_named(tmp_path: Path) -> None:
    """It names functions too, in its matcher."""
    iou = Named("torchvision.ops.boxes", "box_iou")
    network = Made(Named("torchvision.models.detection.mask_rcnn", "MaskRCNN"), state={"box_similarity": iou})
    for content in (network, {"model": network, "epoch": 3}):
        for write in (write_zip, write_legacy, write_pickle):
            assert (
                "is a whole pickled model (torchvision.models.detection.mask_rcnn.MaskRCNN), not a state dict: "
                "torch.save(model.state_dict(), ...)"
            ) in refusal(write(tmp_path / "w.pth", content))


@pytest.mark.parametrize("name", ["mmengine.config.config.ConfigDict", "argparse.Namespace"])
def test_a_left_out_object_in_place_of_a_weight_is_refused_by_name(tmp_path: Path, name: str) -> None:
    module, _, kind = name.rpartition(".")
    content = {**tensors(SOUND), "b.weight": Made(Named(module, kind))}
    assert f"b.weight in it is an object of {name} in place of a tensor" in refusal(
        write_zip(tmp_path / "w.pth", content)
    )


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        (tensor(VALUES, 0, (7,), (1,)), "is larger than its storage of 6 values"),
        (tensor(VALUES, 1, (6,), (1,)), "is larger than its storage"),
        (tensor(VALUES, 0, (2, 3), (4, 1)), "is larger than its storage"),
        (tensor(VALUES, 0, (1 << 40,), (0,)), "is larger than its storage"),
        (tensor(VALUES, 0, (3, 4), (0, 1)), "is larger than its storage"),
        (tensor(VALUES, -1, (2,), (1,)), "a size is negative"),
        (tensor(VALUES, 0, (-2,), (1,)), "a size is negative"),
        (tensor(VALUES, 5, (2,), (-1,)), "a size is negative"),
        (tensor(VALUES, 0, (1 << 60,), (1,)), "a size is larger than any file"),
        (tensor(VALUES, 0, (1,) * 17, (1,) * 17), "a shape is no tuple of at most 16 numbers"),
        (tensor(VALUES, 0, (2,), (1, 1)), "1 dimensions and 2 strides"),
        (tensor(VALUES, 0, (True,), (1,)), "a size is a bool"),
        (tensor(VALUES, 0, (2.0,), (1,)), "a size is a float"),  # type: ignore[arg-type]
        (tensor(VALUES, 0, "ab", (1, 1)), "a shape is no tuple"),  # type: ignore[arg-type]
        (tensor(Stored(np.ones(2, np.float32), "0", count=1 << 40), 0, (2,), (1,)), "of 4,398,046,511,104 bytes"),
        (tensor(Stored(np.ones(2, np.float32), "0", count=1), 0, (1,), (1,)), r"damaged"),
        (tensor(Stored(np.ones(2, np.float32), "0", count=-2), 0, (2,), (1,)), "a size is negative"),
        (tensor("0", 0, (2,), (1,)), "a tensor has no storage"),  # type: ignore[arg-type]
        (Made(Named("torch._utils", "_rebuild_tensor_v2"), VALUES), "_rebuild_tensor_v2 has 1 arguments"),
        (Made(Named("numpy.core.multiarray", "_reconstruct")), "in it is a value without content in place of a tensor"),
    ],
)
def test_tensors_that_do_not_fit_their_storage(tmp_path: Path, made: Made, sentence: str) -> None:
    import re

    for write in (write_zip, write_legacy):
        assert re.search(sentence, refusal(write(tmp_path / "w.pth", {"a": made})))


def test_storages_that_are_missing_or_have_two_types(tmp_path: Path) -> None:
    data = dumps(tensors(SOUND))[0]
    assert "the values of archive/data/0 are missing" in refusal(zipped(tmp_path, data))
    assert "a tensor of 24 bytes has 23" in refusal(zipped(tmp_path, data, **{"archive/data/0": bytes(23)}))
    assert "a tensor of 24 bytes has 25" in refusal(zipped(tmp_path, data, **{"archive/data/0": bytes(25)}))
    other = Stored(VALUES.values, "0", kind="IntStorage")
    content = {"a": tensor(VALUES, 0, (6,), (1,)), "b": tensor(other, 0, (6,), (1,))}
    assert "a storage has two types or sizes" in refusal(write_zip(tmp_path / "w.pth", content))
    assert "a pickle has values outside of it" in refusal(write_pickle(tmp_path / "w.pkl", tensors(SOUND)))


def test_the_older_layout_cut_off_anywhere(tmp_path: Path) -> None:
    data = legacy_bytes(tensors(SOUND))
    for end in range(20, len(data), 3):
        assert "is damaged" in refusal(raw(tmp_path, data[:end]))
    wrong = data[: -(8 + 24)] + (1 << 40).to_bytes(8, "little") + data[-24:]
    assert "a storage of 6 values has 1,099,511,627,776" in refusal(raw(tmp_path, wrong))
    assert "of a version that nobody has" in refusal(raw(tmp_path, data.replace(b"M\xe9\x03.", b"M\xe9\x04.", 1)))


def test_the_same_values_many_times(tmp_path: Path) -> None:
    content = {f"{index}": tensor(VALUES, 0, (6,), (1,)) for index in range(1000)}
    assert "show the same values many times" in refusal(write_zip(tmp_path / "w.pth", content))
    array = np.ones(5000, np.float32)
    made = {f"{index}": Made(Named("numpy.core.numeric", "_frombuffer")) for index in range(1000)}
    data = array.tobytes()
    kind = array.dtype
    for one in made.values():
        one.reduced = (one.reduced[0], (data, kind, (5000,), "C"), None, None, None)
    path = write_pickle(tmp_path / "w.pkl", made, protocol=4)  # one sequence of bytes for all
    assert path.stat().st_size < 100_000
    tracemalloc.start()
    try:
        refused = _outcome(path)
        assert tracemalloc.get_traced_memory()[1] < 2 << 20
    finally:
        tracemalloc.stop()
    assert refused is not None
    assert "show the same values many times" in refused


def _outcome(path: Path) -> str | None:
    """The sentence of a refusal; None: it was read."""
    try:
        read_torch_state(path)
    except MasksegError as error:
        return str(error)
    return None


_KEYS = b"".join(b"J" + i.to_bytes(4, "little") + b"N" for i in range(20_000))
BOMBS: dict[str, bytes] = {
    "long bytes": b"\x80\x04\x8e" + struct.pack("<Q", 1 << 62) + b".",
    "long text": b"\x80\x02X" + struct.pack("<I", (1 << 32) - 1) + b".",
    "negative text": b"\x80\x02T" + struct.pack("<i", -5) + b".",
    "bytearray": b"\x80\x05\x96" + struct.pack("<Q", 1 << 40) + b".",
    "long frame": b"\x80\x04\x95" + struct.pack("<Q", 1 << 62) + b"(.",
    "long number": b"\x80\x02\x8b" + struct.pack("<i", 1 << 30) + b"\xff" * 1000 + b".",
    "many digits": b"\x80\x02I" + b"9" * 5000 + b"\n.",
    "a line without an end": b"\x80\x02I" + b"9" * 100_000,
    "index": b"\x80\x02]r\xff\xff\xff\xffj\xfe\xff\xff\xff.",
    "deep lists": b"\x80\x02" + b"]" * 50_000 + b"a" * 49_999 + b".",
    "deep tuples": b"\x80\x02)" + b"\x85" * 100_000 + b".",
    "deep key": b"\x80\x02})" + b"\x85" * 100_000 + b"Ns.",
    "a list in itself": b"\x80\x02]q\0h\0a.",
    "a dict in itself": b"\x80\x02}q\0U\x05modelh\0s.",
    "a dict below itself": b"\x80\x02}q\0U\x05model}U\x05modelh\0ss.",
    "keys of one hash": b"\x80\x02}("
    + b"".join(b"\x8a\x0b" + ((2**61 - 1) * i).to_bytes(11, "little") + b"N" for i in range(1, 50_000))
    + b"u.",
    "a dict in a dict many times": b"\x80\x02}q\0(" + _KEYS + b"u}q\1(" + _KEYS.replace(b"N", b"h\0") + b"u.",
    "copies of a list": b"\x80\x02ccollections\nOrderedDict\nq\0]("
    + b"".join(b"J" + i.to_bytes(4, "little") + b"N\x86" for i in range(2_000))
    + b"e\x85q\1"
    + b"h\0h\1R" * 1000
    + b".",
    "copies of a text": b"\x80\x02c_codecs\nencode\nq\0X\xa0\x0f\0\0"
    + b"a" * 4000
    + b"\x85q\1"
    + b"h\0h\1R" * 20_000
    + b".",
    "a dict as a tensor": b"\x80\x02ctorch._tensor\n_rebuild_from_type_v2\n(ccollections\nOrderedDict\nN)}tR.",
    "a long name": b"\x80\x02cmmengine.\n" + b"A" * 400 + b"\n.",
    "a million times two": b"\x80\x02U\x01aq\0"
    + b"".join(b"]h%ch%ceq%c0" % (i, i, i + 1) for i in range(60))
    + b"h\x3c.",
    "marks": b"\x80\x02" + b"(" * 100_000 + b".",
    "empty": b"\x80\x02.",
    "takes too much": b"\x80\x02((0..",
    "unbalanced": b"\x80\x02t.",
    "odd": b"\x80\x02}(Nu.",
    "unknown": b"\x80\x02\xff.",
    "called text": b"\x80\x02U\x01a)R.",
    "attributes of a number": b"\x80\x02K\x01}b.",
}


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("long bytes", "declares 4,611,686,018,427,387,904 bytes and has 1"),
        ("negative text", "declares -5 bytes and has 1"),
        ("long number", "a number of 1,073,741,824 bytes"),
        ("many digits", "a number of very many digits"),
        ("a line without an end", "a line of a pickle has no end"),
        ("index", "a pickle uses a value that it does not have"),
        ("a dict as a tensor", "a tensor cannot be made"),
        ("a long name", "holds an object of mmengine."),
        ("takes too much", "a pickle takes more values than it has"),
        ("unknown", "a pickle with the unknown opcode ff"),
        ("called text", "something is called that is no name"),
    ],
)
def test_what_is_said_of_bombs(tmp_path: Path, name: str, sentence: str) -> None:
    assert sentence in refusal(raw(tmp_path, BOMBS[name]))


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_take_little_memory_and_time(tmp_path: Path, name: str) -> None:
    refusal(zipped(tmp_path, BOMBS[name]))
    tracemalloc.start()
    try:
        refusal(raw(tmp_path, BOMBS[name]))
        assert tracemalloc.get_traced_memory()[1] < 64 << 20
    finally:
        tracemalloc.stop()


def test_a_state_dict_with_bombs_beside_it_is_read(tmp_path: Path) -> None:
    """Values that lie in themselves, or a billion times in each other, are left out."""
    loop: list[Any] = []
    loop.append(loop)
    laughs: list[Any] = ["ha"]
    for _ in range(40):
        laughs = [laughs, laughs]
    wide: list[Any] = ["ha"]
    for _ in range(6):
        wide = [wide] * 100
    content = {"model": tensors(SOUND), "loop": loop, "laughs": laughs, "wide": wide}
    state = read_torch_state(write_zip(tmp_path / "w.pth", content))
    assert state.arrays["a"].shape == (2, 3)
    assert len(repr(state.meta)) < 1_000_000


def test_the_number_of_steps_is_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpickling, "MOST_OPCODES", 1000)
    assert "its pickle has more than 1,000 steps" in refusal(raw(tmp_path, b"\x80\x02" + b"N0" * 1000 + b"N."))


def test_a_directory_that_lies_about_sizes(tmp_path: Path) -> None:
    """A member that is longer than it says, packed or not; and one that unpacks to a thousand times its size."""
    path = write_zip(tmp_path / "w.pth", tensors({"a": np.ones(1000, np.float32)}))
    data = path.read_bytes()
    for lie in (8000, 1 << 31):
        path.write_bytes(data.replace(struct.pack("<I", 4000), struct.pack("<I", lie)))
        assert "is damaged" in refusal(path)
    path.write_bytes(data[:-300] + data[-200:])
    assert "damaged" in refusal(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "a/data.pkl", dumps({"a": tensor(Stored(VALUES.values, "0", count=1 << 20), 0, (1,), (1,))})[0]
        )
        archive.writestr("a/data/0", bytes(4 << 20))
    assert "would unpack to 4,194,4" in refusal(path)


def test_members_that_have_more_bytes_together_than_the_file(tmp_path: Path) -> None:
    arrays = {name: np.ones(1000, np.float32) for name in ("a", "b")}
    path = write_zip(tmp_path / "w.pth", tensors(arrays))
    data = path.read_bytes()
    path.write_bytes(data.replace(struct.pack("<I", 4000), struct.pack("<I", len(data) // 2)))
    assert "its members are larger than the file" in refusal(path)


@pytest.mark.parametrize("count", [2, 4])
def test_an_array_with_other_bytes_than_its_shape_says(tmp_path: Path, count: int) -> None:
    kind = np.dtype("<f4")
    whole = Made(Named("numpy.core.numeric", "_frombuffer"), bytes(12), kind, (count,), "C")
    assert f"a tensor of {4 * count} bytes has 12 in the file" in refusal(
        write_pickle(tmp_path / "w.pkl", {"a": whole}, 4)
    )
    names = (Named("numpy.core.multiarray", "_reconstruct"), Named("numpy", "ndarray"), (0,), b"b")
    other = Made(*names, state=(1, (count,), kind, False, bytes(12)))
    assert f"a tensor of {4 * count} bytes has 12 in the file" in refusal(
        write_pickle(tmp_path / "w.pkl", {"a": other}, 4)
    )


def test_a_zip_with_members_that_are_damaged_or_locked(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "w.pth", tensors(SOUND))
    data = path.read_bytes()
    path.write_bytes(data.replace(np.ones(6, "<f4").tobytes(), np.full(6, 2, "<f4").tobytes()))
    assert "Bad CRC-32 for file 'archive/data/0'" in refusal(path)
    locked = bytearray(data)
    for mark, offset in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        at = locked.find(mark)
        while at >= 0:
            locked[at + offset] |= 1
            at = locked.find(mark, at + 4)
    path.write_bytes(locked)
    assert "it is locked with a password" in refusal(path)
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("a/data.pkl", "b/data.pkl"):
            archive.writestr(name, b"\x80\x02}.")
    assert "it has 2 members data.pkl, and one is needed" in refusal(path)


@pytest.mark.parametrize(
    ("header", "sentence"),
    [
        (b"[]", "is no file of PyTorch|its header is no table|not a weights file"),
        (b'{"a": {"dtype": "F32", "shape": [3], "data_offsets": [0, 8]}}', "a has 8 bytes and a shape of 3 values"),
        (b'{"a": {"dtype": "F32", "shape": [1], "data_offsets": [4, 8]}}', "overlap with others or leave a gap"),
        (b'{"a": {"dtype": "F32", "shape": [1], "data_offsets": [4, 0]}}', "overlap with others or leave a gap"),
        (
            b'{"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}, '
            b'"b": {"dtype": "F32", "shape": [1], "data_offsets": [4, 8]}}',
            "the values of b overlap",
        ),
        (b'{"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}', "its tensors have 4 bytes and it has 8"),
        (b'{"a": {"dtype": "F32", "shape": [9], "data_offsets": [0, 36]}}', "its tensors have 36 bytes and it has 8"),
        (b'{"a": {"dtype": "F32", "shape": [-2], "data_offsets": [0, 8]}}', "a size is negative"),
        (b'{"a": {"dtype": "F8_E4M3", "shape": [8], "data_offsets": [0, 8]}}', "a in it is of the type F8_E4M3"),
        (b'{"a": {"dtype": 5, "shape": [8], "data_offsets": [0, 8]}}', "a in it is of the type 5"),
        (b'{"a": {"dtype": "F32", "shape": "ab", "data_offsets": [0, 8]}}', "a shape is no tuple"),
        (b'{"a": {"dtype": "F32", "shape": [2], "data_offsets": [0]}}', "a has no offsets"),
        (b'{"a": 5}', "a has no offsets"),
        (b'{"a": {}, "a": {}}', "its header has a name twice"),
        (b'{"__metadata__": {"a": 1}}', "its metadata are no texts"),
        (b'{"a": ' + b"[" * 100_000, "brackets in brackets|is damaged"),
        (b'{"a": ' + b"9" * 5000 + b"}", "is damaged"),
        (b'{"\xff"}', "is damaged"),
        (b"{ }", "its tensors have 0 bytes and it has 8"),
    ],
)
def test_headers_of_safetensors(tmp_path: Path, header: bytes, sentence: str) -> None:
    import re

    path = tmp_path / "w.safetensors"
    path.write_bytes(len(header).to_bytes(8, "little") + header + bytes(8))
    assert re.search(sentence, refusal(path))


def test_a_header_of_safetensors_that_is_longer_than_the_file(tmp_path: Path) -> None:
    path = write_safetensors(tmp_path / "w.safetensors", SOUND)
    data = path.read_bytes()
    for length in (1 << 31, len(data) - 7):
        path.write_bytes(length.to_bytes(8, "little") + data[8:])
        assert f"its header declares {length:,} bytes" in refusal(path)


@pytest.mark.parametrize("write", [write_zip, write_legacy])
def test_a_thousand_hostile_pickles_never_execute_and_end_in_one_sentence(
    tmp_path: Path, write: Callable[[Path, Any], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Names of Python's own modules, called in every way, between and in place of weights: 1,000 files in all.

    An audit hook sees what Python itself would do for them: start programs, open files to write, import modules.
    """
    seen: list[str] = []
    watching = True

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if not watching:
            return
        written = event == "open" and isinstance(arguments[1], str) and arguments[1][:1] in ("w", "a", "x")
        acting = ("os.system", "subprocess", "exec", "compile", "import", "socket", "shutil", "ctypes", "os.remove")
        if written or event.startswith(acting):
            seen.append(f"{event} {arguments}"[:200])

    random = Random(f"hostile {write.__name__}")
    paths = []
    for index in range(500):
        path = tmp_path / f"{index}.pth"
        data = hostile_pickle(random)
        if write is write_zip:
            zipped(tmp_path, data, **{"archive/data/0": bytes(24)}).rename(path)
        else:
            path.write_bytes(legacy_bytes({}).replace(pickle.dumps({}, 2), data, 1) if index % 2 else data)
        paths.append(path)
    with pytest.raises(MasksegError):
        read_torch_state(paths[0])  # imports what reading needs
    sys.addaudithook(hook)
    try:
        assert eval("1 + 1") == 2
        assert len(seen) == 2  # the hook sees that it is compiled and executed
        seen.clear()
        for path in paths:
            refused = _outcome(path)
            assert refused is not None, path
            assert "\n" not in refused
            assert refused.startswith(str(path))
            assert refused.endswith(".")
    finally:
        watching = False
    assert seen == []
    assert not os.path.exists(MARK)
