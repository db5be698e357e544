"""Leaves out the photos of folders that cannot be read, HEIC and AVIF or foreign kinds, and says how many there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from maskseg_cli.errors import MasksegError
from maskseg_cli.job import Source
from maskseg_cli.media.foreign_pictures import foreign_picture
from maskseg_cli.media.heif import REMEDY, can_read
from maskseg_cli.media.picture_formats import HEIF_FORMAT_OF
from maskseg_cli.messages import counted
from maskseg_cli.reporter import Reporter


def readable_photos(
    sources: Sequence[Source], reporter: Reporter | None = None, may_be_empty: bool = False
) -> list[Source]:
    """The photos that can be read here.

    Args:
        sources: what `find_sources` found.
        reporter: told how many of folders and patterns are passed over: HEIC and AVIF photos without the package for
            them, and pictures of kinds that are not read.
        may_be_empty: it is no error if none is left.

    Raises:
        MasksegError: all photos would be passed over.
    """
    kept = []
    foreign: Counter[str] = Counter()
    packed = 0
    for source in sources:
        name = "" if source.alone or source.path is None else source.path.name
        kind = foreign_picture(name)
        if kind is not None:
            foreign[kind.noun] += 1
        elif _lacks_package(source):
            packed += 1
        else:
            kept.append(source)
    sentences = [_about_foreign(foreign)] if foreign else []
    if packed:
        sentences.append(
            f"{counted(packed, 'HEIC or AVIF photo')} cannot be read without the package pillow-heif: {REMEDY}."
        )
    if sentences and not kept and not may_be_empty:
        raise MasksegError("\n".join(sentences))
    if reporter is not None:
        for sentence in sentences:
            reporter.warn(f"Note: {sentence}")
    return kept


def _about_foreign(kinds: Counter[str]) -> str:
    """How many pictures are of kinds that are not read, and what to do."""
    number = sum(kinds.values())
    each = ", ".join(counted(count, noun) for noun, count in kinds.most_common())
    is_, it = ("is", "it") if number == 1 else ("are", "them")
    video = "; maskseg video reads a GIF" if "GIF" in kinds else ""
    return (
        f"{counted(number, 'picture')} of a kind that maskseg does not read {is_} passed over ({each}): convert {it} "
        f"to JPEG, PNG or TIFF{video}."
    )


def _lacks_package(source: Source) -> bool:
    if source.alone or source.path is None:
        return False
    kind = HEIF_FORMAT_OF.get(source.path.suffix.lower())
    return kind is not None and not can_read(kind)
