"""Leaves out HEIC and AVIF photos where the package that reads them is not installed, and says so."""

from __future__ import annotations

from collections.abc import Sequence

from maskseg_cli.errors import MasksegError
from maskseg_cli.job import Source
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
        reporter: told how many HEIC and AVIF photos of folders and patterns are passed over.
        may_be_empty: it is no error if none is left.

    Raises:
        MasksegError: all photos would be passed over.
    """
    kept = [source for source in sources if source.alone or _is_readable(source)]
    number = len(sources) - len(kept)
    if number:
        sentence = f"{counted(number, 'HEIC or AVIF photo')} cannot be read without the package pillow-heif: {REMEDY}."
        if not kept and not may_be_empty:
            raise MasksegError(sentence)
        if reporter is not None:
            reporter.warn(f"Note: {sentence}")
    return kept


def _is_readable(source: Source) -> bool:
    kind = None if source.path is None else HEIF_FORMAT_OF.get(source.path.suffix.lower())
    return kind is None or can_read(kind)
