"""The stack of signal handlers survives OpenVINO."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.model.lite_arrays import write_lite_arrays

_PROGRAM = """
import gc, signal, sys, threading
import numpy as np
from maskseg_cli.inference.loading import load_model
models = [load_model(sys.argv[1], size=64, precision="float32")]
models[0](np.zeros((64, 64, 3), np.uint8))

def unload():
    models.clear()
    gc.collect()

thread = threading.Thread(target=unload)
thread.start()
thread.join()
came = []
signal.signal(signal.SIGTERM, lambda *_: came.append(1))
signal.raise_signal(signal.SIGTERM)
print(came)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems have no such stack")
def test_a_signal_after_a_network_was_unloaded_in_another_thread(tmp_path: Path) -> None:
    weights = write_lite_arrays(tmp_path / "arrays.npz")
    done = subprocess.run([sys.executable, "-c", _PROGRAM, str(weights)], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout) == (0, "[1]\n"), done.stderr
