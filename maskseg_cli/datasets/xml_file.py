"""Reading XML files of strangers: bounded in size, without document types and entities."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from maskseg_cli.datasets.foreign_formats import explain_bytes
from maskseg_cli.errors import MasksegError

#: Larger files are refused.
MOST_BYTES = 2**27

#: Opening and closing tags, above which a file is refused: a parsed element takes up to some hundred bytes of memory.
MOST_TAGS = 4_000_000


def read_xml(path: Path, most_bytes: int = MOST_BYTES) -> ElementTree.Element:
    """The root element of an XML file.

    A document type declaration is refused: entities could make gigabytes of a small file, or name other files.
    Nothing outside the file is ever opened.

    Args:
        most_bytes: larger files are refused.

    Raises:
        MasksegError: it cannot be read, is too large, has a document type declaration, or is no well-formed XML.
    """
    try:
        if path.exists() and not path.is_file():
            raise MasksegError(f"{path} is not a file.")
        with path.open("rb") as file:
            data = file.read(most_bytes + 1)
    except FileNotFoundError:
        raise MasksegError(f"There is no file {path}.") from None
    except (OSError, ValueError) as error:  # ValueError: a name with a zero byte
        raise MasksegError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}.") from None
    return parse_xml(data, path, most_bytes)


def parse_xml(data: bytes, path: str | Path, most_bytes: int = MOST_BYTES) -> ElementTree.Element:
    """The root element of XML that has been read; `path` is for messages.

    Raises:
        MasksegError: as `read_xml`.
    """
    if len(data) > most_bytes:
        raise MasksegError(f"{path} is larger than {most_bytes / 1e6:.0f} MB, the most that is read of an XML file.")
    if data.count(b"<") > MOST_TAGS:
        raise MasksegError(f"{path} has more than {MOST_TAGS / 1e6:.0f} million tags, the most that is read.")
    # Without zero bytes UTF-16 looks like ASCII. The parser would expand entities until the end of what it was given,
    # also after `_Builder.doctype` has raised: so most files with a document type do not reach it.
    if b"<!DOCTYPE" in data.replace(b"\0", b""):
        raise _with_document_type(path)
    try:
        parser = ElementTree.XMLParser(target=_Builder())
        parser.feed(data)
        root = parser.close()
    except _DocumentTypeError:
        raise _with_document_type(path) from None
    except (ElementTree.ParseError, LookupError, ValueError) as error:  # the last two: an unknown encoding
        known = "" if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") else explain_bytes(data)
        what = known or ("is empty" if not data.strip() else f"is no well-formed XML ({error})")
        raise MasksegError(f"{path} {what}.") from None
    assert isinstance(root, ElementTree.Element)
    return root


class _DocumentTypeError(Exception):
    """The file has a document type declaration."""


class _Builder(ElementTree.TreeBuilder):
    """Builds the tree, and refuses a document type in whatever encoding."""

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        raise _DocumentTypeError


def _with_document_type(path: str | Path) -> MasksegError:
    return MasksegError(
        f"{path} has a document type declaration (<!DOCTYPE>), which annotations do not need and which may do harm: "
        "remove it."
    )
