"""Fixtures for all tests."""

from __future__ import annotations

import os
import tempfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

# A busy machine is no failure, and the first example of a test may have to import a library. How many examples a test
# leaves out by `assume` is chance.
_PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
# Every run tries the same examples, so that a change is judged by what it changes; `--hypothesis-profile random` looks
# for new ones.
settings.register_profile("maskseg", _PATIENT, derandomize=True)
settings.register_profile("random", _PATIENT)
settings.load_profile("maskseg")

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# Converted networks go into a folder that ends with the tests, not into the user's cache.
_HOME = tempfile.TemporaryDirectory(prefix="maskseg-tests-")
os.environ.setdefault("MASKSEG_HOME", _HOME.name)

#: Files of tests with real cameras, servers, signals, windows and browsers, whose events come late on a machine that
#: stands still for a second.
REAL_TIME = {
    "camera/test_capture.py",
    "camera/test_network.py",
    "cli/test_hangup.py",
    "cli/test_image_watch.py",
    "cli/test_video_stops.py",
    "cli/test_webcam.py",
    "cli/test_webcam_network.py",
    "cli/test_webcam_window.py",
    "media/test_window_screen.py",
    "pipeline/test_cameras.py",
    "pipeline/test_live.py",
    "serve/test_page.py",
    "serve/test_page_everywhere.py",
    "serve/test_server.py",
    "serve/test_stream.py",
    "video/test_browser_colours.py",
    "video/test_read_network.py",
}


#: The files that take longest, whatever the number of their tests, in the order in which `make test` begins them: at
#: the end a process that has nothing left to do waits for short files only.
LONGEST = (
    "test_readme.py",
    "parity_torch/test_torch_parity.py",
    "parity/test_matterport_parity.py",
    "cli/test_train.py",
    "inference/test_openvino_engine.py",
    "inference/test_openvino_stages.py",
    "cli/test_weights_networks.py",
    "test_tutorial.py",
    "training/test_several_devices.py",
    "cli/test_video_stops.py",
    "test_recipes.py",
    "cli/test_webcam_network.py",
    "inference/test_predictor.py",
    "model/test_mask_rcnn.py",
    "training/test_loop.py",
    "cli/test_weights.py",
    "model/test_tensorflow_start.py",
    "model/test_detail.py",
    "inference/test_test_time_augmentation.py",
    "test_examples.py",
    "test_makefile.py",
    "checkpoints/test_unet.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts `LONGEST` first; tries a test of `REAL_TIME` that fails twice more: a defect fails each time."""
    rank = {name: place for place, name in enumerate(LONGEST)}
    places = []
    for item in items:
        name = item.path.relative_to(Path(__file__).parent).as_posix()
        places.append(rank.get(name, len(rank)))
        if name in REAL_TIME:
            item.add_marker(pytest.mark.flaky(reruns=2))
    items[:] = [items[i] for i in sorted(range(len(items)), key=places.__getitem__)]


SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real weights, photos and data that lies beside a developer's checkout."""
    if not SHARED.is_dir():
        pytest.skip("needs the folder ../shared (real weights, photos and COCO data), which is not here")
    return SHARED


@pytest.fixture(scope="session")
def matterport_h5(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Matterport weight file, made once: ResNet-50, 4 classes, seed 6 (179 MB; 3 s).

    These are the weights behind the measured numbers of tests/parity.
    """
    from tests.parity.make_matterport_weights import write

    path = tmp_path_factory.mktemp("weights") / "matterport.h5"
    made = write(path, "resnet50", num_classes=4, seed=6)
    assert made["sha256"] == "c2aba3e091b522b973cce07c558ab430c6b1298c9c3a460e5e6805787cd3b94e"
    return path


@pytest.fixture(scope="session")
def torch_weights(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Weight files of torchvision and detectron2 by the case of tests/parity_torch, each made once (180 MB; 3 s)."""
    from tests.parity_torch.fixtures import write_weights

    made: dict[str, Path] = {}

    def weights(case: str) -> Path:
        if case not in made:
            made[case] = write_weights(case, tmp_path_factory.mktemp("weights"))
        return made[case]

    return weights


@pytest.fixture(scope="session")
def lite_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights of the lite network, made once: nonsense, but they find objects in every photo (13 MB)."""
    from tests.lite_weights import write_lite_weights

    return write_lite_weights(tmp_path_factory.mktemp("lite") / "lite.npz")


@pytest.fixture
def quick_compression(monkeypatch: pytest.MonkeyPatch) -> None:
    """Weights files are packed without searching for repetitions: that is most of the time to write one."""
    compressor = zlib.compressobj
    monkeypatch.setattr(zlib, "compressobj", lambda level=0, *options: compressor(0, *options))


@pytest.fixture
def lite_home(lite_weights: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder with `lite_weights`, which are the model "lite" in this process, instead of the bundled ones."""
    from maskseg_cli.checkpoints import registry

    home = tmp_path_factory.mktemp("home")
    (home / "maskseg-lite-coco.npz").symlink_to(lite_weights)
    monkeypatch.setenv("MASKSEG_HOME", str(home))
    monkeypatch.setattr(registry, "weights_folder", lambda: None)
    return home


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    """A Chromium without a window, started once a file of tests (1 s): left alone it keeps a core busy.

    Tests use `browser`.
    """
    from tests.browser import opened_browser

    with opened_browser(tmp_path_factory.mktemp("chromium")) as chrome:
        yield chrome


@pytest.fixture
def browser(chromium: Chrome) -> Iterator[Chrome]:
    """A clean tab on a screen of 1280 x 800, with no cookies; helpers are in tests/browser.py."""
    from tests.browser import clean

    clean(chromium)
    yield chromium
    clean(chromium)
