"""Stops commands at random moments by SIGINT, SIGTERM, SIGHUP and SIGKILL, and checks what they leave.

    python benchmarks/stops.py [--tries 100] [--seed 0] [--kinds image,video,evaluate,fetch,train]

Each try starts a command in a folder of its own, sends a signal at a random moment from the start of the process to its
usual end, and runs the command again. What has to hold:

- the exit code is that of the signal (or 0, where all was done before), and nothing like a traceback is shown;
- nothing under a final name is incomplete, and no temporary file or lock is left, except by SIGKILL;
- the second run ends well, leaves the same files as a run that was not stopped, and nothing of the stopped one.

The program is the real one with a stand-in for the network (tests/cli/stop_program.py); training has a tiny network,
and a local server has the weights to fetch. Formats of videos take turns: .mp4, .avi, .mkv, .webm.
"""

from __future__ import annotations

import argparse
import collections
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import av
import numpy as np

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT))

from maskseg_cli.media.images import read_image, write_image  # noqa: E402
from tests.checkpoints.web_server import FileServer, serving  # noqa: E402
from tests.cli.fake_model import scene  # noqa: E402
from tests.cli.video_running import film  # noqa: E402
from tests.training.tiny import ARGUMENTS  # noqa: E402

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL)

#: Words that must not be on standard error.
FORBIDDEN = ("Traceback", "Exception ignored", "TypeError", "unexpected", "Fatal Python error")

#: What may be missing or differ from run to run: TensorBoard's files have the time in their names.
CHANGING = ("tensorboard",)


@dataclass
class Kind:
    """One kind of command.

    Attributes:
        command, again: the words of the first run and of the one after the stop.
        check: raises AssertionError if a file under a final name in a folder is incomplete.
        environment: more variables.
        seconds: that an undisturbed run takes.
        wanted: its files, as `tree`.
    """

    command: list[str]
    again: Callable[[Path], list[str]]
    check: Callable[[Path], None]
    environment: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    wanted: dict[str, object] = field(default_factory=dict)


def check_photos(folder: Path) -> None:
    for path in folder.glob("out/*.png"):
        assert read_image(path).shape == (64, 96, 3)
    for path in folder.glob("r.json"):
        json.loads(path.read_bytes())
    for path in folder.glob("r.csv"):
        assert path.read_bytes().startswith(b"photo,result")
        assert path.read_bytes().endswith(b"\n")


def frames_of(path: Path) -> int:
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))


def check_videos(folder: Path) -> None:
    for path in folder.glob("out*.*"):
        if path.suffix == ".jsonl":
            assert all(json.loads(line) for line in path.read_text().splitlines())
        elif ".partial" in path.name:
            assert 0 < frames_of(path) <= FRAMES
        else:
            assert frames_of(path) == FRAMES, path


def check_weights(folder: Path) -> None:
    for path in folder.glob("run/*.npz"):
        with zipfile.ZipFile(path) as archive:
            assert archive.testzip() is None


def check_figures(folder: Path) -> None:
    for path in folder.glob("*.json"):
        json.loads(path.read_bytes())


#: Frames of the film.
FRAMES = 60


def kinds(inputs: Path, server: FileServer) -> dict[str, list[Kind]]:
    """Makes the inputs; by name, the commands that take turns."""
    for number in range(40):
        write_image(inputs / f"photos/{number:02}.png", scene())
    film(inputs / "in.mp4", frames=FRAMES)
    boxes = [(1, [8, 8, 8, 24]), (18, [60, 40, 24, 12])]
    images = [{"id": n, "file_name": f"{n:02}.png", "width": 96, "height": 64} for n in range(40)]
    records = [
        {
            "id": 2 * n + k + 1,
            "image_id": n,
            "category_id": category,
            "bbox": box,
            "iscrowd": 0,
            "area": box[2] * box[3],
        }
        | {"segmentation": [[box[0], box[1], box[0] + box[2], box[1], box[0] + box[2], box[1] + box[3]]]}
        for n in range(40)
        for k, (category, box) in enumerate(boxes)
    ]
    categories = [{"id": 1, "name": "person"}, {"id": 18, "name": "dog"}]
    data = {"images": images, "annotations": records, "categories": categories}
    (inputs / "found.json").write_text(json.dumps(data))
    photos, slow = str(inputs / "photos"), {"MASKSEG_TEST_DELAY": "0.02"}
    image = ["image", photos, "-o", "out", "--json", "r.json", "--summary", "r.csv"]
    video = ["video", str(inputs / "in.mp4"), "--json", "out.jsonl", "-o"]
    measure = ["evaluate", str(inputs / "found.json"), photos, "--output", "m.json", "--results", "d.json"]
    train = ["train", *ARGUMENTS, "--steps-per-epoch", "2", "--epochs", "2", "--checkpoint-minutes", "0", "-o", "run"]
    release = f"{len(server.content)} {hashlib.md5(server.content, usedforsecurity=False).hexdigest()}"
    mirror = {"MASKSEG_WEIGHTS_URL": server.url, "MASKSEG_TEST_RELEASE": release}

    def skipping(words: list[str]) -> Callable[[Path], list[str]]:
        return lambda _: [*words, "--skip-existing"]

    def resumed(folder: Path) -> list[str]:
        return [*train, "--resume"] if (folder / "run/state.npz").exists() else train

    videos = [[*video, f"out{suffix}"] for suffix in (".mp4", ".avi", ".mkv", ".webm")]
    return {
        "image": [Kind(image, skipping(image), check_photos, slow)],
        "video": [Kind(words, skipping(words), check_videos, slow) for words in videos],
        "evaluate": [Kind(measure, lambda _: [*measure, "--overwrite"], check_figures, slow)],
        "fetch": [Kind(["weights", "fetch", "coco"], lambda _: ["weights", "fetch", "coco"], lambda _: None, mirror)],
        "train": [Kind(train, resumed, check_weights)],
    }


