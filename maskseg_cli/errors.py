"""Exceptions whose message is meant for users, and the sentence for any other one."""

from __future__ import annotations


class MasksegError(Exception):
    """Something the user can correct: a file, an option, a missing weights file.

    The message is one sentence that names the file or option and says what to do; each further argument is one more
    line. Commands print it on stderr and exit with 1; any other exception that reaches a command is a defect of maskseg
    and is shown as such.
    """

    def __str__(self) -> str:
        return "\n".join(map(str, self.args))


class UsageError(MasksegError):
    """The request itself is not possible (unknown class, impossible size): commands exit with 2."""


class StoppedError(MasksegError):
    """Nothing more can be written, because the disk is full or read-only; the message says how much was done."""


def explain(error: BaseException) -> str:
    """Describes any exception in one sentence, with what to do where that is known."""
    if isinstance(error, MasksegError):
        return str(error)
    if isinstance(error, ImportError):
        return _explain_import(error)
    if isinstance(error, MemoryError):
        return "There is not enough memory; a smaller --size needs less."
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}." if error.filename else f"{error.strerror}."
    kind = type(error).__name__
    return f"Something unexpected went wrong ({kind}: {_gist(str(error))}); --debug shows where."


def last_line(error: BaseException) -> str:
    """The last line of a message, where OpenVINO and NNCF say what happened; the error's kind where there is none."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1][:200] if lines else type(error).__name__


def _gist(message: str) -> str:
    """The one line of a message that says what happened."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    if lines and lines[0].endswith(":"):
        # TensorFlow's are pages long: a heading, the graph's history, the reason, and names of nodes in [[ ]].
        lines = [line for line in lines if not line.startswith("[[")][-1:]
    return lines[0][:200] if lines else ""


def _explain_import(error: ImportError) -> str:
    reason = str(error)
    library = next((word.rstrip(":,") for word in reason.split() if word.startswith("lib") and ".so" in word), "")
    if library:
        known = {
            "libGL.so.1": "libgl1",
            "libgthread-2.0.so.0": "libglib2.0-0",
            "libglib-2.0.so.0": "libglib2.0-0",
        }
        package = known.get(library, "the package that holds it")
        return (
            f"OpenCV cannot start because the system library {library} is missing: install it (Debian and "
            f"Ubuntu: apt-get install {package}) or use OpenCV without windows (pip uninstall opencv-python, "
            "then pip install opencv-python-headless)."
        )
    if isinstance(error, ModuleNotFoundError) and error.name and not error.name.startswith("maskseg_cli"):
        return f"The Python package {error.name!r} is missing: install maskseg again with pip."
    return f"A part of maskseg cannot be loaded ({reason}): install maskseg again with pip."
