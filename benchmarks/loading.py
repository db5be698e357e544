"""Memory and time of reading weights of PyTorch: the largest resident size of a process, against the file's size.

    python -m benchmarks.loading [FILE ...]

Without files, generated weights of torchvision's ResNet-50 network (44 million parameters) are written in every format
to a temporary folder, 1.2 GB in all. Each file is read in a process of its own, which first reads a small one, so that
what Python and NumPy need is in memory; then the peak of its resident size (VmHWM, Linux only) is set back.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT))

#: Name -> ending, type of the values, torch before 1.6.
FORMATS = {
    "zip, float32": (".pth", "float32", False),
    "zip, float16": (".pth", "float16", False),
    "zip, bfloat16": (".pth", "bfloat16", False),
    "before torch 1.6, float32": (".pth", "float32", True),
    "before torch 1.6, float16": (".pth", "float16", True),
    "pickle of NumPy arrays": (".pkl", "float32", False),
    "safetensors, float32": (".safetensors", "float32", False),
    "safetensors, bfloat16": (".safetensors", "bfloat16", False),
}


def resident(field: str) -> int:
    """Bytes of this process in memory: now (VmRSS) or at most (VmHWM)."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) * 1024
    raise LookupError(field)


def measure(path: Path, small: Path) -> None:
    """Prints the growth of this process and the seconds, while it reads a file."""
    from maskseg_cli.checkpoints.pytorch.reading import read_torch_state

    read_torch_state(small)
    Path("/proc/self/clear_refs").write_text("5")  # sets the peak back to what is resident
    before, start = resident("VmRSS"), time.perf_counter()
    state = read_torch_state(path)
    seconds = time.perf_counter() - start
    print(resident("VmHWM") - before, seconds, sum(array.nbytes for array in state.arrays.values()))


def table(files: dict[str, Path], small: Path, rounds: int) -> None:
    """Prints a line for each file: the largest growth and the shortest time of some rounds."""
    print(f"{'format':<28}{'file':>9}{'arrays':>9}{'peak':>9}{'peak/file':>11}{'seconds':>9}")
    for name, path in files.items():
        answers = []
        for _ in range(rounds):
            command = [sys.executable, "-m", "benchmarks.loading", "--measure", str(path), str(small)]
            answers.append(
                subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True).stdout.split()
            )
        peak, seconds = max(int(one[0]) for one in answers), min(float(one[1]) for one in answers)
        size = path.stat().st_size
        print(
            f"{name:<28}{size / 1e6:>6.0f} MB{int(answers[0][2]) / 1e6:>6.0f} MB{peak / 1e6:>6.0f} MB"
            f"{peak / size:>11.2f}{seconds:>9.2f}",
            flush=True,
        )


def write_files(folder: Path) -> dict[str, Path]:
    """Writes the generated weights in each format."""
    import numpy as np

    from tests.parity_torch.make_torch_weights import state_dict, write
    from tests.torch_files import bfloat16

    state = state_dict("torchvision-v1", seed=1)
    made = {}
    for index, (name, (ending, dtype, legacy)) in enumerate(FORMATS.items()):
        values = {
            key: array
            if array.dtype != np.float32
            else bfloat16(array).reshape(array.shape)
            if dtype == "bfloat16"
            else array.astype(dtype)
            for key, array in state.items()
        }
        made[name] = write(folder / f"{index}{ending}", values, legacy=legacy)
    return made


def main() -> None:
    """Measures the files given, or generated ones."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("files", nargs="*", type=Path, help="weights of PyTorch, detectron2 or safetensors")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        measure(*given.files)
        return
    small = PROJECT / "tests" / "checkpoints" / "torch_written" / "state_dict.pth"
    if given.files:
        table({path.name: path.resolve() for path in given.files}, small, given.rounds)
        return
    with tempfile.TemporaryDirectory() as folder:
        table(write_files(Path(folder)), small, given.rounds)


if __name__ == "__main__":
    main()
