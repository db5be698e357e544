"""A Ray cluster on this machine, started once, whose processes have the stand-in of the network."""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.fake_model import use_blob_engine

from . import ray_worker


@pytest.fixture(scope="session")
def cluster() -> Iterator[Path]:
    """Two cores; yields the folder of `ray_worker.TROUBLE`."""
    ray = pytest.importorskip("ray", reason="needs Ray: pip install 'maskseg[ray]'")
    from maskseg_cli.cluster.connection import import_ray

    import_ray(data=False)
    folder = Path(tempfile.mkdtemp(prefix="mst_"))  # a short path: Ray's sockets are in it
    os.environ[ray_worker.TROUBLE] = str(folder)
    ray.init(
        num_cpus=2,
        include_dashboard=False,
        object_store_memory=2**27,
        logging_level=logging.CRITICAL,
        log_to_driver=False,
        _temp_dir=str(folder / "ray"),
        runtime_env={"worker_process_setup_hook": "tests.cluster.ray_worker.start"},
    )
    yield folder
    ray.shutdown()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, which is the current one, and the stand-in in this process too."""
    monkeypatch.chdir(tmp_path)
    use_blob_engine(monkeypatch.setattr)
    return tmp_path
