"""The commands of docs/cluster.md that maskseg runs, as they stand there."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from maskseg_cli.cli.main import main
from tests.documents import PROJECT, blocks, commands

PAGE = PROJECT / "docs" / "cluster.md"


@pytest.mark.usefixtures("cluster")
def test_the_commands_of_the_page_run(photos: Path, tmp_path: Path) -> None:
    (photos / "05.jpg").unlink()  # the damaged one
    lines = [shlex.split(line) for block in blocks(PAGE, "sh") for line in commands(block)]
    shown = [words[1:] for words in lines if words[0] == "maskseg"]
    assert len(shown) == 2
    for words in shown:
        result = CliRunner().invoke(main, words)
        assert result.exit_code == 0, result.output
    assert len(json.loads((tmp_path / "found.json").read_text())["images"]) == 24
    assert "24 there already" in result.output


def test_the_program_of_the_page_names_what_exists() -> None:
    code = "".join(block.code for block in blocks(PAGE, "py"))
    compile(code, str(PAGE), "exec")
    assert 'ray="auto"' in code
