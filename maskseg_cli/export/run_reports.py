"""The files that tell of all photos together: --json and --summary."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from maskseg_cli.errors import UsageError
from maskseg_cli.media.outputs import Job, check_extra_output, refuse_existing
from maskseg_cli.pipeline.images import Run, StoppedError, say

if TYPE_CHECKING:
    from maskseg_cli.export.coco_journal import CocoJournal


def journal_path(path: Path) -> Path:
    """Where the lines of an unfinished JSON stand."""
    return path.with_name(f"{path.name}.part")


def check_reports(json: Path | None, summary: Path | None, jobs: Sequence[Job], may_exist: bool) -> None:
    """Checks the names of both files before any work.

    Args:
        may_exist: the user said --overwrite or --skip-existing.

    Raises:
        UsageError: one is an input, a result, the other one, or of no known kind.
        MasksegError: one exists, or its folder cannot be written.
    """
    if summary is not None and summary.suffix.lower() not in (".csv", ".json"):
        raise UsageError(f"--summary writes .csv and .json files, not {summary}.")
    if json is not None and summary is not None and json.resolve() == summary.resolve():
        raise UsageError(f"--json and --summary would both write {json}: name two files.")
    for path in (json, summary):
        if path is not None:
            check_extra_output(path, jobs)
            if path.is_file() and not may_exist:
                refuse_existing([path])
    if json is not None and not may_exist and journal_path(json).exists():
        refuse_existing([journal_path(json)])


def open_journal(path: Path | None, class_names: Sequence[str], go_on: bool) -> CocoJournal:
    """The journal of a JSON.

    Args:
        path: the JSON; None is standard output.
        go_on: begin with what a run before found, finished or not.

    Raises:
        MasksegError: what is there cannot be continued.
    """
    from maskseg_cli.export.coco_journal import CocoJournal
    from maskseg_cli.export.coco_json import read_dataset

    if path is None:
        return CocoJournal(None, class_names)
    part = journal_path(path)
    if not go_on:
        CocoJournal.remove(part)
        return CocoJournal(part, class_names)
    earlier = read_dataset(path, class_names) if path.is_file() else None
    journal = CocoJournal(part, class_names)
    if earlier is not None:
        journal.add_dataset(earlier)
    return journal


def finish_reports(
    run: Run,
    ended: BaseException | None,
    json: Path | None,
    summary: Path | None,
    class_names: Sequence[str],
) -> None:
    """Writes both files at the end of a run.

    Args:
        run: what was done.
        ended: what ended the run early, or None. What was found until then is written all the same; but where nothing
            more can be written, the journal stays as it is.
        json: the JSON; None is standard output.

    Raises:
        OSError: a file cannot be written; the journal stays.
    """
    hopeless = isinstance(ended, StoppedError)
    if run.journal is not None:
        if hopeless:
            run.journal.close(remove=False)
            if run.journal.path is not None:
                say(f"What was found so far is in {run.journal.path}: the same with --skip-existing goes on.")
        elif ended is None or run.summary.done:
            _write(json, run.journal.json_parts())
            run.journal.close(remove=True)
        else:
            run.journal.close(remove=not run.journal.resumed)
    if summary is not None:
        as_table = summary.suffix.lower() == ".csv"
        parts = run.summary.csv_parts(class_names) if as_table else run.summary.json_parts(class_names)
        with contextlib.suppress(*([OSError] if hopeless else [])):
            _write(summary, parts)


def _write(path: Path | None, parts: Iterable[bytes]) -> None:
    from maskseg_cli.media.atomic_file import GrowingFile, write_stdout

    if path is None:
        for part in parts:
            write_stdout(part)
        return
    file = GrowingFile(path)
    try:
        for part in parts:
            file.write(part)
        file.finish()
    except BaseException:
        file.discard()
        raise
