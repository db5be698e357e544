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
    sieve = PhotoSieve()
    kept = sieve.keep(sources)
    sieve.report(reporter, empty=not kept and not may_be_empty)
    return kept


class PhotoSieve:
    """Leaves out photos that cannot be read, of one folder after the other, and counts them."""

    def __init__(self) -> None:
        self._foreign: Counter[str] = Counter()
        self._packed = 0

    def keep(self, sources: Sequence[Source]) -> list[Source]:
        """The photos that can be read here."""
        kept = []
        for source in sources:
            name = "" if source.alone or source.path is None else source.path.name
            kind = foreign_picture(name)
            if kind is not None:
                self._foreign[kind.noun] += 1
            elif _lacks_package(source):
                self._packed += 1
            else:
                kept.append(source)
        return kept

    def report(self, reporter: Reporter | None, empty: bool) -> None:
        """Says how many were left out.

        Args:
            empty: none was kept, which is an error.

        Raises:
            MasksegError: all photos were left out.
        """
        sentences = [_about_foreign(self._foreign)] if self._foreign else []
        if self._packed:
            sentences.append(
                f"{counted(self._packed, 'HEIC or AVIF photo')} cannot be read without the package pillow-heif: "
                f"{REMEDY}."
            )
        if sentences and empty:
            raise MasksegError("\n".join(sentences))
        if reporter is not None:
            for sentence in sentences:
                reporter.warn(f"Note: {sentence}")


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
