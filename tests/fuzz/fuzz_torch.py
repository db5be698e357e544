"""State dicts of PyTorch in both layouts, pickles of NumPy arrays, safetensors; pickles that call functions."""

from __future__ import annotations

import contextlib
import io
import os
import pickle
import tempfile
import zipfile
from pathlib import Path
from random import Random

import numpy as np

from maskseg_cli.checkpoints import read_checkpoint
from maskseg_cli.checkpoints.pytorch.reading import read_torch_state
from maskseg_cli.errors import MasksegError
from tests.fuzz.fuzzer import Fuzzer
from tests.fuzz.mutation import NUMBERS, mutate
from tests.torch_files import Made, Named, dumps, tensors, write_legacy, write_pickle, write_safetensors, write_zip

#: A file that hostile pickles would make; inputs are made in another process than the one that reads them.
MARK = str(Path(tempfile.gettempdir()) / "maskseg-executed-a-pickle")

_ARRAYS = {
    "conv1.weight": np.ones((2, 1, 2, 3), np.float32),
    "conv1.bias": np.zeros(2, np.float16),
    "bn1.num_batches_tracked": np.array(3),
    "fc.weight": np.ones((1100, 1), np.float32),
}

#: Functions and classes that act, each with arguments that would leave MARK behind or stop the program.
_ACTS: tuple[tuple[str, str, bytes], ...] = (
    ("os", "system", b"touch " + MARK.encode()),
    ("posix", "system", b"touch " + MARK.encode()),
    ("subprocess", "getoutput", b"touch " + MARK.encode()),
    ("subprocess", "Popen", b"touch"),
    ("builtins", "eval", b"open('" + MARK.encode() + b"', 'w')"),
    ("__builtin__", "exec", b"open('" + MARK.encode() + b"', 'w')"),
    ("builtins", "open", MARK.encode()),
    ("builtins", "__import__", b"antigravity"),
    ("builtins", "getattr", b"x"),
    ("builtins", "exit", b"1"),
    ("os", "_exit", b"1"),
    ("os", "abort", b""),
    ("os", "mkdir", MARK.encode()),
    ("pathlib", "Path.touch", MARK.encode()),
    ("shutil", "rmtree", MARK.encode()),
    ("importlib", "import_module", b"antigravity"),
    ("runpy", "run_module", b"antigravity"),
    ("code", "interact", b""),
    ("pickle", "loads", b"cos\nabort\n)R."),
    ("_pickle", "loads", b"cos\nabort\n)R."),
    ("torch", "load", MARK.encode()),
    ("torch.hub", "load", MARK.encode()),
    ("torch.storage", "_load_from_bytes", b"x"),
    ("numpy", "load", MARK.encode()),
    ("numpy.core.multiarray", "fromfile", MARK.encode()),
    ("ctypes", "CDLL", MARK.encode()),
    ("socket", "create_connection", b"x"),
    ("webbrowser", "open", b"http://127.0.0.1:1/"),
    ("functools", "partial", b"x"),
    ("operator", "attrgetter", b"system"),
    ("types", "CodeType", b"x"),
    ("bdb", "Bdb", b"x"),
    ("collections", "OrderedDict.__init__.__globals__", b"x"),
    ("torch._utils", "_import_dotted_name", b"os.system"),
    ("my.own", "Model", b"x"),
    ("signal", "raise_signal", b"\x09"),
)

_NAMES = (
    b"ctorch._utils\n_rebuild_tensor_v2\n",
    b"ctorch._utils\n_rebuild_parameter\n",
    b"ctorch._tensor\n_rebuild_from_type_v2\n",
    b"ctorch._utils\n_rebuild_tensor_v3\n",
    b"ctorch._utils\n_rebuild_qtensor\n",
    b"ctorch\nFloatStorage\n",
    b"ctorch\nBFloat16Storage\n",
    b"ctorch\nQInt8Storage\n",
    b"ctorch\nfloat32\n",
    b"ccollections\nOrderedDict\n",
    b"ccollections\ndefaultdict\n",
    b"c_codecs\nencode\n",
    b"cnumpy.core.multiarray\n_reconstruct\n",
    b"cnumpy.core.multiarray\nscalar\n",
    b"cnumpy\ndtype\n",
    b"cnumpy\nndarray\n",
    b"cnumpy._core.numeric\n_frombuffer\n",
    b"c__builtin__\ngetattr\n",
    b"c__builtin__\nbytes\n",
    b"ccopy_reg\n_reconstructor\n",
    b"cmmengine.logging.history_buffer\nHistoryBuffer\n",
    b"cargparse\nNamespace\n",
)


