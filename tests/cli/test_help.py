"""--help in sections with defaults, and the hints for wrong options and values."""

from __future__ import annotations

import re

import click
import pytest
from click.testing import CliRunner

from maskseg_cli.cli.inspect import inspect
from maskseg_cli.cli.main import COMMANDS, main
from maskseg_cli.cli.sections import GENERAL, SectionedCommand, near_options, section
from maskseg_cli.cli.weights import weights
from maskseg_cli.config import PRESETS, SCORE_FLOOR


def help_of(*words: str) -> str:
    result = CliRunner().invoke(main, [*words, "--help"])
    assert result.exit_code == 0
    return result.output


def sections_of(text: str) -> dict[str, str]:
    """Heading -> the lines below it."""
    parts = re.split(r"^(\S.*):\n", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def default_of(option: str, *words: str) -> str:
    """What --help calls the default of an option."""
    text = re.split(rf"^  {option} ", help_of(*words), flags=re.MULTILINE)[1]
    return re.search(r"\[default: (.*?)[;\]]", " ".join(text.split()))[1]  # type: ignore[index]


@pytest.mark.parametrize("name", [name for name in COMMANDS if name not in ("inspect", "style", "weights")])
def test_options_come_in_sections_the_general_ones_last(name: str) -> None:
    sections = sections_of(help_of(name))
    assert "Options" not in sections, "these have no heading"
    assert list(sections)[-1] == GENERAL
    assert set(re.findall(r"--[a-z]+", sections[GENERAL])) == {"--quiet", "--debug", "--help"}
    assert len(sections) > 3


def test_arguments_are_not_listed_as_options() -> None:
    assert not re.search(r"^ +(SOURCES|ANNOTATIONS)\b[. ]*$", help_of("image") + help_of("train"), re.MULTILINE)


def test_a_part_of_a_command_may_stay_together() -> None:
    @click.command(cls=SectionedCommand)
    @section("A")
    @click.option("--first")
    @section("B")
    @click.option("--second")
    @section("A")
    @click.option("--third")
    def run() -> None: ...

    sections = sections_of(CliRunner().invoke(run, ["--help"]).output)
    assert [(name, re.findall(r"--\w+", text)) for name, text in sections.items()] == [
        ("A", ["--first", "--third"]),
        ("B", ["--second"]),
        (GENERAL, ["--help"]),
    ]


@pytest.mark.parametrize("name", COMMANDS)
def test_ranges_are_numbers(name: str) -> None:
    assert "None" not in help_of(name), "a range without limits"


def test_the_defaults_in_words_are_the_true_ones() -> None:
    lite, coco = PRESETS["lite"], PRESETS["coco"]
    assert default_of("--min-score", "image").startswith(
        f"{lite.detection_min_confidence} for lite, {coco.detection_min_confidence} for coco"
    )
    assert default_of("--size", "video").startswith(f"{lite.image_min_dim} for lite, {coco.image_max_dim} for coco")
    assert default_of("--max-detections", "webcam") == "100"
    assert {lite.detection_max_instances, coco.detection_max_instances} == {100}
    assert default_of("--min-score", "evaluate") == f"{SCORE_FLOOR:g}"
    train = {option.name: option.default for option in main.get_command(None, "train").params}  # type: ignore[arg-type, union-attr]
    for option, name in (("--epochs", "epochs"), ("--layers", "layers"), ("--learning-rate", "learning_rate")):
        assert (default_of(option, "train"),) == tuple(str(value) for value in train[name])


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("--gpu", ["--device gpu"]),
        ("--confidence-threshold", ["--min-score"]),
        ("--outptu", ["--output"]),
        ("--output-dir", ["--output"]),
        ("--max_detections", ["--max-detections"]),
        ("--no-box", ["--no-boxes"]),
        ("--xyz", []),
    ],
)
def test_near_options(wrong: str, right: list[str]) -> None:
    known = ["-o", "--output", "--device", "--min-score", "--max-detections", "--boxes", "--no-boxes", "--model"]
    assert near_options(wrong, known) == right


def test_an_option_of_another_command_is_not_proposed() -> None:
    assert near_options("--lr", ["--output", "--labels"]) == []


