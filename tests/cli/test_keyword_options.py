"""Options that a command takes over from a function's keywords, under the same names and with the same defaults."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from dataclasses import dataclass, fields

import click
import pytest
from click.testing import CliRunner

from maskseg_cli.cli.feature_options import keyword_options
from maskseg_cli.cli.sections import SectionedCommand
from maskseg_cli.option import option
from maskseg_cli.pipeline.camera_keywords import CameraKeywords
from maskseg_cli.pipeline.cameras import process_camera
from maskseg_cli.training.choices import make_choices
from maskseg_cli.training.run import train
from maskseg_cli.training.train_keywords import TrainKeywords


@dataclass(frozen=True)
class _Sample:
    pair: tuple[int, int] = option((3, 4), "Two.", parts=("whole", "whole"), least=1, default="3, 4", heading="A")
    more: tuple[tuple[str, int], ...] = option((), "Any number of them.", parts=("text", "whole"), heading="B")
    share: float = option(0.5, "Below one.", kind="number", least=0, most=1, below=True, heading="A")
    page: str | None = option(None, "A port.", without_value="8000", heading="B")


@click.command(cls=SectionedCommand)
@keyword_options(_Sample)
def show(**values: object) -> None:
    click.echo(repr(values))


@pytest.mark.parametrize(
    ("words", "values"),
    [
        ([], {"pair": (3, 4), "more": (), "share": 0.5, "page": None}),
        (["--pair", "5", "6", "--page"], {"pair": (5, 6), "more": (), "share": 0.5, "page": "8000"}),
        (["--more", "a", "1", "--more", "b", "2"], {"pair": (3, 4), "more": (("a", 1), ("b", 2)), "share": 0.5}),
    ],
)
def test_values(words: list[str], values: dict[str, object]) -> None:
    result = CliRunner().invoke(show, words)
    assert result.exit_code == 0, result.output
    assert ast.literal_eval(result.output) == {"page": None, **values}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--pair", "0", "1"], "0 is not in the range: at least 1."),
        (["--pair", "1"], "requires 2 arguments"),
        (["--share", "1"], "1 is not in the range: below 1."),
        (["--more", "a", "b"], "'b' is not a whole number."),
    ],
)
def test_wrong_values(words: list[str], sentence: str) -> None:
    result = CliRunner().invoke(show, words)
    assert (result.exit_code, sentence in result.output) == (2, True), result.output


def test_defaults_are_shown_under_their_headings() -> None:
    text = CliRunner().invoke(show, ["--help"]).output
    assert "[default: 3, 4; x>=1]" in text
    assert "[default: 0.5; 0<=x<1]" in text
    assert text.index("A:") < text.index("--pair") < text.index("--share") < text.index("B:") < text.index("--more")


def test_the_keywords_are_those_of_the_functions() -> None:
    for kind, functions in ((CameraKeywords, [process_camera]), (TrainKeywords, [make_choices, train])):
        parameters = {
            name: one for function in functions for name, one in inspect.signature(function).parameters.items()
        }
        assert {one.name: one.default for one in fields(kind)} == {
            one.name: parameters[one.name].default for one in fields(kind)
        }


def test_the_options_of_training_load_neither_numpy_nor_keras() -> None:
    program = (
        "import sys; from maskseg_cli.cli.train import train; "
        "print([name for name in ('numpy', 'cv2', 'keras', 'tensorflow') if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout == "[]\n"
