"""Damage to inputs: bits, bytes, ranges, splices, tokens, and numbers at their limits."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from random import Random

#: Inputs do not grow beyond this, so that what takes long does so because of the reader.
MOST_BYTES = 1 << 20

#: Pieces that text readers trip over.
TOKENS: tuple[bytes, ...] = (
    b"\0",
    b"\n",
    b'"',
    b"'",
    b"\\",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\xc3",
    b"\xed\xa0\x80",
    b"\x1b[31m",
    b"%s%n",
    b"../../x",
    b"null",
    b"true",
    b"[]",
    b"{}",
    b"{",
    b"[",
    b"[" * 3000,
    b'{"a":' * 3000,
    b"(" * 3000,
    b"NaN",
    b"Infinity",
    b"-0.0",
    b"1e400",
)

#: Numbers at and beyond the limits of what holds them.
NUMBERS: tuple[bytes, ...] = (
    b"0",
    b"-1",
    b"1",
    b"255",
    b"256",
    b"65536",
    b"2147483647",
    b"2147483648",
    b"-2147483649",
    b"4294967296",
    b"9223372036854775808",
    b"1e8",
    b"1e308",
    b"1e-320",
    b"0.5",
    b"9" * 400,
    b"9" * 5000,
    "\u00b2".encode(),
)

_INTEGERS = (0, 1, 2, 4, 7, 8, 16, 127, 128, 255, 256, 32767, 65535, 1 << 31, (1 << 32) - 1, 1 << 62, (1 << 64) - 1)


def mutate(random: Random, data: bytes, pool: Sequence[bytes], tokens: Sequence[bytes] = ()) -> bytes:
    """A damaged copy of an input: one to six changes.

    Args:
        random: decides everything; equal states give equal results.
        data: the input.
        pool: other inputs, of which pieces are taken.
        tokens: pieces that mean something to the reader, besides those of `TOKENS`.
    """
    changed = bytearray(data)
    for _ in range(random.choice((1, 1, 1, 2, 3, 6))):
        random.choice(_CHANGES)(random, changed, pool, tokens)
    return bytes(changed[:MOST_BYTES])


def change_text(random: Random, text: bytes, tokens: Sequence[bytes] = ()) -> bytes:
    """A copy of a text (JSON, TOML) with one to three numbers, words or pieces changed, mostly still well-formed."""
    changed = bytearray(text)
    for _ in range(random.choice((1, 1, 2, 3))):
        random.choice((_number, _number, _word, _put_token, _delete))(random, changed, (), tokens)
    return bytes(changed[:MOST_BYTES])


def _range(random: Random, data: bytearray, most: int = 64) -> slice:
    start = random.randrange(len(data) + 1)
    longest = most if random.random() < 0.9 else len(data)
    return slice(start, start + random.randint(1, max(1, longest)))


def _flip_bit(random: Random, data: bytearray, pool: Sequence[bytes], tokens: Sequence[bytes]) -> None:
    if data:
        data[random.randrange(len(data))] ^= 1 << random.randrange(8)


def _set_byte(random: Random, data: bytearray, pool: Sequence[bytes], tokens: Sequence[bytes]) -> None:
    if data:
        data[random.randrange(len(data))] = random.choice((0, 1, 0x7F, 0x80, 0xFF, random.randrange(256)))


def _set_integer(random: Random, data: bytearray, pool: Sequence[bytes], tokens: Sequence[bytes]) -> None:
    width = random.choice((1, 2, 4, 8))
    number = random.choice((*_INTEGERS, len(data), len(data) - 1, random.randrange(1 << 16)))
    start = random.randrange(max(1, len(data) - width))
    data[start : start + width] = (number % (1 << 8 * width)).to_bytes(width, random.choice(("little", "big")))


def _add_to_integer(random: Random, data: bytearray, pool: Sequence[bytes], tokens: Sequence[bytes]) -> None:
    width = random.choice((1, 2, 4))
    order: str = random.choice(("little", "big"))
    start = random.randrange(max(1, len(data) - width))
    number = int.from_bytes(data[start : start + width], order) + random.choice((-8, -2, -1, 1, 2, 8))  # type: ignore[arg-type]
    data[start : start + width] = (number % (1 << 8 * width)).to_bytes(width, order)  # type: ignore[arg-type]


def _zero(random: Random, data: bytearray, pool: Sequence[bytes], tokens: Sequence[bytes]) -> None:
    where = _range(random, data)
    data[where] = bytes(len(data[where]))


def _delete(random: Random, data: bytearray, pool: Sequence[bytes], tokens: Sequence[bytes]) -> None:
    del data[_range(random, data)]


def _repeat(random: Random, data: bytearray, pool: Sequence[bytes], tokens: Sequence[bytes]) -> None:
    where = _range(random, data)
    piece = bytes(data[where])[:4096]
    data[where.start : where.start] = piece * random.choice((1, 2, 16, 256))


def _truncate(random: Random, data: bytearray, pool: Sequence[bytes], tokens: Sequence[bytes]) -> None:
    del data[random.randrange(len(data) + 1) :]


def _noise(random: Random, data: bytearray, pool: Sequence[bytes], tokens: Sequence[bytes]) -> None:
    where = _range(random, data, 16)
    data[where] = random.randbytes(random.randint(1, 16))


def _splice(random: Random, data: bytearray, pool: Sequence[bytes], tokens: Sequence[bytes]) -> None:
    if pool:
        other = bytearray(random.choice(pool))
        data[_range(random, data)] = other[_range(random, other, 512)]


def _put_token(random: Random, data: bytearray, pool: Sequence[bytes], tokens: Sequence[bytes]) -> None:
    token = random.choice(tokens if tokens and random.random() < 0.6 else TOKENS)
    where = _range(random, data, len(token))
    data[where if random.random() < 0.5 else slice(where.start, where.start)] = token


def _replace_match(random: Random, data: bytearray, pattern: bytes, pieces: Sequence[bytes]) -> None:
    # Searched from a random place on, so that a long input is not gone through each time.
    start = random.randrange(len(data) + 1)
    found = re.compile(pattern).search(data, start) or re.compile(pattern).search(data)
    if found:
        data[found.start() : found.end()] = random.choice(pieces)


def _number(random: Random, data: bytearray, pool: Sequence[bytes], tokens: Sequence[bytes]) -> None:
    _replace_match(random, data, rb"-?\d+(\.\d+)?", NUMBERS)


def _word(random: Random, data: bytearray, pool: Sequence[bytes], tokens: Sequence[bytes]) -> None:
    values = (b"null", b"true", b"5", b"[1]", b"{}", b'""', b'"x"', b"-1", b"[[[]]]", b'{"a": 1}', b"1e400")
    _replace_match(random, data, rb'"[^"]*"|\btrue\b|\bfalse\b|\bnull\b|\[[^][]*\]|\{[^{}]*\}', (*values, *tokens))


_CHANGES: tuple[Callable[[Random, bytearray, Sequence[bytes], Sequence[bytes]], None], ...] = (
    _flip_bit,
    _flip_bit,
    _set_byte,
    _set_integer,
    _add_to_integer,
    _zero,
    _delete,
    _repeat,
    _truncate,
    _noise,
    _splice,
    _put_token,
    _number,
    _word,
)
