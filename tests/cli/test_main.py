"""The console entry: what it loads, what it says, and its exit codes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from maskseg_cli import __version__
from maskseg_cli.cli import main as entry
from maskseg_cli.cli.main import COMMANDS, main
from maskseg_cli.errors import MasksegError, UsageError, explain


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch):
    """Replaces the command `image` by one that raises what it is given."""
    from maskseg_cli.cli.options import message_options

    def fail_with(error: BaseException):
        @click.command()
        @message_options
        def image(quiet: bool) -> None:
            raise error

        monkeypatch.setattr(entry.LazyGroup, "get_command", lambda *_: image)

    return fail_with


@pytest.mark.parametrize("name", COMMANDS)
def test_the_line_in_the_list_is_the_commands_own(name: str) -> None:
    command = main.get_command(click.Context(main), name)
    assert command is not None
    assert command.name == name
    assert command.get_short_help_str(limit=200) == COMMANDS[name][1]


def test_help_lists_every_command() -> None:
    result = CliRunner().invoke(main, ["--help"])
    assert result.exit_code == 0
    for name, (_, line) in COMMANDS.items():
        assert f"{name} " in result.output
        assert line in result.output


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--help"], 0),
        (["--version"], 0),
        (["nonsense"], 2),
        (["image", "--help"], 0),
        (["image"], 2),
        (["image", "--nonsense", "x.jpg"], 2),
        (["image", "x.jpg", "--min-score", "7"], 2),
        (["image", "there-is-no-such-file.jpg"], 2),
        (["image", __file__, "--overwrite", "--skip-existing"], 2),
        (["video", "there-is-no-such-file.mp4"], 2),
        (["video", __file__, "--drop"], 2),
        (["bench", "--against", "nonsense"], 2),
        (["bench", "--json", __file__], 1),
        (["webcam", "--serve", "no:such:address"], 2),
        (["webcam", "--no-window"], 2),
    ],
)
def test_nothing_heavy_is_loaded_before_there_is_work(arguments: list[str], code: int) -> None:
    script = (
        "import sys\n"
        "from maskseg_cli.cli.main import main\n"
        "try:\n    main(sys.argv[1:])\n"
        "except SystemExit as stop:\n    code = stop.code\n"
        "heavy = {'tensorflow', 'keras', 'cv2', 'av', 'skimage', 'h5py', 'tqdm'} & set(sys.modules)\n"
        "print('LOADED', sorted(heavy))\nsys.exit(code)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, *arguments], capture_output=True, text=True)
    assert done.stdout.endswith("LOADED []\n")
    assert done.returncode == code


def test_version() -> None:
    result = CliRunner().invoke(main, ["--version"])
    assert result.output == f"maskseg, version {__version__}\n"


def test_python_dash_m_is_called_maskseg() -> None:
    done = subprocess.run([sys.executable, "-m", "maskseg_cli", "nope"], capture_output=True, text=True)
    assert done.stderr.startswith("Usage: maskseg ")


def test_an_unknown_command_names_a_near_one() -> None:
    result = CliRunner().invoke(main, ["imgae"])
    assert result.exit_code == 2
    assert "Did you mean 'image'?" in result.stderr


def test_a_file_in_place_of_a_command_shows_how_to_go_on() -> None:
    result = CliRunner().invoke(main, [__file__])
    assert result.exit_code == 2
    assert f"maskseg image {__file__}" in result.stderr


def test_a_film_in_place_of_a_command(tmp_path: Path) -> None:
    (tmp_path / "x.mp4").write_bytes(b"\0\0\0\x18ftypisom")
    assert f"maskseg video {tmp_path / 'x.mp4'}" in CliRunner().invoke(main, [str(tmp_path / "x.mp4")]).stderr


def test_names_of_files_cannot_control_the_terminal(tmp_path: Path) -> None:
    name = tmp_path / "a\x1b[31mb.jpg"
    result = CliRunner().invoke(main, ["image", str(name)], color=True)
    assert "\x1b" not in result.stderr
    assert r"a\x1b[31mb.jpg" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "place"),
    [
        (["video", ""], "''"),
        (["video", "x.mp4", "-o", ""], "'' after -o"),
        (["video", "x.mp4", "--json="], "--json=''"),
        (["image", ""], "''"),
        (["image", "a.jpg", ""], "'' after a.jpg"),
        (["image", "a.jpg", "-o", ""], "'' after -o"),
        (["image", "a.jpg", "--summary", "", "-q"], "'' after --summary"),
        (["webcam", "--record", ""], "'' after --record"),
        (["webcam", "--camera", ""], "'' after --camera"),
        (["webcam", "--snapshots", ""], "'' after --snapshots"),
        (["weights", "inspect", ""], "'' after inspect"),
    ],
)
def test_an_empty_argument_is_not_the_current_folder(
    arguments: list[str], place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 2
    assert result.stderr == f"Error: An argument is empty ({place}): give it a value, or leave it out.\n"


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (MasksegError("a.jpg is empty."), 1, "Error: a.jpg is empty.\n"),
        (UsageError("There is no class 'dgo'."), 2, "Error: There is no class 'dgo'.\n"),
        (PermissionError(13, "Permission denied", "out/a.jpg"), 1, "Error: out/a.jpg: Permission denied.\n"),
        (MemoryError(), 1, "Error: There is not enough memory; a smaller --size needs less.\n"),
        (KeyboardInterrupt(), 130, "Interrupted.\n"),
    ],
)
def test_errors_are_one_sentence(failing, error: BaseException, code: int, message: str) -> None:
    failing(error)
    result = CliRunner().invoke(main, ["image"])
    assert result.exit_code == code
    assert result.stderr == message
    assert result.stdout == ""


def test_a_defect_is_one_sentence_too_and_debug_shows_where(failing) -> None:
    failing(ZeroDivisionError("by zero"))
    result = CliRunner().invoke(main, ["image"])
    assert result.exit_code == 1
    assert "ZeroDivisionError: by zero" in result.stderr
    assert "Traceback" not in result.stderr
    result = CliRunner().invoke(main, ["image", "--debug"])
    assert result.exit_code == 1
    assert "Traceback" in result.stderr
    assert "in image\n" in result.stderr


@pytest.mark.parametrize(
    ("message", "gist"),
    [
        ("too narrow\nsecond line", "too narrow"),
        (
            "\nGraph execution error:\n\nDetected at node x\n  File y\n\ndepth: 128 vs 768\n\t [[{{node x}}]]",
            "depth: 128 vs 768",
        ),
        ("", ""),
        ("x" * 5000, "x" * 200),
    ],
)
def test_a_message_of_many_lines_is_cut_to_what_matters(message: str, gist: str) -> None:
    assert explain(ValueError(message)) == (
        f"Something unexpected went wrong (ValueError: {gist}); --debug shows where."
    )


def test_debug_shows_the_cause_of_a_foreseen_error(failing) -> None:
    failing(MasksegError("a.jpg is empty."))
    result = CliRunner().invoke(main, ["image", "--debug"])
    assert "Traceback" in result.stderr
    assert result.stderr.endswith("Error: a.jpg is empty.\n")


def test_a_missing_system_library_names_its_package() -> None:
    text = "libGL.so.1: cannot open shared object file: No such file or directory"
    message = explain(ImportError(text))
    assert "libGL.so.1" in message
    assert "apt-get install libgl1" in message
    assert "opencv-python-headless" in message


def test_opencv_that_cannot_start_is_told_before_the_model_is_loaded(tmp_path) -> None:
    """`import cv2` fails as it does without libGL, in a process of its own."""
    (tmp_path / "cv2.py").write_text(
        "raise ImportError('libGL.so.1: cannot open shared object file: No such file or directory')"
    )
    photo = tmp_path / "a.jpg"
    photo.write_bytes(b"\xff\xd8\xff")
    done = subprocess.run(
        [sys.executable, "-m", "maskseg_cli", "image", str(photo)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
    )
    assert done.returncode == 1
    assert done.stderr.startswith("Error: OpenCV cannot start because the system library libGL.so.1 is missing")
    assert done.stderr.count("\n") == 1


def test_a_missing_package_is_named() -> None:
    assert "'tensorflow'" in explain(ModuleNotFoundError("No module named 'tensorflow'", name="tensorflow"))


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM that a program can catch")
@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signals_end_the_program_with_the_shells_codes(sent: signal.Signals, code: int) -> None:
    script = (
        "import click, time\n"
        "from maskseg_cli.cli import main as entry\n"
        "@click.command()\ndef image():\n    print('ready', flush=True)\n    time.sleep(30)\n"
        "entry.LazyGroup.get_command = lambda *_: image\n"
        "entry.main(['image'])\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    # Python drops an exception that a signal raises inside a finalizer, as one of the print's may be under way.
    time.sleep(0.2)
    process.send_signal(sent)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == code
    assert "Traceback" not in errors
