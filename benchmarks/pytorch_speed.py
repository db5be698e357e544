"""Times maskseg against torchvision's own code on one Mask R-CNN with ResNet-50-FPN, turn by turn on one photo.

    python benchmarks/pytorch_speed.py WEIGHTS.pth PHOTO --torch-python PYTHON [--rounds 5] [--ours OTHER.pkl]

PYTHON is the interpreter of an environment with torch and torchvision, which maskseg does not need. WEIGHTS.pth is a
state dict of maskrcnn_resnet50_fpn, which both run; with --ours maskseg runs another file, such as detectron2's. Both
show everything above 0.05, at a short side of 800 pixels.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import time
from pathlib import Path

import cv2

from maskseg_cli import load_model

#: Runs in the other environment: a line on its input is one picture, and the answer is the seconds that it took.
_WORKER = """
import sys, time, torch, torchvision, numpy
from torchvision.io import read_image, ImageReadMode
weights, photo, precision = sys.argv[1:4]
state = torch.load(weights, map_location="cpu", weights_only=True)
state = state.get("model", state)
classes = state["roi_heads.box_predictor.cls_score.bias"].numel()
model = torchvision.models.detection.maskrcnn_resnet50_fpn(weights=None, weights_backbone=None, num_classes=classes)
model.load_state_dict(state)
model.eval()
image = read_image(photo, ImageReadMode.RGB).float() / 255
print("ready", torch.__version__, torchvision.__version__, flush=True)
for line in sys.stdin:
    start = time.perf_counter()
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16"):
        found = model([image])[0]
    print(time.perf_counter() - start, len(found["boxes"]), flush=True)
"""


class Other:
    """torchvision in its own process."""

    def __init__(self, python: str, weights: Path, photo: Path, precision: str) -> None:
        command = [python, "-c", _WORKER, str(weights), str(photo), precision]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.name = f"torchvision {precision} ({self._answer()[0]})"

    def _answer(self) -> list[str]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline().split()
        if not line:
            raise SystemExit("torchvision's process has ended: see its message above.")
        return line if line[0] != "ready" else [" ".join(line[1:])]

    def __call__(self) -> tuple[float, int]:
        assert self._process.stdin is not None
        print("", file=self._process.stdin, flush=True)
        seconds, count = self._answer()
        return float(seconds), int(count)


def main() -> None:
    parser = argparse.ArgumentParser(description="Times maskseg against torchvision's own code.")
    parser.add_argument("weights", type=Path)
    parser.add_argument("photo", type=Path)
    parser.add_argument("--torch-python", required=True)
    parser.add_argument("--ours", type=Path, help="another weights file for maskseg")
    parser.add_argument("--precision", default="bfloat16", help="of maskseg")
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    model = load_model(
        given.ours or given.weights, engine="openvino", precision=given.precision, detection_min_confidence=0.05
    )
    stages: dict[str, list[float]] = {}
    model.engine.observe = lambda stage, seconds: stages.setdefault(stage, []).append(seconds)
    image = cv2.imread(str(given.photo))
    assert image is not None, f"{given.photo} is no picture"

    def ours() -> tuple[float, int]:
        start = time.perf_counter()
        found = model(image)
        return time.perf_counter() - start, len(found)

    others = [Other(given.torch_python, given.weights, given.photo, one) for one in ("float32", "bfloat16")]
    runs = {f"maskseg {model.engine.name}": ours} | {one.name: one for one in others}
    for run in runs.values():
        run()  # memory, compiled code
    stages.clear()
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(given.rounds):
        for name, run in runs.items():
            seconds, count = run()
            times[name].append(seconds)
            print(f"{name}: {seconds:.2f} s, {count} objects", flush=True)
    first, *rest = times
    print(f"\n{first}: median {statistics.median(times[first]):.2f} s")
    print("of it, in milliseconds:", {name: round(1000 * statistics.median(own)) for name, own in stages.items()})
    for name in rest:
        ratio = statistics.median(a / b for a, b in zip(times[first], times[name], strict=True))
        print(f"{name}: median {statistics.median(times[name]):.2f} s; maskseg takes {ratio:.2f} of its time")


if __name__ == "__main__":
    main()
