"""Reads a pickle opcode by opcode. Opcodes are those of protocols 0 to 5, as Python's module pickletools has them."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import IO, Any

from maskseg_cli.checkpoints.pytorch.pickle_file import PickleFile
from maskseg_cli.checkpoints.pytorch.pickle_machine import PickleMachine
from maskseg_cli.checkpoints.pytorch.records import DamagedError, RefusedError

#: A checkpoint with the state of its optimizer has some 50,000; this many take some seconds.
MOST_OPCODES = 1_000_000

_STOP = b"."
_Opcode = Callable[[PickleMachine, PickleFile], None]


def load_pickle(stream: IO[bytes], reopen: Callable[[], IO[bytes]], outside: Callable[[Any], Any]) -> Any:
    """The value that a pickle describes, with `records` in place of tensors and of objects of other classes.

    Args:
        stream: where the pickle begins; it can be sought in. Afterwards it is behind the pickle's end.
        reopen: opens the same bytes again, from their beginning, for values that stay in the file.
        outside: makes a value of what the pickle says of one that lies outside of it (a storage).

    Raises:
        RefusedError: it names what weights do not need, or is very long.
        DamagedError: it is no sound pickle, or ends early.
    """
    file = PickleFile(stream, reopen)
    machine = PickleMachine(file, outside)
    for _ in range(MOST_OPCODES):
        code = stream.read(1)
        if code == _STOP:
            return machine.result()
        opcode = _OPCODES.get(code)
        if opcode is None:
            raise DamagedError(f"a pickle with the unknown opcode {code.hex()}" if code else "a pickle ends early")
        opcode(machine, file)
    raise RefusedError(f"is not read: its pickle has more than {MOST_OPCODES:,} steps, and weights need few.")


def _only(method: Callable[[PickleMachine], None]) -> _Opcode:
    """An opcode without an argument."""
    return lambda machine, file: method(machine)


def _number(method: Callable[[PickleMachine, Any], None], form: str) -> _Opcode:
    """An opcode with a number behind it, as the module struct describes it."""
    unpack, size = struct.Struct(form).unpack, struct.calcsize(form)
    return lambda machine, file: method(machine, unpack(file.read(size))[0])


def _line(method: Callable[[PickleMachine, str], None]) -> _Opcode:
    """An opcode with a line behind it."""
    return lambda machine, file: method(machine, file.line())


def _lines(method: Callable[[PickleMachine, str, str], None]) -> _Opcode:
    """An opcode with two lines behind it."""
    return lambda machine, file: method(machine, file.line(), file.line())


def _index(method: Callable[[PickleMachine, int], None]) -> _Opcode:
    """An opcode with a line of digits behind it."""

    def opcode(machine: PickleMachine, file: PickleFile) -> None:
        line = file.line()
        if not (line.isascii() and line.isdigit() and len(line) < 10):
            raise DamagedError("a pickle uses a value that it does not have")
        method(machine, int(line))

    return opcode


def _value(value: Any) -> _Opcode:
    return lambda machine, file: machine.push(value)


def _refused(what: str) -> _Opcode:
    def opcode(machine: PickleMachine, file: PickleFile) -> None:
        raise RefusedError(f"is not read: its pickle needs {what}, which weights do not need.")

    return opcode


_M = PickleMachine
_OPCODES: dict[bytes, _Opcode] = {
    b"\x80": _number(lambda machine, version: None, "<B"),
    b"\x95": _number(lambda machine, length: None, "<Q"),  # a frame: a hint for reading ahead
    b"(": _only(_M.mark),
    b"0": _only(_M.pop),
    b"1": _only(_M.pop_mark),
    b"2": _only(_M.repeat),
    b"N": _value(None),
    b"\x88": _value(True),
    b"\x89": _value(False),
    b"J": _number(_M.push, "<i"),
    b"K": _number(_M.push, "<B"),
    b"M": _number(_M.push, "<H"),
    b"G": _number(_M.push, ">d"),
    b"I": _line(_M.digits),
    b"L": _line(_M.digits),
    b"F": _line(_M.fraction),
    b"\x8a": _number(_M.long_number, "<B"),
    b"\x8b": _number(_M.long_number, "<i"),
    b"S": _line(_M.quoted_text),
    b"V": _line(_M.escaped_text),
    b"T": _number(_M.old_text, "<i"),
    b"U": _number(_M.old_text, "<B"),
    b"X": _number(_M.text, "<I"),
    b"\x8c": _number(_M.text, "<B"),
    b"\x8d": _number(_M.text, "<Q"),
    b"B": _number(_M.data, "<I"),
    b"C": _number(_M.data, "<B"),
    b"\x8e": _number(_M.data, "<Q"),
    b"\x96": _number(_M.data, "<Q"),
    b"]": lambda machine, file: machine.push([]),
    b"\x8f": lambda machine, file: machine.push([]),  # a set
    b"}": lambda machine, file: machine.push({}),
    b")": _value(()),
    b"l": _only(_M.marked_list),
    b"\x91": _only(_M.marked_list),  # a frozenset
    b"t": _only(_M.marked_tuple),
    b"d": _only(_M.marked_dict),
    b"\x85": lambda machine, file: machine.push((machine.take(),)),
    b"\x86": lambda machine, file: machine.tuple_of(2),
    b"\x87": lambda machine, file: machine.tuple_of(3),
    b"a": _only(_M.append),
    b"e": _only(_M.extend),
    b"\x90": _only(_M.extend),
    b"s": _only(_M.set_item),
    b"u": _only(_M.set_items),
    b"p": _index(_M.put),
    b"q": _number(_M.put, "<B"),
    b"r": _number(_M.put, "<I"),
    b"\x94": _only(_M.memoize),
    b"g": _index(_M.get),
    b"h": _number(_M.get, "<B"),
    b"j": _number(_M.get, "<I"),
    b"c": _lines(_M.name),
    b"\x93": _only(_M.name_of_texts),
    b"R": _only(_M.reduce),
    b"\x81": _only(_M.reduce),
    b"\x92": _only(_M.reduce_with_keywords),
    b"i": _lines(_M.instance),
    b"o": _only(_M.object),
    b"b": _only(_M.build),
    b"Q": _only(_M.outside),
    b"P": _refused("a value that is named by a number"),
    b"\x82": _refused("a registered extension"),
    b"\x83": _refused("a registered extension"),
    b"\x84": _refused("a registered extension"),
    b"\x97": _refused("a buffer of another file"),
    b"\x98": _refused("a buffer of another file"),
}
