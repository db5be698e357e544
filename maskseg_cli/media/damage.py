"""What the messages of picture decoders say about the picture."""

from __future__ import annotations

import re

#: A part of the picture is missing or wrong.
_DAMAGE = re.compile(
    r"premature end of data segment|Premature end of JPEG file|bad Huffman code|bad arithmetic code|"
    r"found marker 0x\w+ instead of RST\d|\d+ extraneous bytes before marker 0xd[0-7]|libpng error: [^\n]*|"
    r"TIFF_Error [^\n]*"
)
_EXTRA = re.compile(r"(\d+) extraneous bytes before marker")

#: Bytes behind a JPEG's data that many cameras write, and that mean nothing; the share of a file that is too much.
_USUAL_EXTRA, _EXTRA_SHARE = 16, 0.1


def damage(messages: str, size: int) -> str | None:
    """The damage that decoders report, in their words; None if there is none.

    Args:
        size: of the encoded picture in bytes.

    Example:
        >>> damage("Corrupt JPEG data: premature end of data segment", 20000)
        'premature end of data segment'
    """
    found = _DAMAGE.search(messages)
    if found is not None:
        return re.sub(r"^(libpng error:|TIFF_Error) ", "", found.group())
    extra = _extra(messages)
    return f"{extra} bytes of it are left over" if extra > max(_USUAL_EXTRA, _EXTRA_SHARE * size) else None


def suspicion(messages: str) -> str | None:
    """What decoders report that may be damage, or a peculiarity of a camera, as a part of a sentence."""
    extra = _extra(messages)
    return f"{extra} bytes of its data belong to no part of the picture" if extra > _USUAL_EXTRA else None


def _extra(messages: str) -> int:
    return max((int(number) for number in _EXTRA.findall(messages)), default=0)
