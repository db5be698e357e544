"""Requests whose form or picture is hostile."""

from __future__ import annotations

import io
import struct
import zlib
from random import Random

from PIL import Image

from tests.cli.running import encoded
from tests.fuzz.exchange import MAX_BYTES, Exchange, form, picture, post
from tests.fuzz.mutation import mutate


def file_names(random: Random) -> Exchange:
    name = random.choice(
        (
            "../../etc/passwd",
            "/etc/passwd",
            "..\\..\\x",
            "C:\\x",
            "",
            "a" * 5000,
            "\x00.jpg",
            'a;b="c',
            "%2e%2e%2f",
            "\xff",
        )
    )
    body = form(picture(), name)
    return Exchange("file names", (post(body, "multipart/form-data; boundary=x"),), codes=(200, 400, 503))


def boundaries(random: Random) -> Exchange:
    kind = random.choice(
        (
            "multipart/form-data", "multipart/form-data; boundary=", 'multipart/form-data; boundary=""',
            "multipart/form-data; boundary=y", "multipart/form-data; boundary=" + "b" * 60_000,
            'multipart/form-data; boundary="x', "multipart/form-data; boundary=x; boundary=y",
            "multipart/form-data; boundary=\xff\x01", "multipart/form-data; boundary*=utf-8''x",
            "multipart/form-data;boundary=x;charset=utf-16", "multipart/form-data; boundary=\t",
            "multipart/form-data;;;;",
            "multipart/form-data; " + "a=b;" * 9000, "multipart/form-data; boundary*0=x; boundary*1=y",
        )
    )  # fmt: skip
    return Exchange("boundaries", (post(form(picture()), kind),), codes=(200, 400, 413, 431, 503))


def parts(random: Random) -> Exchange:
    field = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n'
    file = b'--x\r\nContent-Disposition: form-data; name="a"; filename="a"\r\n\r\nb\r\n'
    end = b"--x--\r\n"
    body = random.choice(
        (
            field * 3000 + end, file * 2000 + end, field * 3000 + form(picture()), b"--x\r\n" * 30_000 + end,
            b"--x\r\n" + b"A: b\r\n" * 25_000 + b"\r\n" + end, b"--x\r\n" + b"A" * 180_000, b"\r\n--" * 45_000,
            b"--x\r\nA: " + b"b" * 180_000 + b"\r\n\r\n" + end, b"\r" * 190_000, b"--x" + b"-" * 150_000,
            form(b"\r\n--" * 45_000),
            b'--x\r\nContent-Disposition: form-data; filename="' + b"\\" * 150_000 + b'"\r\n\r\nb\r\n' + end,
            b"--x\r\nContent-Disposition: form-data" + b"; a=b" * 30_000 + b"\r\n\r\nb\r\n" + end,
            form(form(picture(), boundary="y")), form(b""), end, b"", form(picture()) * 2,
            form(picture()) + b"tail" * 999,
            b"--x\r\nContent-Disposition: form-data; filename*=utf-8''%ff%fe\r\n\r\n" + picture() + b"\r\n" + end,
        )
    )  # fmt: skip
    return Exchange("parts", (post(body, "multipart/form-data; boundary=x"),), codes=(200, 400, 422, 503))


def bombs(random: Random) -> Exchange:
    zeros = b"\0" * 10_000_000
    huge = struct.pack("<I", 60_000)
    body = random.choice(
        (
            png(60_000, 60_000), png(2**31 - 1, 2**31 - 1), png(0, 0), png(2**31, 1), png(447, 447, zeros),
            png(1, 200_000),
            png(60_000, 3, zeros), png(447, 448, b""),
            b"BM" + b"\0" * 12 + struct.pack("<I", 40) + huge + huge + b"\1\0\x18\0" + b"\0" * 30,
            b"II*\0\x08\0\0\0" + b"\x01\x00" + struct.pack("<HHII", 256, 4, 1, 60_000) + b"\x08\0\0\0",
            b"RIFF\x24\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\xff\xff\xff\xff\xff\xff" + b"\0" * 20,
            picture()[:2] + b"\xff\xc2\0\x11\x08\xff\xff\xff\xff\x03\x01\x22\0\x02\x11\1\x03\x11\1" + b"\xff\xda" * 50,
            b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 300, b"\0\0\0\x1cftypavif" + b"\xff" * 3000,
        )
    )  # fmt: skip
    return Exchange("picture bombs", (post(body, "application/octet-stream"),), codes=(200, 400, 413, 422, 503))


def polyglots(random: Random) -> Exchange:
    stream = io.BytesIO()
    Image.new("P", (30, 20)).save(stream, "GIF")
    body = random.choice(
        (
            picture() + b"PK\x03\x04" + b"x" * 1000, picture() + b"<script>alert(1)</script>", stream.getvalue(),
            b"GIF89a/*" + b"\0" * 90 + b"*/=1;", b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>",
            b"%PDF-1.7\n" * 99,
            b"<html><script>1</script>" + picture(), b"#!/bin/sh\nrm -rf /\n" + picture(), b"PK\x03\x04" + picture(),
            picture()[:20] + b"\xff\xfe\xff\xff" + b"<?php system('x');" * 20 + picture()[20:],
            b"\x7fELF" + b"\0" * 3000,
            encoded("PNG") + encoded("PNG"), b"\xff\xd8" * 9000,
            b"\xff\xd8\xff\xe1\xff\xffExif\0\0II*\0" + b"\xff" * 66_000,
        )
    )  # fmt: skip
    return Exchange("polyglots", (post(body, "image/jpeg"),), codes=(200, 400, 413, 422, 503))


def damaged(random: Random) -> Exchange:
    pool = [picture(), encoded("PNG"), encoded("WEBP"), encoded("TIFF"), encoded("BMP")]
    body = mutate(random, random.choice(pool), pool)[:MAX_BYTES]
    return Exchange("damaged pictures", (post(body, "application/octet-stream"),), codes=(200, 400, 413, 422, 503))


def png(width: int, height: int, pixels: bytes = b"") -> bytes:
    """A gray PNG whose header says any size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(pixels)) + chunk(b"IEND", b"")
