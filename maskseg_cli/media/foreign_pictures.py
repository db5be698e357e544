"""Kinds of pictures that are not read: how their files begin and end, and what to do with them."""

from __future__ import annotations

import os
from typing import NamedTuple

#: What to do, as the rest of a sentence.
CONVERT = "convert it to JPEG, PNG or TIFF"
EXPORT_RAW = "export it as JPEG or TIFF in the camera maker's program, or in darktable or RawTherapee"


class PictureKind(NamedTuple):
    """A kind of picture.

    Attributes:
        noun: the word for one of them, to count them.
        suffixes: of its files, in lower case.
        magic: (place, bytes there) that such a file has.
        article: of the noun.
    """

    noun: str
    suffixes: tuple[str, ...]
    magic: tuple[tuple[int, bytes], ...] = ()
    article: str = "a"

    @property
    def words(self) -> str:
        """The noun with its article."""
        return f"{self.article} {self.noun}"


_RAW = PictureKind(
    "camera raw file",
    (
        ".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".dng", ".erf", ".iiq", ".kdc", ".mef", ".mos", ".mrw", ".nef",
        ".nrw", ".orf", ".pef", ".raf", ".rw2", ".rwl", ".sr2", ".srf", ".srw", ".x3f",
    ),
)  # fmt: skip

PICTURES = (
    PictureKind("GIF", (".gif",), ((0, b"GIF8"),)),
    PictureKind(
        "JPEG 2000 picture",
        (".jp2", ".j2k", ".j2c", ".jpc", ".jpf", ".jpx"),
        ((0, b"\0\0\0\x0cjP  "), (0, b"\xff\x4f\xff\x51")),
    ),
    PictureKind("JPEG XL picture", (".jxl",), ((0, b"\xff\x0a"), (0, b"\0\0\0\x0cJXL "))),
    PictureKind("JPEG XR picture", (".jxr", ".wdp", ".hdp"), ((0, b"II\xbc\x01"),)),
    PictureKind("OpenEXR picture", (".exr",), ((0, b"v/1\x01"),), "an"),
    PictureKind("Radiance HDR picture", (".hdr",), ((0, b"#?RADIANCE"), (0, b"#?RGBE"))),
    PictureKind("Photoshop picture", (".psd", ".psb"), ((0, b"8BPS"),)),
    PictureKind("GIMP picture", (".xcf",), ((0, b"gimp xcf"),)),
    PictureKind("SVG drawing", (".svg", ".svgz"), (), "an"),
    PictureKind("EPS drawing", (".eps",), ((0, b"%!PS"),), "an"),
    PictureKind("Windows metafile", (".wmf", ".emf"), ((0, b"\xd7\xcd\xc6\x9a"), (40, b" EMF"))),
    PictureKind("icon", (".ico", ".cur", ".icns"), ((0, b"\0\0\x01\0"), (0, b"\0\0\x02\0"), (0, b"icns")), "an"),
    PictureKind(
        "Netpbm picture",
        (".ppm", ".pgm", ".pbm", ".pnm", ".pam", ".pfm"),
        tuple((0, b"P%c%c" % (kind, space)) for kind in b"1234567Ff" for space in b"\n \r\t"),
    ),
    PictureKind("Targa picture", (".tga",)),
    PictureKind("PCX picture", (".pcx",)),
    PictureKind("DDS texture", (".dds",), ((0, b"DDS "),)),
    PictureKind("QOI picture", (".qoi",), ((0, b"qoif"),)),
    PictureKind("BPG picture", (".bpg",), ((0, b"BPG\xfb"),)),
    PictureKind("DjVu document", (".djvu", ".djv"), ((0, b"AT&TFORM"),)),
    PictureKind("DICOM picture", (".dcm", ".dicom"), ((128, b"DICM"),)),
    PictureKind("FITS picture", (".fits", ".fit", ".fts"), ((0, b"SIMPLE  ="),)),
)

_BY_SUFFIX = {suffix: kind for kind in (_RAW, *PICTURES) for suffix in kind.suffixes}

#: Raw files that begin as nothing else does; the others are TIFF files, whose first page is a small preview.
_RAW_MAGIC = (
    (0, b"FUJIFILMCCD-RAW", "RAF"), (0, b"FOVb", "X3F"), (0, b"IIRO", "ORF"), (0, b"IIRS", "ORF"), (0, b"MMOR", "ORF"),
    (0, b"IIU\0", "RW2"), (0, b"\0MRM", "MRW"), (6, b"HEAPCCDR", "CRW"), (4, b"ftypcrx ", "CR3"),
    (8, b"CR\x02\0", "CR2"),
)  # fmt: skip


def raw_kind(start: bytes, name: str) -> str | None:
    """The format of a camera's raw file, such as "NEF", or None.

    Args:
        start: its first bytes, 32 are enough.
        name: most raw files are TIFF files by their bytes, and only the suffix tells.
    """
    for at, magic, kind in _RAW_MAGIC:
        if start[at : at + len(magic)] == magic:
            return kind
    suffix = os.path.splitext(name)[1].lower()
    return suffix[1:].upper() if start[:4] in (b"II*\0", b"MM\0*") and suffix in _RAW.suffixes else None


def foreign_picture(name: str) -> PictureKind | None:
    """The kind of picture, not read, that a file is by its name.

    Example:
        >>> foreign_picture("a.NEF").noun, foreign_picture("a.jpg")
        ('camera raw file', None)
    """
    return _BY_SUFFIX.get(os.path.splitext(name)[1].lower())
