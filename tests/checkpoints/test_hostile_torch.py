"""Pickles that would run something: nothing is executed, and each is refused by name in one sentence."""

from __future__ import annotations

import os
import pickle
import re
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from maskseg_cli.checkpoints import read_checkpoint
from maskseg_cli.checkpoints.pytorch.reading import read_torch_state
from maskseg_cli.errors import MasksegError
from tests.checkpoints.torch_refusals import SOUND, outcome, raw, refusal, zipped
from tests.fuzz.fuzz_torch import MARK, hostile_pickle
from tests.torch_files import (
    Made,
    Named,
    legacy_bytes,
    tensors,
    write_legacy,
    write_pickle,
    write_zip,
)


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
            refused = outcome(path)
            assert refused is not None, path
            assert "\n" not in refused
            assert refused.startswith(str(path))
            assert refused.endswith(".")
    finally:
        watching = False
    assert seen == []
    assert not os.path.exists(MARK)
