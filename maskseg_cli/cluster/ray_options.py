"""`RayOptions`: whether a run is spread over a Ray cluster, and over how many workers."""

from __future__ import annotations

import re
from dataclasses import dataclass

from maskseg_cli.config.value_types import check_count, conform, short
from maskseg_cli.errors import UsageError
from maskseg_cli.option import option

#: The address that --ray has without a value, and `ray=True` in Python.
DEFAULT = "default"

#: What an address may be: a word, a Ray client, or the port of a head node.
_ADDRESS = re.compile(r"default|auto|local|ray://\S+|[^\s/:]+:\d+|\[[0-9a-fA-F:]+\]:\d+")


@dataclass(frozen=True)
class RayOptions:
    """Where a run is computed.

    Attributes:
        ray: "auto", "local", "ray://HOST:PORT" or "HOST:PORT"; True or "default": the cluster that the variable
            RAY_ADDRESS names, else this machine; None or False: no Ray.
        ray_workers: processes that each hold a network; None: as many as the cluster has room for.

    Raises:
        UsageError: another value.

    Example:
        >>> RayOptions(ray=True).ray, RayOptions(ray="auto", ray_workers=2).used, RayOptions().used
        ('default', True, False)
    """

    ray: str | bool | None = option(
        None,
        "Spread the work over a Ray cluster: auto, local, HOST:PORT or ray://HOST:PORT; without ADDRESS the cluster "
        "that RAY_ADDRESS names, else this machine. Needs pip install 'maskseg[ray]'.",
        metavar="[ADDRESS]",
        without_value=DEFAULT,
    )
    ray_workers: int | None = option(
        None,
        "Processes on the cluster, each with a network of its own.",
        kind="whole",
        least=1,
        metavar="N",
        default="one for each GPU, else one for every 4 cores",
    )

    def __post_init__(self) -> None:
        if isinstance(self.ray, bool):
            object.__setattr__(self, "ray", DEFAULT if self.ray else None)
        if self.ray is not None and not (isinstance(self.ray, str) and _ADDRESS.fullmatch(self.ray)):
            raise UsageError(
                f"--ray takes auto, local, HOST:PORT or ray://HOST:PORT, not {short(self.ray)}; without an address it "
                "stands behind the files."
            )
        if conform("ray_workers", self.ray_workers, int | None) is not None:
            check_count("ray_workers", self.ray_workers)
            if self.ray is None:
                raise UsageError("--ray-workers is for runs on a cluster: give --ray too.")

    @property
    def used(self) -> bool:
        """Whether the run is spread over a cluster."""
        return self.ray is not None