def tree(folder: Path) -> dict[str, object]:
    """The files of a folder: by name, what has to be equal in two runs."""
    found: dict[str, object] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_dir() or name.startswith(CHANGING) or "/tensorboard/" in name:
            continue
        if path.suffix == ".npz":
            with np.load(path) as archive:
                names = [one for one in archive.files if one not in ("progress", "maskseg.json")]
                found[name] = {one: archive[one].tobytes() for one in names}
        elif path.suffix in (".mp4", ".avi", ".mkv", ".webm"):
            found[name] = frames_of(path)
        elif path.suffix == ".csv":  # seconds differ
            found[name] = len(path.read_text().splitlines())
        else:
            found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def start(kind: Kind, words: list[str], folder: Path) -> subprocess.Popen[str]:
    temporary = folder / "tmp"
    temporary.mkdir(exist_ok=True)
    environment = {"PYTHONPATH": str(PROJECT), "TMPDIR": str(temporary), "MASKSEG_HOME": str(folder / "home")}

    def usual() -> None:
        for number in (signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)

    return subprocess.Popen(
        [sys.executable, "-m", "tests.cli.stop_program", *words],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment, **kind.environment},
        preexec_fn=usual,
    )


def finish(kind: Kind, words: list[str], folder: Path) -> str:
    process = start(kind, words, folder)
    _, said = process.communicate(timeout=200)
    assert process.returncode == 0, (words, process.returncode, said)
    return said


def stop_once(kind: Kind, number: signal.Signals, wait: float) -> str:
    """One try; how it ended, in a word. Fails if anything is not as it has to be."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        process = start(kind, kind.command, folder)
        time.sleep(wait)
        process.send_signal(number)
        _, said = process.communicate(timeout=120)
        code = process.returncode
        # -number: before Python has run a line of ours, or SIGKILL.
        assert code in (0, 128 + number, -number), (code, said)
        early = code == -number or "site.py" in said
        assert early or not any(word in said for word in FORBIDDEN), said
        kind.check(folder)
        if number != signal.SIGKILL:
            hidden = [path for path in folder.rglob("*") if path.name.startswith((".maskseg", ".out", ".r.", ".m."))]
            assert not hidden, (hidden, said)
            assert not list((folder / "tmp").iterdir()), list((folder / "tmp").iterdir())
        if code == 0 and kind.command[0] != "weights":
            assert tree(folder) == kind.wanted
            return "done before"
        again = finish(kind, kind.again(folder), folder)
        found = tree(folder)
        assert found == kind.wanted, (sorted(found), sorted(kind.wanted), said, again)
        return "killed" if number == signal.SIGKILL else "early" if early else "stopped"


def measure_undisturbed(kind: Kind) -> None:
    with tempfile.TemporaryDirectory() as name:
        began = time.monotonic()
        finish(kind, kind.command, Path(name))
        kind.seconds = time.monotonic() - began
        kind.wanted = tree(Path(name))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tries", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kinds", default="image,video,evaluate,fetch,train")
    options = parser.parse_args()
    chance = random.Random(options.seed)
    ends: collections.Counter[str] = collections.Counter()
    content = np.random.default_rng(0).bytes(20_000_000)
    with tempfile.TemporaryDirectory() as inputs, serving(content) as server:
        every = kinds(Path(inputs), server)
        names = options.kinds.split(",")
        for name in names:
            for kind in every[name]:
                measure_undisturbed(kind)
        for turn in range(options.tries):
            name = names[turn % len(names)]
            kind = every[name][turn // len(names) % len(every[name])]
            number = SIGNALS[turn // len(names) % len(SIGNALS)] if len(names) > 1 else SIGNALS[turn % len(SIGNALS)]
            wait = chance.uniform(0, kind.seconds)
            how = stop_once(kind, number, wait)
            ends[how] += 1
            print(f"{turn + 1}: {name}, {number.name} after {wait:.2f} of {kind.seconds:.2f} s: {how}", flush=True)
    print(f"{options.tries} tries: " + ", ".join(f"{count} {how}" for how, count in ends.items()))


if __name__ == "__main__":
    main()
