"""`python -m tests.training.program train ...`: the real program, whose small network has a tiny trunk."""

from __future__ import annotations

import pytest

from maskseg_cli.cli.main import main

from .tiny import shrink

if __name__ == "__main__":
    from maskseg_cli.tensorflow_start import import_tensorflow

    import_tensorflow()
    with pytest.MonkeyPatch.context() as patch:
        shrink(patch)
        main()
