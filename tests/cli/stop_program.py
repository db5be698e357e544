"""`python -m tests.cli.stop_program image ...`: the real program made light, for benchmarks/stops.py.

The network is the stand-in, training has a tiny trunk, and the weights `coco` are the small file that the environment
variables name.
"""

from __future__ import annotations

from maskseg_cli.cli.interrupts import exit_at_signals

if __name__ == "__main__":
    exit_at_signals()  # as the program itself does

    import dataclasses
    import os
    import sys

    from maskseg_cli.cli.main import main

    if sys.argv[1] == "train":
        from tests.training import tiny

        class Patch:
            setattr = staticmethod(setattr)

        tiny.shrink(Patch)  # type: ignore[arg-type]
    elif sys.argv[1] == "weights":
        from maskseg_cli.checkpoints import registry

        size, digest = os.environ["MASKSEG_TEST_RELEASE"].split()
        old = registry.RELEASES["coco"]
        registry.RELEASES["coco"] = dataclasses.replace(old, size=int(size), md5=digest)
    else:
        from .fake_model import use_blob_engine

        use_blob_engine(setattr)
    main(prog_name="maskseg")
