"""Dockerfile and .dockerignore against the project; no container is started here."""

from __future__ import annotations

import fnmatch
import json
import re
import sys

import pytest

from tests.documents import PROJECT

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

#: Python of the Debian releases that the image may start from.
DEBIAN_PYTHON = {"bookworm": (3, 11), "trixie": (3, 13)}

TEXT = (PROJECT / "Dockerfile").read_text(encoding="utf-8")


def instructions(text: str) -> list[tuple[str, str]]:
    """("RUN", "apt-get update && ...") and so on: comments left out, continued lines joined, spaces made one."""
    joined = re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", " ")
    pairs = (line.split(None, 1) for line in joined.splitlines() if line.strip())
    return [(word, " ".join(rest.split())) for word, rest in pairs]


LINES = instructions(TEXT)
LAST = max(number for number, (word, _) in enumerate(LINES) if word == "FROM")
BUILD, FINAL = LINES[:LAST], LINES[LAST:]


def installed(stage: list[tuple[str, str]]) -> set[str]:
    """The Debian packages that a stage installs."""
    found = [re.search(r"apt-get install ([^&]*)", rest) for word, rest in stage if word == "RUN"]
    return {name for match in found if match for name in match[1].split() if not name.startswith("-")}


def left_out(path: str) -> bool:
    """Whether .dockerignore leaves a file out: the last pattern that matches it, or a folder above it, decides."""
    parts = path.split("/")
    above = ["/".join(parts[: count + 1]) for count in range(len(parts))]
    out = False
    for line in (PROJECT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        pattern = line.removeprefix("!")
        tail = pattern.removeprefix("**/")
        tried = parts if tail != pattern else above if "*" not in pattern else parts[:1]
        if any(fnmatch.fnmatchcase(name, tail) for name in tried):
            out = not line.startswith("!")
    return out


def test_both_stages_start_from_one_debian_whose_python_the_project_supports() -> None:
    bases = {rest.split()[0] for word, rest in LINES if word == "FROM"}
    assert len(bases) == 1, "the environment's links lead to the build stage's Python, which must be there at the end"
    match = re.fullmatch(r"debian:(\w+)-slim", bases.pop())
    assert match is not None
    major, minor = DEBIAN_PYTHON[match[1]]
    wanted = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["requires-python"]
    limits = re.fullmatch(r">=3\.(\d+),<3\.(\d+)", wanted)
    assert limits is not None
    assert major == 3
    assert int(limits[1]) <= minor < int(limits[2])


def test_opencv_gets_the_libraries_that_ci_installs() -> None:
    script = (PROJECT / ".ci" / "run").read_text(encoding="utf-8")
    wanted = set(re.findall(r"^\[\[ \$libraries .*missing\+=\((\S+)\)$", script, re.MULTILINE))
    assert wanted
    assert installed(FINAL) == wanted | {"python3"}


def test_what_builds_does_not_remain() -> None:
    assert "python3-venv" in installed(BUILD)
    final = " ".join(rest for word, rest in FINAL if word == "RUN")
    assert not re.search(r"\b(pip|venv|gcc|git|curl|build-essential)\b", final)
    assert ("COPY", "--from=build /opt/maskseg /opt/maskseg") in FINAL
    assert "venv --without-pip /opt/maskseg" in " ".join(rest for _, rest in BUILD)


def test_files_that_are_copied_exist_and_suffice_for_the_wheel() -> None:
    copied = {name for word, rest in LINES if word == "COPY" and "--from" not in rest for name in rest.split()[:-1]}
    for name in copied:
        assert (PROJECT / name).exists()
        assert not left_out(name)
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = {"pyproject.toml", project["project"]["readme"], *wheel["packages"], *wheel["force-include"]}
    needed |= {name for name in project["project"]["license-files"] if "/" not in name}
    assert needed == copied


def test_it_runs_the_command_as_a_user_with_the_cache_on_a_volume() -> None:
    final = dict(FINAL)  # the last of each instruction is in force
    assert final["USER"] not in {"root", "0"}
    assert f" {final['USER']} " in f"{final['RUN']} ", "the user is made in the image"
    assert json.loads(final["ENTRYPOINT"]) == ["maskseg"]
    assert f"MASKSEG_HOME={final['VOLUME']}" in final["ENV"].split()
    assert f"install -d -m 1777 {final['VOLUME']} {final['WORKDIR']}" in final["RUN"]


def test_nothing_is_fetched_at_run_time_and_no_secret_is_inside() -> None:
    assert "://" not in TEXT
    assert "HEALTHCHECK" not in TEXT
    assert not [rest for word, rest in LINES if word in {"ARG", "ADD"}]
    assert not re.search(r"password|token|secret|index-url", TEXT, re.IGNORECASE)
    assert not re.search(r"apt-get|pip |curl|wget", " ".join(rest for word, rest in FINAL if word != "RUN"))


@pytest.mark.parametrize(
    "path",
    [".git/config", ".venv/bin/python", "tests/parity/a.npz", "docs/images/a.jpg", "demo-out/a.jpg", ".env", "a.jpg"]
    + ["maskseg_cli/cli/__pycache__/main.cpython-311.pyc"],
)
def test_what_the_image_does_not_need_is_left_out(path: str) -> None:
    assert left_out(path)


@pytest.mark.parametrize("path", ["maskseg_cli/cli/main.py", "weights/README.md", "pyproject.toml", "LICENSE"])
def test_what_the_image_needs_stays(path: str) -> None:
    assert not left_out(path)
