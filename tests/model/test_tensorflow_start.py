"""TensorFlow starts late and quietly."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from maskseg_cli.model.tensorflow_start import import_tensorflow


def run(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A fresh interpreter, without what this process has set."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TF_", "MASKSEG_"))}
    command = [sys.executable, "-c", code]
    return subprocess.run(command, env=kept | environment, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize(
    "statement",
    [
        "import maskseg_cli",
        "from maskseg_cli import Detections, MaskCrop, draw",
        "from maskseg_cli import load_model, Predictor",
        "import maskseg_cli.inference.molding, maskseg_cli.inference.test_time_augmentation",
    ],
)
def test_tensorflow_is_not_imported(statement: str) -> None:
    done = run(f"{statement}\nimport sys\nprint('tensorflow' in sys.modules, 'keras' in sys.modules)")
    assert (done.stdout, done.stderr) == ("False False\n", "")


def test_a_network_is_loaded_and_used_without_a_word(lite_weights: Path) -> None:
    code = f"""
import numpy as np
from maskseg_cli import load_model
model = load_model({str(lite_weights)!r}, size=64)
print(len(model(np.zeros((64, 64, 3), np.uint8))))
print(len(model.detect([np.zeros((80, 64, 3), np.uint8)])[0]["rois"]))
"""
    done = run(code)
    assert done.stderr == ""
    assert [line.isdigit() for line in done.stdout.splitlines()] == [True, True]


def test_what_python_writes_is_seen_and_a_setting_of_the_users_stays() -> None:
    code = """
import os, sys
from maskseg_cli.model.tensorflow_start import import_tensorflow
print("before", file=sys.stderr)
tf = import_tensorflow()
print("after", tf.add(1, 2).numpy(), file=sys.stderr)
os.write(2, b"last")
assert import_tensorflow() is tf
print(os.environ["TF_CPP_MIN_LOG_LEVEL"])
"""
    done = run(code, TF_CPP_MIN_LOG_LEVEL="2")
    assert (done.stdout, done.stderr) == ("2\n", "before\nafter 3\nlast")


def test_the_chatter_can_be_let_through() -> None:
    code = "from maskseg_cli.model.tensorflow_start import import_tensorflow\nimport_tensorflow().add(1, 1)"
    assert "TensorFlow" in run(code, MASKSEG_TF_LOG="1").stderr


def test_a_process_without_stderr() -> None:
    """As under pythonw."""
    code = """
import sys
sys.stderr = None
from maskseg_cli.model.tensorflow_start import import_tensorflow
print(import_tensorflow().add(1, 2).numpy())
"""
    done = run(code)
    assert (done.returncode, done.stdout) == (0, "3\n")


@pytest.mark.parametrize("close", ["sys.stderr = None", "sys.stderr.close()", "os.close(2)"])
def test_nothing_to_silence(close: str) -> None:
    code = f"""
import os, sys
from maskseg_cli.model.tensorflow_start import _silent_stderr
{close}
with _silent_stderr():
    print("inside", flush=True)
try:
    with _silent_stderr():
        raise KeyError
except KeyError:
    print("raised", flush=True)
os._exit(0)
"""
    assert run(code).stdout == "inside\nraised\n"


def test_a_failing_import_shows_its_error_and_stderr_works_again(monkeypatch: pytest.MonkeyPatch) -> None:
    before = os.fstat(2).st_ino
    monkeypatch.delitem(sys.modules, "tensorflow", raising=False)

    class Broken:
        def find_spec(self, name: str, *_: object) -> None:
            if name == "tensorflow":
                raise ImportError("a library is missing")

    monkeypatch.setattr(sys, "meta_path", [Broken(), *sys.meta_path])
    with pytest.raises(ImportError, match="a library is missing"):
        import_tensorflow()
    assert os.fstat(2).st_ino == before
