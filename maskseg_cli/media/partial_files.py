"""The name of a result that is kept although it is not complete."""

from __future__ import annotations

from pathlib import Path

#: End of such a result's stem.
PARTIAL_MARK = ".partial"


def partial_path(path: Path) -> Path:
    """The name under which a result that is not complete is kept.

    It plays, and the run that completes the result removes it.

    Example:
        >>> partial_path(Path("out/a.mp4")).as_posix(), partial_path(Path("%06d.png")).name
        ('out/a.partial.mp4', '%06d.partial.png')
    """
    return path.with_name(f"{path.stem}{PARTIAL_MARK}{path.suffix}")
