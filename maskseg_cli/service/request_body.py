"""Reads the picture of a request, from a raw body or a form, in memory only."""

from __future__ import annotations

import logging

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from maskseg_cli.serve.http_error import HttpError, read_body

#: Types of bodies that are the picture itself, besides image/*.
_RAW = ("", "application/octet-stream")

#: Fields of a form, at most: each costs as much time as thousands of bytes of a file.
_MAX_FIELDS = 100

logging.getLogger("python_multipart").setLevel(logging.ERROR)  # it warns of each broken form


async def read_picture(request: Request, max_bytes: int, timeout: float) -> bytes:
    """The bytes of the picture.

    Raises:
        HttpError: 400 no picture, 408 it took too long, 413 too many bytes, 415 another type of body.
    """
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    name = kind.decode("latin-1").lower()
    is_form = name == "multipart/form-data"
    if not (is_form or name in _RAW or name.startswith("image/")):
        raise HttpError(415, "The body is a picture (Content-Type: image/jpeg, for example) or multipart/form-data.")
    data = await read_body(request, max_bytes, timeout)
    if is_form:
        data = _file_of(data, options.get(b"boundary", b""))
    if not data:
        raise HttpError(400, "The request holds no picture.")
    return data


def _file_of(body: bytes, boundary: bytes) -> bytes:
    """The content of the one file in a form.

    Raises:
        HttpError: 400, the form is broken, or holds no file or several.
    """
    files: list[bytearray] = []
    fields = 0
    header = {"name": b"", "value": b""}
    disposition = {"is_file": False}

    def field(data: bytes, start: int, end: int) -> None:
        header["name"] += data[start:end]

    def value(data: bytes, start: int, end: int) -> None:
        header["value"] += data[start:end]

    def header_end() -> None:
        if header["name"].lower() == b"content-disposition":
            disposition["is_file"] = b"filename" in parse_options_header(header["value"])[1]
        header.update(name=b"", value=b"")

    def headers_finished() -> None:
        if disposition["is_file"]:
            files.append(bytearray())

    def part_data(data: bytes, start: int, end: int) -> None:
        if disposition["is_file"]:
            files[-1] += data[start:end]

    def part_begin() -> None:
        nonlocal fields
        fields += 1
        if fields > _MAX_FIELDS:
            raise HttpError(400, f"A form has at most {_MAX_FIELDS} fields.")
        disposition["is_file"] = False

    ended: list[bool] = []
    broken = HttpError(400, "The form (multipart/form-data) is broken or cut off.")
    if not boundary:
        raise broken
    try:
        parser = MultipartParser(
            boundary,
            {
                "on_part_begin": part_begin,
                "on_part_data": part_data,
                "on_header_field": field,
                "on_header_value": value,
                "on_header_end": header_end,
                "on_headers_finished": headers_finished,
                "on_end": lambda: ended.append(True),
            },
        )
        parser.write(body)
        parser.finalize()
    except (MultipartParseError, ValueError) as error:
        raise broken from error
    if not ended:
        raise broken
    if len(files) != 1:
        raise HttpError(400, "A form holds one picture, as a file: curl -F image=@photo.jpg, for example.")
    return bytes(files[0])
