"""Where each result goes: planned for all photos before the first is read, so that nothing is ever lost."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.media.header import picture_format
from maskseg_cli.media.input_files import OUTPUT_MARK, Source
from maskseg_cli.media.picture_formats import FORMAT_OF, SUFFIX_OF, split_name


@dataclass(frozen=True)
class Job:
    """One photo and where its result goes.

    Attributes:
        source: the photo.
        target: the file to write; None is standard output.
        suffix: decides the format, `.png`; None where only the photo itself tells (standard input to output).
        done: the target exists and is to be kept (--skip-existing).
    """

    source: Source
    target: Path | None
    suffix: str | None
    done: bool = False


def plan_outputs(
    sources: Sequence[Source],
    output: str | None = None,
    format_name: str | None = None,
    overwrite: bool = False,
    skip_existing: bool = False,
) -> list[Job]:
    """Plans one output for each source.

    Args:
        sources: what `find_sources` found.
        output: a file (one photo), a folder (made when needed), `-` (standard output), or None: beside the
            input as `<name>_maskseg.<ext>`, and standard output for standard input.
        format_name: one of `formats.NAMES`; None keeps the input's.
        overwrite, skip_existing: what to do about outputs that exist.

    Raises:
        UsageError: an input would be overwritten, two results would have one name, or the output cannot be
            what it is asked to be.
        MasksegError: an output exists and neither flag was given.
    """
    wanted = f".{format_name}" if format_name else None
    jobs = [_job(source, sources, output, wanted) for source in sources]
    return settle_outputs(jobs, overwrite, skip_existing)


def settle_outputs(jobs: Sequence[Job], overwrite: bool, skip_existing: bool) -> list[Job]:
    """The jobs, with those marked `done` whose target exists and is to be kept.

    Raises:
        UsageError, MasksegError: as `plan_outputs`.
    """
    if overwrite and skip_existing:
        raise UsageError("--overwrite and --skip-existing contradict each other: give one.")
    _refuse_inputs([job.target for job in jobs], [job.source for job in jobs])
    _refuse_collisions(jobs)
    for folder in {job.target.parent for job in jobs if job.target is not None}:
        check_writable(folder)
    existing = [job.target for job in jobs if job.target is not None and _is_taken(job.target)]
    if existing and not overwrite and not skip_existing:
        refuse_existing(existing)
    kept = set(existing) if skip_existing else set()
    return [replace(job, done=job.target in kept) for job in jobs]


def refuse_existing(existing: Sequence[Path]) -> None:
    """Raises the error for outputs that are there already."""
    more = f" (and {len(existing) - 1} more)" if len(existing) > 1 else ""
    raise MasksegError(f"{existing[0]} exists already{more}: --overwrite replaces, --skip-existing keeps.")


def check_extra_output(path: Path, jobs: Sequence[Job]) -> None:
    """Checks that a further output (--json) is no input and no other output.

    Raises:
        UsageError: it is.
    """
    _refuse_inputs([path], [job.source for job in jobs])
    if path.is_dir():
        raise UsageError(f"{path} is a folder; name a file.")
    check_writable(path.parent)
    for job in jobs:
        if job.target is not None and _same_name(path, job.target):
            raise UsageError(f"{path} would be the result of {job.source.name} too: choose another name.")


def _job(source: Source, sources: Sequence[Source], output: str | None, wanted: str | None) -> Job:
    if output == "-" or (output is None and source.path is None):
        if len(sources) > 1:
            raise UsageError(f"Standard output takes one photo, not {len(sources)}: give -o a folder.")
        return Job(source, None, wanted or (_suffix_of(source) if source.path else None))
    suffix = wanted or _suffix_of(source)
    if output is None:
        assert source.path is not None
        stem = split_name(source.path.name)[0]
        return Job(source, source.path.with_name(f"{stem}{OUTPUT_MARK}{suffix}"), suffix)
    path = Path(output)
    if not _is_file(output, source, sources):
        name = split_name(source.relative.name)[0] + suffix
        return Job(source, path / source.relative.with_name(name), suffix)
    if _is_device(path):
        return Job(source, path, suffix)
    if wanted and FORMAT_OF[path.suffix.lower()] != FORMAT_OF[wanted]:
        raise UsageError(f"--format says {wanted[1:]}, but the output is called {path}.")
    return Job(source, path, path.suffix)


def _is_file(output: str, source: Source, sources: Sequence[Source]) -> bool:
    """Whether `output` names a file, not a folder."""
    path = Path(output)
    single = len(sources) == 1 and source.alone
    if path.is_dir() or output.endswith(("/", os.sep)):
        return False
    if path.exists() and not single:
        raise UsageError(f"{output} is a file; a folder is needed for {_count(sources)}.")
    if _is_device(path):
        return True
    known = path.suffix.lower() in FORMAT_OF
    if not single:
        if known:
            raise UsageError(
                f"{output} names one picture; a folder is needed for {_count(sources)} ({output}/ if it is to be one)."
            )
        return False
    if not known and (path.suffix or path.exists()):
        raise UsageError(
            f"{output} ends in no picture format that can be written ({' '.join(SUFFIX_OF.values())}); "
            f"a folder is written {output}/."
        )
    return known


def check_writable(folder: Path) -> None:
    """Checks that a folder, which may not exist yet, can be written to.

    Raises:
        MasksegError: it cannot.
    """
    # Better said now than after the last of a thousand photos.
    for parent in (folder, *folder.absolute().parents):
        if parent.is_dir():
            if os.access(parent, os.W_OK | os.X_OK):
                return
            break
        if os.path.lexists(parent):
            raise MasksegError(f"{parent} is no folder, so nothing can be written into it.")
    raise MasksegError(f"The folder {folder} cannot be written: choose another one.")


def _is_device(path: Path) -> bool:
    """Whether something stands there that is written to, not replaced: /dev/null, a named pipe."""
    return path.exists() and not path.is_file() and not path.is_dir()


def _is_taken(path: Path) -> bool:
    return os.path.lexists(path) and not _is_device(path)


def _count(sources: Sequence[Source]) -> str:
    return "a folder of photos" if len(sources) == 1 else f"{len(sources)} photos"


def _suffix_of(source: Source) -> str:
    """The suffix of a result in the format of its photo; .png where that cannot be told."""
    if source.path is None:
        return ".png"
    suffix = split_name(source.path.name)[1]
    if suffix or not source.path.is_file():
        return suffix or ".png"
    with contextlib.suppress(OSError), source.path.open("rb") as file:
        return SUFFIX_OF.get(picture_format(file.read(32)) or "", ".png")
    return ".png"


def _refuse_inputs(targets: Iterable[Path | None], sources: Sequence[Source]) -> None:
    # The file system itself says what is one file: links and other spellings of a name included.
    inputs: dict[tuple[int, int], str] = {}
    for source in sources:
        if source.path is not None and source.path.exists():
            status = source.path.stat()
            inputs[status.st_dev, status.st_ino] = source.name
    for target in targets:
        if target is None or not target.is_file():
            continue
        status = target.stat()
        name = inputs.get((status.st_dev, status.st_ino))
        if name is not None:
            raise UsageError(f"The output {target} is the input {name}; inputs are never overwritten.")


def _refuse_collisions(jobs: Sequence[Job]) -> None:
    seen: dict[str, Job] = {}
    for job in jobs:
        if job.target is None:
            continue
        other = seen.setdefault(_folded(job.target), job)
        if other is not job and other.target is not None and _same_name(job.target, other.target):
            raise UsageError(
                f"{other.source.name} and {job.source.name} would both be written to {job.target}: "
                "do them one after the other, with another output for each."
            )


def _folded(path: Path) -> str:
    return os.path.abspath(path).casefold()


def _same_name(a: Path, b: Path) -> bool:
    """Whether two paths, which may not exist yet, name one file."""
    if os.path.abspath(a) == os.path.abspath(b):
        return True
    return _folded(a) == _folded(b) and _ignores_case(a)


def _ignores_case(path: Path) -> bool:
    """Whether the file system that `path` will lie on takes A for a."""
    for folder in Path(os.path.abspath(path)).parents:
        other = folder.with_name(folder.name.swapcase()) if folder.name else folder
        if folder.exists() and other != folder:
            return other.exists() and other.samefile(folder)
    return os.name == "nt"
