"""The structure of the package: rooms import downwards only, files not in circles, commands stay small."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.documents import PROJECT

PACKAGE = PROJECT / "maskseg_cli"

#: Rooms from top to bottom; those in one line do not import each other in both directions.
LEVELS = (
    ("cli",),
    ("benchmark", "inspection", "conversion", "service"),
    ("pipeline",),
    ("features",),
    ("training",),
    ("evaluation", "export"),
    ("inference", "datasets"),
    ("checkpoints",),
    ("model",),
    ("counting", "serve", "cluster"),
    ("camera",),
    ("drawing", "video", "tracking", "pages"),
    ("media",),
    ("values",),
)

#: Files beside the rooms: the values and interfaces that all rooms share, and the configuration.
VALUES = "values"

#: Rooms that import Keras or TensorFlow when they are imported.
KERAS_ROOMS = {"model", "training"}

#: What starts the program or only names what is elsewhere.
OUTSIDE = {"__init__", "__main__"}


def modules() -> dict[str, Path]:
    """Dotted name below the package -> file; a room's own name is its `__init__`."""
    found = {}
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)] = path
    return found


def room_of(module: str) -> str:
    top = module.split(".")[0]
    return top if (PACKAGE / top).is_dir() and top != "config" else VALUES


def imported(path: Path, package: str = "maskseg_cli") -> Iterator[tuple[str, bool]]:
    """What a file imports from the package, below the package's name, and whether when it is imported itself."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    late = {
        node
        for function in ast.walk(tree)
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef))
        for node in ast.walk(function)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            if name == package or name.startswith(f"{package}."):
                yield name.removeprefix(package).lstrip("."), node not in late


def edges(known: dict[str, Path]) -> dict[str, set[str]]:
    """Module -> the modules of the package that it imports, early, late or for types only."""
    graph: dict[str, set[str]] = {}
    for module, path in known.items():
        graph[module] = set()
        for name, _ in imported(path):
            target = name
            while target and target not in known:
                target = target.rpartition(".")[0]
            if target and target != module:
                graph[module].add(target)
    return graph


KNOWN = modules()
GRAPH = edges(KNOWN)


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Groups of modules that import each other, by Tarjan's algorithm."""
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(module: str) -> None:
        order[module] = low[module] = len(order)
        stack.append(module)
        for target in graph[module]:
            if target not in order:
                visit(target)
                low[module] = min(low[module], low[target])
            elif target in stack:
                low[module] = min(low[module], order[target])
        if low[module] == order[module]:
            start = stack.index(module)
            group = stack[start:]
            del stack[start:]
            if len(group) > 1:
                found.append(sorted(group))

    for module in graph:
        if module not in order:
            visit(module)
    return found


def test_circles_are_found() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"a"}}) == [["b", "c"]]


def test_no_files_import_each_other() -> None:
    # The package's own __init__ names everything, and is imported by files that need its version.
    graph = {module: targets - {"__init__"} for module, targets in GRAPH.items() if module != "__init__"}
    assert circles(graph) == []


def test_rooms_import_downwards_only() -> None:
    level = {room: number for number, rooms in enumerate(LEVELS) for room in rooms}
    upwards = []
    sideways: dict[tuple[str, str], str] = {}
    for module, targets in GRAPH.items():
        if module in OUTSIDE:
            continue
        for target in targets - OUTSIDE:
            here, there = room_of(module), room_of(target)
            if here == there:
                continue
            if level[here] > level[there]:
                upwards.append(f"{module} -> {target}")
            elif level[here] == level[there]:
                sideways[here, there] = f"{module} -> {target}"
    assert sorted(upwards) == []
    mutual = [(arrow, sideways[there, here]) for (here, there), arrow in sideways.items() if (there, here) in sideways]
    assert mutual == []


def test_only_the_command_line_knows_commands() -> None:
    users = [module for module, targets in GRAPH.items() if any(room_of(target) == "cli" for target in targets)]
    assert [module for module in users if room_of(module) != "cli" and module != "__main__"] == []
    outside = [*PROJECT.glob("benchmarks/**/*.py"), *PROJECT.glob("examples/**/*.py"), *PROJECT.glob("docs/*.py")]
    assert len(outside) > 10
    for path in outside:
        names = [name for name, _ in imported(path) if name.split(".")[0] == "cli"]
        assert names == [], f"{path} imports commands"


def test_keras_is_imported_by_the_network_and_its_training_only() -> None:
    for module, path in KNOWN.items():
        if room_of(module) not in KERAS_ROOMS:
            early = [
                name for package in ("keras", "tensorflow") for name, is_early in imported(path, package) if is_early
            ]
            assert early == [], f"{module} imports Keras or TensorFlow when it is imported"


@pytest.mark.parametrize(("folder", "most"), [("cli", 2500)])
def test_the_commands_stay_small(folder: str, most: int) -> None:
    lines = sum(len(path.read_text(encoding="utf-8").splitlines()) for path in (PACKAGE / folder).glob("*.py"))
    assert lines <= most


def test_files_stay_small() -> None:
    sizes = {module: len(path.read_text(encoding="utf-8").splitlines()) for module, path in KNOWN.items()}
    assert {module: lines for module, lines in sizes.items() if lines > 310} == {}


def test_the_page_of_the_architecture_names_every_room() -> None:
    text = (PROJECT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rooms = sorted(path.name for path in PACKAGE.iterdir() if path.is_dir() and (path / "__init__.py").is_file())
    assert [room for room in rooms if f"`{room}/`" not in text] == []
