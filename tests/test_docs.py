"""docs/ and README.md against the commands themselves: nothing is undocumented, nothing documented is missing."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from maskseg_cli.cli.main import COMMANDS, main
from tests.documents import PAGES, PROJECT, README, blocks, commands

#: Every command has it, and README.md says so.
EVERYWHERE = {"-h", "--help"}

Words = tuple[str, ...]


def leaves(group: click.Group, path: Words = ()) -> Iterator[tuple[Words, click.Command]]:
    """("weights", "fetch") -> command, for every command that does something."""
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from leaves(command, (*path, name))
        else:
            yield (*path, name), command


LEAVES = dict(leaves(main))


def options_of(command: click.Command) -> set[str]:
    """Every spelling of every option: --masks, --no-masks, -o."""
    found = {"--version"} if command is main else set()
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            found.update(parameter.opts, parameter.secondary_opts)
    return found - EVERYWHERE


def page_of(path: Words) -> str:
    """What is said about a command: its page, or the page's opening and the command's own part of it."""
    file = PROJECT / "docs" / f"{path[0]}.md"
    assert file.is_file(), f"the command {path[0]} has no page docs/{path[0]}.md"
    text = file.read_text(encoding="utf-8")
    assert text.startswith(f"# maskseg {path[0]}\n")
    if len(path) == 1:
        return text
    opening, *parts = re.split(r"^## ", text, flags=re.MULTILINE)
    own = [part for part in parts if part.startswith(f"maskseg {' '.join(path)}\n")]
    assert own, f"docs/{path[0]}.md has no part `## maskseg {' '.join(path)}`"
    return opening + own[0]


def prose(text: str) -> str:
    """A page without its blocks of code."""
    return re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


def named_options(text: str) -> set[str]:
    """Options in `inline code`, with or without a value."""
    spans = re.findall(r"`([^`\n]+)`", prose(text))
    return {word for span in spans for word in re.findall(r"(?<![\w-])--?[a-z][a-z-]*", span)} - EVERYWHERE


@pytest.mark.parametrize("path", LEAVES, ids=" ".join)
def test_every_option_is_documented(path: Words) -> None:
    missing = options_of(LEAVES[path]) - named_options(page_of(path))
    assert not missing, f"docs/{path[0]}.md does not say what these of `maskseg {' '.join(path)}` do: {missing}"


@pytest.mark.parametrize("path", LEAVES, ids=" ".join)
def test_tables_name_options_of_their_command_only(path: Words) -> None:
    rows = re.findall(r"^\| ([^|]*`-[^|]*)\|", page_of(path), re.MULTILINE)
    strange = {word for row in rows for word in named_options(row)} - options_of(LEAVES[path])
    assert not strange, f"docs/{path[0]}.md explains {strange}, which `maskseg {' '.join(path)}` does not have"


@pytest.mark.parametrize("file", [README, *PAGES], ids=lambda file: file.name)
def test_every_option_that_is_spoken_of_exists(file: Path) -> None:
    known = set().union(options_of(main), *(options_of(command) for command in LEAVES.values()))
    named = named_options(file.read_text(encoding="utf-8"))
    assert named <= known, f"{file.name} speaks of options that no command has: {named - known}"


@pytest.mark.parametrize("file", [README, *PAGES], ids=lambda file: file.name)
def test_every_command_that_is_spoken_of_exists(file: Path) -> None:
    text = prose(file.read_text(encoding="utf-8"))
    spoken = [span.split()[1:] for span in re.findall(r"`(maskseg [^`\n]+)`", text)]
    spoken += [line.split()[2:] for line in re.findall(r"^#+ maskseg .*$", text, re.MULTILINE)]
    for words in spoken:
        if words[0].startswith("-") or words[0] == "COMMAND":
            continue
        assert words[0] in COMMANDS, f"{file.name}: maskseg {' '.join(words)}"
        if (words[0],) not in LEAVES and len(words) > 1:
            assert tuple(words[:2]) in LEAVES, f"{file.name}: maskseg {' '.join(words)}"


def test_readme_shows_every_command() -> None:
    text = README.read_text(encoding="utf-8")
    shown = [shlex.split(line)[1:] for block in blocks(README, "bash") for line in commands(block)]
    for path in LEAVES:
        assert f"(docs/{path[0]}.md)" in text
        assert list(path) in [words[: len(path)] for words in shown], f"README.md shows no maskseg {' '.join(path)}"


def test_every_page_of_a_command_is_of_one_that_exists() -> None:
    others = {
        "architecture",
        "engines",
        "export",
        "mask-heads",
        "missed",
        "performance",
        "python-api",
        "reliability",
        "tutorial",
    }
    assert {page.stem for page in PAGES} == {path[0] for path in LEAVES} | others


def test_every_environment_variable_is_documented() -> None:
    text = README.read_text(encoding="utf-8")
    sources = "".join(file.read_text(encoding="utf-8") for file in (PROJECT / "maskseg_cli").rglob("*.py"))
    used = set(re.findall(r"\bMASKSEG_[A-Z_]+\b", sources))
    assert "MASKSEG_HOME" in used
    assert used == set(re.findall(r"`(MASKSEG_[A-Z_]+)`", text))
