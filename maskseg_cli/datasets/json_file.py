"""Reading JSON files, with a sentence for whatever is wrong with one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from maskseg_cli.errors import MasksegError


def read_json(path: Path) -> Any:
    """The content of a JSON file.

    Raises:
        MasksegError: it cannot be read or is not JSON (with the line).
    """
    try:
        return json.loads(path.read_bytes())
    except FileNotFoundError:
        raise MasksegError(f"There is no file {path}.") from None
    except OSError as error:
        raise MasksegError(f"{path} cannot be read: {error.strerror}.") from None
    except json.JSONDecodeError as error:
        raise MasksegError(f"{path} is not valid JSON: line {error.lineno}: {error.msg}.") from None
    except (UnicodeDecodeError, RecursionError):
        raise MasksegError(f"{path} is not valid JSON.") from None