def hostile_pickle(random: Random) -> bytes:
    """A pickle that would do something, called in one of the ways of the format, in one of many places."""
    module, name, argument = random.choice(_ACTS)
    text = b"X" + len(argument).to_bytes(4, "little") + argument
    named = random.choice(
        (
            f"c{module}\n{name}\n".encode(),
            b"\x8c%c%s\x8c%c%s\x93" % (len(module), module.encode(), len(name), name.encode()),
        )
    )
    call = random.choice(
        (
            named + text + b"\x85R",
            named + text + b"\x85\x81",
            named + b"(" + text + b"tR",
            b"(" + named + text + b"o",
            b"(" + text + f"i{module}\n{name}\n".encode(),
            named + text + b"\x85}\x92",
            named + b")R" + text + b"b",
            named + b"q\x09h\x09" + text + b"\x85R",
            named,
        )
    )
    if name == "getattr" and call == named:
        call = named + text + b"\x85R"
    place = random.randrange(6)
    if place == 0:
        body = call
    elif place == 1:
        body = b"}X\x05\0\0\0model" + call + b"s"
    elif place == 2:
        body = b"]" + call + b"a0}"
    elif place == 3:
        body = b"}" + call + b"Ns"
    elif place == 4:
        body = dumps({"model": tensors(_ARRAYS)})[0][2:-1] + b"X\x01\0\0\0x" + call + b"s"
    else:
        body = b"ctorch._tensor\n_rebuild_from_type_v2\n(" + named + named + text + b"\x85}tR"
    return b"\x80\x04" + body + b"."


def _seeds() -> list[bytes]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "w"
        content = {
            "model": tensors(_ARRAYS),
            "epoch": 3,
            "args": Made(Named("argparse", "Namespace"), state={"lr": 0.1}),
            "meta": {"CLASSES": ("a", "b"), "lr": np.float64(0.5)},
        }
        paths = (
            write_zip(path.with_suffix(".zip"), content),
            write_legacy(path.with_suffix(".old"), content),
            *(
                write_pickle(path.with_suffix(f".{protocol}"), {"model": _ARRAYS, "__author__": "me"}, protocol)
                for protocol in (0, 2, 4, 5)
            ),
            write_safetensors(path.with_suffix(".safetensors"), _ARRAYS, {"format": "pt"}),
        )
        return [path.read_bytes() for path in paths]


def _craft(random: Random, start: bytes) -> bytes:
    """A hostile pickle, or a damaged one in a zip file that is right; or a damaged header before whole values."""
    chance = random.random()
    if chance < 0.2:
        return _in_zip(hostile_pickle(random)) if random.random() < 0.5 else hostile_pickle(random)
    if start[:2] == b"PK":
        try:
            with zipfile.ZipFile(io.BytesIO(start)) as archive:
                members = {name: archive.open(name).read(1 << 18) for name in archive.namelist()[:20]}
        except Exception:  # a damaged one of the corpus
            return mutate(random, start, (), FUZZER.tokens)
        name = next((name for name in members if name.endswith("data.pkl")), next(iter(members), "a/data.pkl"))
        if random.random() < 0.1:
            name = random.choice(list(members))
        members[name] = _change(random, members[name])
        return _zip(members, random.choice((zipfile.ZIP_STORED, zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)))
    if start[8:9] == b"{":
        length = int.from_bytes(start[:8], "little")
        header = mutate(random, start[8 : 8 + length], (), (b'"F64"', b'"BF16"', b"[]", b"[1, 1]", b"{}", *NUMBERS))
        return len(header).to_bytes(8, "little") + header + start[8 + length :]
    return _change(random, start)


def _change(random: Random, data: bytes) -> bytes:
    """Changes a pickle where its opcodes begin, so that most of it is still read."""
    for _ in range(random.randrange(1, 4)):
        places = _opcodes(data)
        if len(places) < 3:
            return mutate(random, data, (), FUZZER.tokens)
        index = random.randrange(len(places) - 1)
        start, end = places[index], places[index + 1]
        kind = random.randrange(5)
        if kind == 0:
            data = data[:start] + data[end:]
        elif kind == 1:
            data = data[:end] + data[start:end] * random.choice((1, 2, 50)) + data[end:]
        elif kind == 2:
            other = random.randrange(len(places) - 1)
            data = data[:start] + data[places[other] : places[other + 1]] + data[end:]
        elif kind == 3:
            data = data[:start] + random.choice((*_NAMES, *_PIECES)) + data[random.choice((start, end)) :]
        else:
            data = data[:start] + mutate(random, data[start:end], ()) + data[end:]
    return data


_PIECES = (
    b"N",
    b"]",
    b"}",
    b")",
    b"(",
    b"t",
    b"R",
    b"b",
    b"Q",
    b"\x81",
    b"\x88",
    b"K\x00",
    b"J\xff\xff\xff\xff",
    b"s",
    b"0",
)


def _opcodes(data: bytes) -> list[int]:
    import pickletools

    places: list[int] = []
    try:
        for _, _, position in pickletools.genops(data):
            if position is not None:
                places.append(position)
    except Exception:
        pass
    return places


def _in_zip(data: bytes) -> bytes:
    return _zip({"archive/data.pkl": data, "archive/data/0": bytes(48)}, zipfile.ZIP_STORED)


def _zip(members: dict[str, bytes], method: int) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def _attack(data: bytes, folder: Path) -> None:
    path = folder / "weights.pth"
    path.write_bytes(data)
    try:
        state = read_torch_state(path)
    finally:
        assert not os.path.exists(MARK), "something in a file was executed"
    assert sum(array.nbytes for array in state.arrays.values()) <= 8 * max(len(data), 1 << 12)
    pickle.dumps(state.meta)
    with contextlib.suppress(MasksegError):  # a network of no known family
        read_checkpoint(path)


FUZZER = Fuzzer(
    "torch",
    _seeds,
    _attack,
    tokens=(*_NAMES, b"PK\x01\x02", b"PK\x05\x06", b"data.pkl", b"\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."),
    craft=_craft,
)
