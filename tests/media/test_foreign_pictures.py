"""Pictures of kinds that are not read: counted in folders, and named with what to do."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from maskseg_cli.errors import MasksegError
from maskseg_cli.media.images import read_image
from maskseg_cli.media.input_files import find_sources
from maskseg_cli.media.readable_photos import readable_photos
from maskseg_cli.reporter import Reporter

from .pictures import QUARTERS, Image, save


class Notes(Reporter):
    def __init__(self) -> None:
        self.warned: list[str] = []

    def warn(self, sentence: str) -> None:
        self.warned.append(sentence)


def test_those_of_a_folder_are_counted_in_one_note(tmp_path: Path) -> None:
    for name in ("a.gif", "b.NEF", "c.dng", "d.svg", ".hidden.gif", "a_maskseg.gif", "notes.txt", "film.mp4"):
        (tmp_path / name).write_bytes(b"x")
    with pytest.raises(MasksegError, match=r"^4 pictures of a kind .* are passed over"):
        readable_photos(find_sources([str(tmp_path)]))
    assert readable_photos(find_sources([str(tmp_path)]), may_be_empty=True) == []
    (tmp_path / "e.png").write_bytes(save(Image.fromarray(QUARTERS), "PNG"))
    for argument in (str(tmp_path), str(tmp_path / "*")):
        notes = Notes()
        assert [source.relative.name for source in readable_photos(find_sources([argument]), notes)] == ["e.png"]
        assert notes.warned == [
            "Note: 4 pictures of a kind that maskseg does not read are passed over (2 camera raw files, 1 GIF, "
            "1 SVG drawing): convert them to JPEG, PNG or TIFF; maskseg video reads a GIF."
        ]
    named = find_sources([str(tmp_path / "b.NEF")])
    assert readable_photos(named, notes := Notes()) == named, "a file that is named is told by its own sentence"
    assert notes.warned == []


def test_only_foreign_ones_that_a_pattern_names(tmp_path: Path) -> None:
    (tmp_path / "a.jp2").write_bytes(b"x")
    with pytest.raises(
        MasksegError, match=r"^1 picture of a kind .* is passed over \(1 JPEG 2000 picture\): convert it"
    ):
        readable_photos(find_sources([str(tmp_path / "*.jp2")]))


TIFF = save(Image.fromarray(QUARTERS), "TIFF")

RAW = r"is a camera's raw file \({}\), which maskseg does not read: export it as JPEG or TIFF"
CONVERT = "is {}, which maskseg does not read: convert it to JPEG, PNG or TIFF"


NAMED = [
    ("a.nef", TIFF, RAW.format("NEF")),
    ("a.DNG", TIFF, RAW.format("DNG")),
    ("a.tif", b"II*\0\x10\0\0\0CR\x02\0" + bytes(99), RAW.format("CR2")),
    ("a.cr3", struct.pack(">I", 24) + b"ftypcrx \0\0\0\1crx isom", RAW.format("CR3")),
    ("a.raf", b"FUJIFILMCCD-RAW 0201", RAW.format("RAF")),
    ("a.rw2", b"IIU\0" + bytes(40), RAW.format("RW2")),
    ("a.jpg", b"\0\0\0\x0cjP  \r\n\x87\n", CONVERT.format("a JPEG 2000 picture")),
    ("a.jxl", b"\0\0\0\x0cJXL \r\n\x87\n", CONVERT.format("a JPEG XL picture")),
    ("a.exr", b"v/1\x01\2\0\0\0", CONVERT.format("an OpenEXR picture")),
    ("a.hdr", b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe", CONVERT.format("a Radiance HDR picture")),
    ("a.psd", b"8BPS\0\1", CONVERT.format("a Photoshop picture")),
    ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'>", CONVERT.format("an SVG drawing")),
    ("a.svg", b"<?xml version='1.0'?>\n<!-- drawn -->\n<svg>", CONVERT.format("an SVG drawing")),
    ("a.ppm", b"P6\n2 2\n255\n" + bytes(12), CONVERT.format("a Netpbm picture")),
    ("a.ico", b"\0\0\1\0\1\0", CONVERT.format("an icon")),
    ("a.dcm", bytes(128) + b"DICM", CONVERT.format("a DICOM picture")),
    ("a.gif", b"GIF89a" + bytes(9), r"is a GIF, not a photo: maskseg video .*a\.gif"),
    ("a.xml", b"<?xml version='1.0'?><annotation>", "is an XML file; maskseg reads JPEG"),
    ("a.pdf", b"%PDF-1.7", "is a PDF: export its page as PNG; maskseg reads JPEG"),
]


@pytest.mark.parametrize(
    ("name", "data", "words"), NAMED, ids=[f"{number} {name}" for number, (name, *_) in enumerate(NAMED)]
)
def test_a_file_that_is_named_gets_its_own_sentence(tmp_path: Path, name: str, data: bytes, words: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(MasksegError, match=f"{name} {words}"):
        read_image(path)


def test_a_tiff_is_still_read(tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(TIFF)
    assert read_image(tmp_path / "a.tif").shape == QUARTERS.shape
