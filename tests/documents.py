"""Code blocks of Markdown files."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
README = PROJECT / "README.md"
PAGES = sorted((PROJECT / "docs").glob("*.md"))

_BLOCK = re.compile(r"^```(?P<language>\w+)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block.

    Attributes:
        path: the file it stands in.
        line: number of its first line of code.
        language: the word after the fence.
        code: what stands between the fences.
    """

    path: Path
    line: int
    language: str
    code: str

    def __str__(self) -> str:
        return f"{self.path.name}:{self.line}"


def blocks(path: Path, *languages: str) -> list[Block]:
    """The fenced blocks of these languages, in their order."""
    text = path.read_text(encoding="utf-8")
    found = [
        Block(path, text.count("\n", 0, match.start()) + 2, match["language"], match["code"])
        for match in _BLOCK.finditer(text)
    ]
    return [block for block in found if block.language in languages]


def commands(block: Block) -> list[str]:
    """The commands of a shell block: lines without prompts and comments, continued lines joined."""
    lines = [line.removeprefix("$ ").strip() for line in block.code.replace("\\\n", " ").splitlines()]
    return [line for line in lines if line and not line.startswith("#")]