@pytest.mark.parametrize("columns", [60, 80])
@pytest.mark.parametrize(
    "words",
    [(name,) for name in COMMANDS]
    + [("weights", name) for name in weights.commands]
    + [("inspect", name) for name in inspect.commands]
    + [("style", "init"), ("style", "check")],
)
def test_no_line_is_broken_badly(words: tuple[str, ...], columns: int) -> None:
    result = CliRunner().invoke(main, [*words, "--help"], terminal_width=columns)
    for line in result.output.splitlines():
        example = line.startswith("  maskseg ")  # it is to be copied as one line
        assert len(line) <= (80 if example else columns), line
        assert not re.search(r"[a-z]-$", line), line


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["image", "x.jpg", "--gpu"], "There is no option --gpu. Did you mean --device gpu?"),
        (["image", "x.jpg", "--out", "y.jpg"], "There is no option --out. Did you mean --output?"),
        (["image", "--input", "x.jpg"], "There is no option --input. Write SOURCES... without the name of an option."),
        (["weights", "list", "--jsn"], "There is no option --jsn. Did you mean --json?"),
        (["weights", "lst"], "There is no command 'lst'. Did you mean 'list'?"),
        (["weights", "download", "coco"], "There is no command 'download'. Did you mean 'fetch'?"),
        (["photo", "x.jpg"], "There is no command 'photo'. Did you mean 'image'?"),
        (["eval"], "There is no command 'eval'. Did you mean 'evaluate'?"),
        (["fetch", "coco"], "There is no command 'fetch'. Did you mean 'weights fetch'?"),
        (["image", __file__, "--model", "coc"], "There is no weights file coc (did you mean coco?)."),
        (
            ["config", "--set", "min_score=1"],
            "There is no option 'min_score' (did you mean detection_min_confidence?).",
        ),
        (["image", "x.jpg", "--min-score", "80"], "80 is not a number from 0 to 1 (80 % is 0.8)."),
        (["image", "x.jpg", "--alpha", "30%"], "30% is not a number from 0 to 1 (30 % is 0.3)."),
        (["image", "x.jpg", "--min-score", "1.5"], "1.5 is not in the range: at most 1."),
        (["image", "x.jpg", "--min-score", "0,8"], "'0,8' is not a number: write 0.8."),
        (["image", "x.jpg", "--min-score", "nan"], "nan is not a number that can be used."),
        (["image", "x.jpg", "--size", "10"], "10 is not in the range: at least 64."),
        (["image", "x.jpg", "--size", "640x480"], "'640x480' is not a whole number."),
        (["image", "x.jpg", "--threads", "9" * 5000], "… (5000 letters) is not in the range: at most 2147483647."),
        (["train", "shapes", "-o", "x", "--learning-rate", "inf"], "inf is not a number that can be used."),
        (["train", "shapes", "-o", "x", "--ema", "1"], "1 is not in the range: below 1."),
        (["webcam", "--fps", "0"], "0 is not in the range: above 0."),
        (
            ["image", __file__, "-o", "x.jpg", "--json", "found.csv"],
            "--json writes JSON, but found.csv ends in .csv: name it found.json",
        ),
        (["video", __file__, "--json", "out.mp4"], "--json writes JSON, but out.mp4 ends in .mp4"),
        (["bench", "--json", "found.xlsx"], "--json writes JSON, but found.xlsx ends in .xlsx"),
        (["evaluate", __file__, ".", "-o", "ap.csv"], "--output writes JSON, but ap.csv ends in .csv"),
        (["video", "x.mp4", "--start", "1:99"], "'1:99' is no time"),
        (["video", "x.mp4", "--start", "9" * 400], "is too late: at most 1000 hours."),
        (["image", "http://me:secret word@camera/1.jpg"], "Addresses are not read by this command: download the photo"),
        (
            ["video", "http://me:secret word@camera/1.mp4"],
            "password in an address holds no spaces: write %20",
        ),
        (
            ["webcam", "--camera", "rtsp://me:secret word@camera/1", "--duration", "1"],
            "in an address holds no spaces",
        ),
    ],
)
def test_wrong_values_are_refused_with_the_right_ones(arguments: list[str], sentence: str) -> None:
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 2
    assert sentence in " ".join(result.output.split())
    assert "word@camera" not in result.output


@pytest.mark.parametrize(
    ("words", "completed"),
    [("maskseg im", "image"), ("maskseg image --min", "--min-score"), ("maskseg weights f", "fetch")],
)
def test_the_tab_key_completes_commands_and_options(words: str, completed: str) -> None:
    environment = {
        "_MASKSEG_COMPLETE": "bash_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split()) - 1),
    }
    result = CliRunner(env=environment).invoke(main, prog_name="maskseg", complete_var="_MASKSEG_COMPLETE")
    assert result.output == f"plain,{completed}\n"
