"""Options of a run on a cluster, and what a cluster has room for; nothing here starts Ray."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from maskseg_cli.cluster.connection import Cluster, check_reachable, connected, room
from maskseg_cli.cluster.ray_options import RayOptions
from maskseg_cli.errors import MasksegError, UsageError


def test_a_bare_switch_means_the_default_cluster() -> None:
    assert RayOptions(ray=True).ray == "default"
    assert not RayOptions(ray=False).used
    assert [RayOptions(ray=word).ray for word in ("auto", "local", "ray://head:10001", "10.0.0.1:6379", "[::1]:6379")]


@pytest.mark.parametrize("address", ["photos/", "head", "ray://", "a b:1", "", 7, "http://head:8265"])
def test_what_is_no_address_is_refused(address: object) -> None:
    with pytest.raises(UsageError, match="--ray takes auto, local, HOST:PORT"):
        RayOptions(ray=address)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("workers", "words"), [(0, "ray_workers is"), (1.5, "ray_workers is"), ("2", "ray_workers is")]
)
def test_a_number_of_workers_is_a_count(workers: object, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        RayOptions(ray=True, ray_workers=workers)  # type: ignore[arg-type]


def test_workers_need_a_cluster() -> None:
    with pytest.raises(UsageError, match="give --ray too"):
        RayOptions(ray_workers=2)


@pytest.mark.parametrize(
    ("nodes", "wanted", "gpus", "expected"),
    [
        ([{"CPU": 2.0}], None, False, Cluster(1, 2, 0, False)),
        ([{"CPU": 2.0}], 2, False, Cluster(2, 1, 0, False)),
        ([{"CPU": 2.0}], 4, False, Cluster(4, 0.5, 0, False)),
        ([{"CPU": 16.0}] * 10, None, False, Cluster(40, 4, 0, False)),
        ([{"CPU": 16.0}, {"CPU": 0.0}, {}], 3, False, Cluster(3, 5, 0, False)),
        ([{"CPU": 8.0, "GPU": 1.0}, {"CPU": 32.0}], None, True, Cluster(1, 8, 1, False)),
        ([{"CPU": 8.0, "GPU": 1.0}, {"CPU": 32.0}], None, False, Cluster(10, 4, 0, False)),
        ([{"CPU": 8.0, "GPU": 4.0}], 2, True, Cluster(2, 2, 1, False)),
    ],
)
def test_workers_fit_into_the_machines(
    nodes: list[dict[str, float]], wanted: int | None, gpus: bool, expected: Cluster
) -> None:
    assert room(nodes, wanted, gpus) == expected


@pytest.mark.parametrize(
    ("nodes", "wanted", "words"), [([{"CPU": 2.0}], 99, "has 2 cores"), ([{}], None, "no machine")]
)
def test_more_workers_than_there_is_room_for_are_refused(
    nodes: list[dict[str, float]], wanted: int | None, words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        room(nodes, wanted, gpus_wanted=False)


def test_an_address_where_nothing_listens_is_reported_at_once() -> None:
    with pytest.raises(MasksegError, match=r"no Ray cluster at 127\.0\.0\.1:9: start one"):
        check_reachable("127.0.0.1:9")
    with pytest.raises(MasksegError, match="no Ray cluster at ray://"):
        check_reachable("ray://127.0.0.1:9/")
    check_reachable("auto")


def test_a_missing_package_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ray", "ray.data"):
        monkeypatch.setitem(sys.modules, name, None)
    with (
        pytest.raises(UsageError, match=r"--ray needs Ray .*pip install 'maskseg\[ray\]'\.$"),
        connected(RayOptions(True)),
    ):
        pass


def test_without_the_option_nothing_of_ray_is_imported() -> None:
    code = (
        "import sys, maskseg_cli.cli.image, maskseg_cli.cli.video, maskseg_cli.cluster.connection\n"
        "from maskseg_cli import process_images, process_video\n"
        "from maskseg_cli.cli.main import main\n"
        "sys.exit(any(name.split('.')[0] in ('ray', 'pyarrow', 'fsspec') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0


def test_a_cluster_of_its_own_has_a_token_of_its_own() -> None:
    pytest.importorskip("ray._private.authentication", reason="Ray before 2.60 has no tokens")
    code = (
        "import contextlib, os, ray\n"
        "from ray._raylet import AuthenticationMode, get_authentication_mode\n"
        "from maskseg_cli.cluster.own_token import use_own_token\n"
        "seen = []\n"
        "for _ in range(2):\n"
        "    with contextlib.ExitStack() as stack:\n"
        "        use_own_token(stack)\n"
        "        seen.append((get_authentication_mode(), os.environ['RAY_AUTH_TOKEN']))\n"
        "    assert not {'RAY_AUTH_MODE', 'RAY_AUTH_TOKEN'} & set(os.environ)\n"
        "    assert get_authentication_mode() == AuthenticationMode.DISABLED\n"
        "assert [name for name, _ in seen] == 2 * [AuthenticationMode.TOKEN]\n"
        "assert seen[0][1] != seen[1][1] and len(seen[0][1]) == 64\n"
        "os.environ['RAY_AUTH_TOKEN'] = 'mine'\n"
        "with contextlib.ExitStack() as stack:\n"
        "    use_own_token(stack)\n"
        "    assert os.environ['RAY_AUTH_TOKEN'] == 'mine'\n"
    )
    env = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    ended = subprocess.run([sys.executable, "-c", code], env=env, timeout=60, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
