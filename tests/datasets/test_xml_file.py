"""XML of strangers: read within bounds, entities refused, one sentence for whatever is wrong."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import numpy as np
import pytest

from maskseg_cli.datasets import xml_file
from maskseg_cli.datasets.xml_file import parse_xml, read_xml
from maskseg_cli.errors import MasksegError

LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE z [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    + "]><z>&i;</z>"
)


def test_the_elements_of_a_file_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_bytes('\ufeff<a n="1"><b>Ä &amp; ö</b></a>'.encode())
    root = read_xml(path)
    assert (root.tag, root.get("n"), root.findtext("b")) == ("a", "1", "Ä & ö")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "latin-1", "cp1252"])
def test_other_encodings_are_read(encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?><a>Ä</a>'
    assert parse_xml(text.encode(encoding), "a.xml").text == "Ä"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be"])
def test_entities_are_refused_in_any_encoding(encoding: str) -> None:
    with pytest.raises(MasksegError, match="document type declaration"):
        parse_xml(LAUGHS.encode(encoding), "a.xml")


def test_a_document_type_that_only_the_parser_sees_is_refused() -> None:
    """The rest of the file is in EBCDIC, in which `<!DOCTYPE` has other bytes."""
    head = '<?xml version="1.0" encoding="cp037"?>'
    with pytest.raises(MasksegError):
        parse_xml(head.encode("cp037") + "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>".encode("cp037"), "a.xml")
    with pytest.raises(xml_file._DocumentTypeError):
        xml_file._Builder().doctype("a", None, None)


def test_no_other_file_is_opened(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    text = f'<!DOCTYPE a [<!ENTITY b SYSTEM "{(tmp_path / "secret").as_uri()}">]><a>&b;</a>'
    with pytest.raises(MasksegError, match="document type"):
        parse_xml(text.encode(), "a.xml")
    with pytest.raises(MasksegError, match="undefined entity"):
        parse_xml(b"<a>&b;</a>", "a.xml")


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "is empty"),
        (b"<a><b></a>", "mismatched tag: line 1"),
        (b"<a>" * 3, "no element found"),
        (b"PK\x03\x04rest", "is a ZIP archive"),
        (b'<?xml version="1.0" encoding="nonsense"?><a/>', "unknown encoding"),
        (b'<?xml version="1.0" encoding="utf-7"?><a/>', "no well-formed XML"),
        (b"\x00\x01\x02", "no well-formed XML"),
    ],
)
def test_broken_files_give_one_sentence(data: bytes, sentence: str) -> None:
    with pytest.raises(MasksegError, match=sentence) as caught:
        parse_xml(data, "a.xml")
    assert str(caught.value).startswith("a.xml ")
    assert "\n" not in str(caught.value)


def test_sizes_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.xml"
    path.write_bytes(b"<a>" + b"x" * 100 + b"</a>")
    with pytest.raises(MasksegError, match="is larger than"):
        read_xml(path, most_bytes=50)
    monkeypatch.setattr(xml_file, "MOST_TAGS", 3)
    with pytest.raises(MasksegError, match="tags, the most that is read"):
        parse_xml(b"<a><b/><b/></a>", "a.xml")


def test_a_deep_tree_is_read_and_released() -> None:
    depth = 100_000
    root = parse_xml(b"<a>" * depth + b"</a>" * depth, "a.xml")
    assert sum(1 for _ in root.iter()) == depth


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    for path, sentence in ((tmp_path, "is not a file"), (tmp_path / "b", "There is no file")):
        with pytest.raises(MasksegError, match=sentence):
            read_xml(path)
    with pytest.raises(MasksegError, match="cannot be read"):
        read_xml(Path("a\0b"))
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(MasksegError, match="is not a file"):
            read_xml(tmp_path / "pipe")


def test_changed_bytes_never_crash_the_reader() -> None:
    data = b'<?xml version="1.0" encoding="utf-8"?>\n<annotation><object><name>a</name></object></annotation>'
    rng = np.random.default_rng(0)
    for _ in range(500):
        changed = bytearray(data)
        for place in rng.integers(len(data), size=rng.integers(1, 5)):
            changed[place] = rng.integers(256)
        with contextlib.suppress(MasksegError):
            parse_xml(bytes(changed), "a.xml")
