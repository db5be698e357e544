"""How long `maskseg` takes to answer before any network is needed.

    python benchmarks/startup.py [--rounds N]

Each command runs in a process of its own, turn by turn with an empty Python, whose time is what no program in Python
can go below. Medians; the first round, which fills the disk cache, does not count.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time

GOAL_SECONDS = 0.5
COMMANDS = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "maskseg --help": [sys.executable, "-m", "maskseg_cli", "--help"],
    "maskseg image --help": [sys.executable, "-m", "maskseg_cli", "image", "--help"],
    "maskseg image --nonsense": [sys.executable, "-m", "maskseg_cli", "image", "--nonsense"],
    "maskseg weights list": [sys.executable, "-m", "maskseg_cli", "weights", "list"],
    "maskseg config": [sys.executable, "-m", "maskseg_cli", "config"],
}


def main() -> None:
    """Prints a line for each command."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--rounds", type=int, default=20)
    rounds = parser.parse_args().rounds
    seconds: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for turn in range(rounds + 1):
        for name, command in COMMANDS.items():
            start = time.perf_counter()
            subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
            if turn:
                seconds[name].append(time.perf_counter() - start)
    for name, values in seconds.items():
        print(f"{name:26}{1000 * statistics.median(values):7.0f} ms   (slowest {1000 * max(values):.0f})")
    verdict = "met" if statistics.median(seconds["maskseg --help"]) < GOAL_SECONDS else "missed"
    print(f"goal of {GOAL_SECONDS:g} s for maskseg --help: {verdict}")


if __name__ == "__main__":
    main()
