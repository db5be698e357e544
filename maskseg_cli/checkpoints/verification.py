"""`verify`: whether a weights file is whole, finite and fits its network, and which published file it is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from maskseg_cli.checkpoints.assign import expected_shapes
from maskseg_cli.checkpoints.comparison import compare, non_finite, remedy
from maskseg_cli.checkpoints.download import file_digests
from maskseg_cli.checkpoints.reading import read_checkpoint
from maskseg_cli.checkpoints.releases import ALGORITHMS, release_of
from maskseg_cli.printable import printable


@dataclass(frozen=True)
class Verification:
    """What was found out about a weights file.

    Attributes:
        lines: facts for the user: the file, its checksums, the release, how many arrays fit.
        fault: a sentence that says what is wrong and what to do; None: the file is sound.
    """

    lines: tuple[str, ...]
    fault: str | None


def verify(path: Path) -> Verification:
    """Compares every name and shape with the network, and looks for values that are not finite.

    Args:
        path: a weights file.

    Raises:
        MasksegError: the file cannot be read.
    """
    checkpoint = read_checkpoint(path)
    digests = file_digests(path, ALGORITHMS)
    release = release_of(digests)
    config = checkpoint.config
    expected = expected_shapes(config)
    comparison = compare(checkpoint.arrays, expected)
    broken = non_finite(checkpoint.arrays)

    fit = f"{comparison.matched} of {len(expected)} fit the {config.backbone} network"
    lines = (
        f"file     {printable(str(path))} ({path.stat().st_size:,} bytes)",
        *(f"{algorithm:<8} {digest}" for algorithm, digest in digests.items()),
        f"release  {'no known release' if release is None else f'{release.name}, {release.address}'}",
        f"arrays   {fit} for {config.num_classes} classes",
        f"values   {f'not finite in {len(broken)} arrays' if broken else 'all finite'}",
    )
    problems = comparison.problems()
    if broken:
        more = f" and {len(broken) - 3} more" if len(broken) > 3 else ""
        problems.append(f"values that are not finite in {', '.join(broken[:3])}{more}")
    if not problems:
        return Verification(lines, None)
    advice = "Use an earlier checkpoint." if comparison.sound else remedy(comparison)
    return Verification(lines, f"{path} is not sound: {'; '.join(problems)}. {advice}")
