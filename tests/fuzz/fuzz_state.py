"""The state of a training run, `state.npz`, which `--resume` reads."""

from __future__ import annotations

import tempfile
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import numpy as np

from maskseg_cli.training.state import Progress, read_progress, restore_state, save_state
from tests.fuzz import fuzz_npz
from tests.fuzz.fuzzer import Fuzzer


def _variables() -> dict[str, Any]:
    return {"a/kernel": SimpleNamespace(shape=(2, 3), assign=np.asarray)}


def _average() -> Any:
    return SimpleNamespace(averages={"a/kernel": np.ones((2, 3), np.float32)}, updates=3)


def _seeds() -> list[bytes]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "state.npz"
        values = {"a/kernel": np.ones((2, 3), np.float32)}
        save_state(
            path, values, [np.ones(4)], _average(), Progress(fingerprint={"seed": 5}, epoch_losses={"loss": 1.0})
        )
        return [path.read_bytes()]


def _craft(random: Random, start: bytes) -> bytes:
    return fuzz_npz.FUZZER.craft(random, start) if fuzz_npz.FUZZER.craft else start


def _attack(data: bytes, folder: Path) -> None:
    path = folder / "state.npz"
    path.write_bytes(data)
    assert isinstance(read_progress(path).step, int)
    restore_state(path, _variables(), [SimpleNamespace(shape=(4,), assign=np.asarray)], _average())


FUZZER = Fuzzer("state", _seeds, _attack, craft=_craft)
