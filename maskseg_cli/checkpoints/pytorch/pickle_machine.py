"""`PickleMachine`: the stack of a pickle, and what its opcodes do with it. It executes nothing.

Python's own unpickler imports and calls what a file names, and a restricted one still makes objects of whatever size a
file declares. Here names stay texts, `rebuild.py` says what they make, and long bytes stay in the file.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from maskseg_cli.checkpoints.pytorch.pickle_file import PickleFile
from maskseg_cli.checkpoints.pytorch.pickle_names import GETATTR, known_name, refusal
from maskseg_cli.checkpoints.pytorch.rebuild import call, set_item, set_state
from maskseg_cli.checkpoints.pytorch.records import DamagedError, Name, Payload, RefusedError

_MOST_DIGITS = 256

#: What a call may copy: each list or text that is written once, and so many items or characters more.
_COPIED = (list, tuple, dict, str, bytes)
_SPARE = 1 << 16


class PickleMachine:
    """What a pickle has made so far.

    Args:
        file: its bytes.
        outside: makes a value of what the pickle says of one that lies outside of it (a storage).

    Raises:
        RefusedError: it names what weights do not need; so in all methods.
        DamagedError: it is no sound pickle; so in all methods.
    """

    def __init__(self, file: PickleFile, outside: Callable[[Any], Any]) -> None:
        self._file, self._outside = file, outside
        self._stack: list[Any] = []
        self._marks: list[int] = []
        self._memo: dict[int, Any] = {}
        self._unused_getattr = False
        self._copied = 0

    def result(self) -> Any:
        """The value, at the end of the pickle."""
        if self._unused_getattr:
            raise RefusedError(refusal(GETATTR))
        return self.take()

    # ------------------------------------------------------------------ the stack

    def push(self, value: Any) -> None:
        """Puts a value on the stack."""
        self._stack.append(value)

    def take(self) -> Any:
        """Takes the last value off the stack."""
        if len(self._stack) <= (self._marks[-1] if self._marks else 0):
            raise DamagedError("a pickle takes more values than it has")
        return self._stack.pop()

    def _last(self) -> Any:
        value = self.take()
        self._stack.append(value)
        return value

    def _take_many(self, count: int) -> tuple[Any, ...]:
        return tuple([self.take() for _ in range(count)][::-1])

    def _take_to_mark(self) -> list[Any]:
        if not self._marks:
            raise DamagedError("a pickle ends a list that it did not begin")
        start = self._marks.pop()
        values = self._stack[start:]
        del self._stack[start:]
        return values

    def mark(self) -> None:
        """Notes where a list of values begins."""
        self._marks.append(len(self._stack))

    def pop(self) -> None:
        """Takes off the last value, or the last mark where that is later."""
        if self._marks and self._marks[-1] == len(self._stack):
            self._marks.pop()
        else:
            self.take()

    def pop_mark(self) -> None:
        """Takes off everything down to the mark."""
        self._take_to_mark()

    def repeat(self) -> None:
        """Repeats the last value."""
        self.push(self._last())

    def memoize(self) -> None:
        """Keeps the last value for later, under the next index."""
        self._memo[len(self._memo)] = self._last()

    def put(self, index: int) -> None:
        """Keeps the last value for later."""
        self._memo[index] = self._last()

    def get(self, index: int) -> None:
        """Repeats a value that was kept."""
        if index not in self._memo:
            raise DamagedError("a pickle uses a value that it does not have")
        self.push(self._memo[index])

    # ------------------------------------------------------------------ plain values

    def text(self, size: int) -> None:
        """A text of so many bytes."""
        data = self._file.data(size, is_text=True)
        self.push(data if isinstance(data, Payload) else data.decode("utf-8", "surrogatepass"))

    def data(self, size: int) -> None:
        """So many bytes."""
        self.push(self._file.data(size))

    def old_text(self, size: int) -> None:
        """A string of Python 2: a text or bytes."""
        data = self._file.data(size)
        self.push(data if isinstance(data, Payload) else data.decode("latin-1"))

    def quoted_text(self, line: str) -> None:
        """A string of Python 2 in quotes."""
        if len(line) < 2 or line[0] not in "'\"" or line[-1] != line[0]:
            raise DamagedError("a text of a pickle has no quotes")
        self.push(line[1:-1].encode("latin-1").decode("unicode_escape"))

    def escaped_text(self, line: str) -> None:
        """A text on a line, with escapes."""
        self.push(line.encode("latin-1").decode("raw_unicode_escape"))

    def long_number(self, size: int) -> None:
        """A whole number of so many bytes."""
        if not 0 <= size <= _MOST_DIGITS:
            raise DamagedError(f"a number of {size:,} bytes")
        self.push(int.from_bytes(self._file.read(size), "little", signed=True))

    def digits(self, line: str) -> None:
        """A whole number in digits; 00 and 01 are truth values."""
        if len(line) > _MOST_DIGITS:
            raise DamagedError("a number of very many digits")
        self.push({"00": False, "01": True}[line] if line in ("00", "01") else int(line.removesuffix("L")))

    def fraction(self, line: str) -> None:
        """A number with a fraction in digits."""
        self.push(float(line))

    # ------------------------------------------------------------------ containers

    def tuple_of(self, count: int) -> None:
        """Puts the last values into a tuple."""
        values = [self.take() for _ in range(count)]
        self.push(tuple(values[::-1]))

    def marked_tuple(self) -> None:
        """Makes a tuple of the values behind the mark."""
        self.push(tuple(self._take_to_mark()))

    def marked_list(self) -> None:
        """Makes a list of the values behind the mark; frozensets are lists too."""
        self.push(self._take_to_mark())

    def marked_dict(self) -> None:
        """Makes a dict of the keys and values behind the mark."""
        values = self._take_to_mark()
        self.push({})
        self._set_items(values)

    def append(self) -> None:
        """Adds the last value to a list."""
        self._extend([self.take()])

    def extend(self) -> None:
        """Adds the values behind the mark to a list, or to a set, which is a list here."""
        self._extend(self._take_to_mark())

    def _extend(self, values: list[Any]) -> None:
        target = self._last()
        if isinstance(target, list):
            target.extend(values)
        else:
            set_state(target, None)  # DamagedError, except for an object that is left out

    def set_item(self) -> None:
        """Adds the last two values to a dict."""
        self._set_items(list(self._take_many(2)))

    def set_items(self) -> None:
        """Adds the values behind the mark to a dict."""
        self._set_items(self._take_to_mark())

    def _set_items(self, values: list[Any]) -> None:
        target = self._last()
        if len(values) % 2:
            raise DamagedError("a dict has a key without a value")
        if isinstance(target, dict):
            for key, value in zip(values[::2], values[1::2], strict=True):
                set_item(target, key, value)
        else:
            set_state(target, None)

    # ------------------------------------------------------------------ names

    def name(self, module: str, name: str) -> None:
        """A name in two parts."""
        found = known_name(module, name)
        self._unused_getattr = self._unused_getattr or found.text == GETATTR
        self.push(found)

    def name_of_texts(self) -> None:
        """A name of the last two values."""
        module, name = self._take_many(2)
        if not isinstance(module, str) or not isinstance(name, str):
            raise DamagedError("a name in a pickle is no text")
        self.name(module, name)

    def reduce(self) -> None:
        """What a name makes of arguments: a call for Python, a record here."""
        function, arguments = self._take_many(2)
        self._call(function, arguments)

    def reduce_with_keywords(self) -> None:
        """As `reduce`, with arguments that have names."""
        function, arguments, _ = self._take_many(3)
        self._call(function, arguments)

    def instance(self, module: str, name: str) -> None:
        """As `reduce`, of protocol 0: the arguments lie behind the mark."""
        arguments = tuple(self._take_to_mark())
        self.name(module, name)
        self._call(self.take(), arguments)

    def object(self) -> None:
        """As `reduce`, of protocol 1: the name and its arguments lie behind the mark."""
        function, *arguments = self._take_to_mark() or [None]
        self._call(function, tuple(arguments))

    def _call(self, function: Any, arguments: Any) -> None:
        if isinstance(arguments, tuple) and arguments and isinstance(arguments[0], _COPIED):
            self._copied += len(arguments[0])
            if self._copied > self._file.size + _SPARE:
                raise DamagedError("a pickle copies the same values many times")
        self.push(call(function, arguments))
        if isinstance(function, Name) and function.text == GETATTR:
            self._unused_getattr = False  # a use that `rebuild.py` refuses does not get here

    def build(self) -> None:
        """Gives an object its attributes."""
        state = self.take()
        set_state(self._last(), state)

    def outside(self) -> None:
        """A value that lies outside of the pickle."""
        self.push(self._outside(self.take()))
