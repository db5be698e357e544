"""Plans the output of each source before the first one is read, so that conflicts are found before any work."""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.job import Job, Source
from maskseg_cli.media.header import picture_format
from maskseg_cli.media.input_files import OUTPUT_MARK
from maskseg_cli.media.picture_formats import (
    FORMAT_OF,
    HEIF_RESULT,
    NAMES,
    SUFFIX_OF,
    is_heif_name,
    split_input_name,
    split_name,
)
from maskseg_cli.media.same_file import file_identity, is_stream, name_keys, same_name
from maskseg_cli.near_names import did_you_mean

#: Endings of files that hold no JSON; pictures' come on top.
_NOT_JSON = frozenset(
    (".csv", ".tsv", ".xls", ".xlsx", ".ods", ".xml", ".yaml", ".yml", ".toml", ".html", ".pdf", ".npz", ".h5")
    + (".mp4", ".mov", ".mkv", ".avi", ".webm", ".gif")
)


def plan_outputs(
    sources: Sequence[Source],
    output: str | None = None,
    format_name: str | None = None,
    overwrite: bool = False,
    skip_existing: bool = False,
) -> list[Job]:
    """Plans one output for each photo; `plan_videos` does so for videos.

    Args:
        sources: what `find_sources` found.
        output: a file (one photo), a folder (made when needed), `-` (standard output), or None: beside the
            input as `<name>_maskseg.<ext>`, and standard output for standard input.
        format_name: one of `picture_formats.NAMES`; None keeps the input's.
        overwrite, skip_existing: what to do about outputs that exist.

    Raises:
        UsageError: an input would be overwritten, two results would have one name, or the output does not fit
            the sources or the format.
        MasksegError: an output exists and neither flag was given, or a folder cannot be written.
    """
    if format_name is not None and format_name not in NAMES:
        hint = did_you_mean(str(format_name), NAMES, 1)
        raise UsageError(f"format is one of {', '.join(NAMES)}, not {format_name!r}{hint}.")
    suffix = f".{format_name}" if format_name else None
    jobs = _kept_apart([_job(source, sources, output, suffix) for source in sources])
    return check_outputs(jobs, overwrite, skip_existing)


def existing_file(target: Path) -> Path | None:
    """The target itself if it exists and would be replaced; None for a device or named pipe."""
    return target if os.path.lexists(target) and not is_stream(target) else None


def check_outputs(
    jobs: Sequence[Job],
    overwrite: bool,
    skip_existing: bool,
    find_existing: Callable[[Path], Path | None] = existing_file,
    is_complete: Callable[[Path], bool] = lambda target: True,
) -> list[Job]:
    """Checks the outputs of all jobs, and marks as `done` those that exist and are kept.

    Args:
        find_existing: a file that exists under the name of a target, or None.
        is_complete: whether a target that exists is complete; else it is written again.

    Raises:
        UsageError, MasksegError: as `plan_outputs`.
    """
    if overwrite and skip_existing:
        raise UsageError("--overwrite and --skip-existing contradict each other: give one.")
    targets = [job.target for job in jobs if job.target is not None]
    refuse_inputs(targets, [job.source.name for job in jobs if job.source.path is not None])
    _refuse_collisions(jobs)
    for folder in {target.parent for target in targets if not is_stream(target)}:
        check_writable(folder)
    existing = {target: found for target in targets if (found := find_existing(target)) is not None}
    if existing and not overwrite and not skip_existing:
        refuse_existing(list(existing.values()))
    kept = {target for target in existing if is_complete(target)} if skip_existing else set()
    return [replace(job, done=job.target in kept) for job in jobs]


def refuse_existing(existing: Sequence[Path]) -> None:
    """Raises the error for outputs that exist already.

    Raises:
        MasksegError: always.
    """
    more = f" (and {len(existing) - 1} more)" if len(existing) > 1 else ""
    raise MasksegError(f"{existing[0]} exists already{more}: --overwrite replaces, --skip-existing keeps.")


def refuse_inputs(targets: Iterable[Path], inputs: Iterable[str | Path]) -> None:
    """Checks that no target is an input; addresses among the inputs are no files and never match.

    Raises:
        UsageError: one is.
    """
    # The file system itself decides what is one file: links and other spellings of a name included.
    names = {file_identity(name): name for name in inputs}
    for target in targets:
        identity = file_identity(target) if target.is_file() else None
        if identity is not None and identity in names:
            raise UsageError(f"The output {target} is the input {names[identity]}; inputs are never overwritten.")


def check_json_name(path: str | Path | None, option: str = "--json") -> None:
    """Checks that the name of a JSON file does not promise another format; "-" and None are not checked.

    Raises:
        UsageError: it does.
    """
    suffix = "" if path is None else Path(path).suffix.lower()
    if suffix in _NOT_JSON or suffix in FORMAT_OF:
        raise UsageError(f"{option} writes JSON, but {path} ends in {suffix}: name it {Path(path or '').stem}.json.")


def check_extra_output(path: Path, jobs: Sequence[Job]) -> None:
    """Checks that a further output (--json) is no input and no other output.

    Raises:
        UsageError: it is.
        MasksegError: its folder cannot be written.
    """
    refuse_inputs([path], [job.source.name for job in jobs if job.source.path is not None])
    if path.is_dir():
        raise UsageError(f"{path} is a folder; name a file.")
    check_file_writable(path)
    for job in jobs:
        if job.target is not None and same_name(path, job.target):
            raise UsageError(f"{path} would be the result of {job.source.name} too: choose another name.")


def check_file_writable(path: Path | None) -> None:
    """Checks that a file can be written: its folder, or the device or pipe itself; None is not checked.

    Raises:
        MasksegError: it cannot.
    """
    if path is None:
        return
    if not is_stream(path):
        check_writable(path.parent)
    elif not os.access(path, os.W_OK):
        raise MasksegError(f"{path} cannot be written: choose another file.")


def check_writable(folder: Path) -> None:
    """Checks that a folder, which may not exist yet, can be written to.

    Raises:
        MasksegError: it cannot.
    """
    # Better now than after the last of a thousand photos.
    for parent in (folder, *folder.absolute().parents):
        if parent.is_dir():
            if os.access(parent, os.W_OK | os.X_OK):
                return
            break
        if os.path.lexists(parent):
            raise MasksegError(f"{parent} is no folder, so nothing can be written into it.")
    raise MasksegError(f"The folder {folder} cannot be written: choose another one.")


def is_one_file(sources: Sequence[Source]) -> bool:
    """Whether the user named one file, so that the output can be one file too."""
    return len(sources) == 1 and sources[0].alone


def describe_sources(sources: Sequence[Source], noun: str) -> str:
    """Several sources in a sentence: "a folder of photos", "3 photos"."""
    return f"a folder of {noun}s" if len(sources) == 1 else f"{len(sources)} {noun}s"


def refuse_format(format_name: str, output: str | Path) -> None:
    """Raises the error for an output whose suffix is not that of --format.

    Raises:
        UsageError: always.
    """
    raise UsageError(f"--format says {format_name}, but the output is called {output}.")


def _job(source: Source, sources: Sequence[Source], output: str | None, wanted: str | None) -> Job:
    if output == "-" or (output is None and source.path is None):
        if len(sources) > 1:
            raise UsageError(f"Standard output takes one photo, not {len(sources)}: give -o a folder.")
        return Job(source, None, wanted or (_suffix_of(source) if source.path else None))
    suffix = wanted or _suffix_of(source)
    if output is None:
        assert source.path is not None
        stem = split_input_name(source.path.name)[0]
        return Job(source, source.path.with_name(f"{stem}{OUTPUT_MARK}{suffix}"), suffix)
    path = Path(output)
    if not _names_file(output, sources):
        name = split_input_name(source.relative.name)[0] + suffix
        return Job(source, path / source.relative.with_name(name), suffix)
    if is_stream(path):
        return Job(source, path, suffix)
    if wanted and FORMAT_OF[path.suffix.lower()] != FORMAT_OF[wanted]:
        refuse_format(wanted[1:], path)
    return Job(source, path, path.suffix)


def _names_file(output: str, sources: Sequence[Source]) -> bool:
    """Whether `output` names a file, not a folder.

    Raises:
        UsageError: it can be neither.
    """
    path = Path(output)
    single = is_one_file(sources)
    if path.is_dir() or output.endswith(("/", os.sep)):
        return False
    several = describe_sources(sources, "photo")
    if path.exists() and not single:
        raise UsageError(f"{output} is a file; a folder is needed for {several}.")
    if is_stream(path):
        return True
    known = path.suffix.lower() in FORMAT_OF
    if not single:
        if known:
            raise UsageError(
                f"{output} names one picture; a folder is needed for {several} ({output}/ if it is to be one)."
            )
        return False
    if not known and (path.suffix or path.exists()):
        raise UsageError(
            f"{output} ends in no picture format that can be written ({' '.join(SUFFIX_OF.values())}); "
            f"a folder is written {output}/."
        )
    return known


def _suffix_of(source: Source) -> str:
    """The suffix of a result in the format of its photo; .png where that is not known."""
    if source.path is None:
        return ".png"
    suffix = split_name(source.path.name)[1]
    if is_heif_name(source.path.name):
        return HEIF_RESULT
    if suffix or not source.path.is_file():
        return suffix or ".png"
    with contextlib.suppress(OSError), source.path.open("rb") as file:
        return SUFFIX_OF.get(picture_format(file.read(32)) or "", ".png")
    return ".png"


def _kept_apart(jobs: list[Job]) -> list[Job]:
    """Renames results of HEIC and AVIF photos that would meet others: telephones store IMG_1.HEIC beside IMG_1.JPG."""
    placed = [job.target for job in jobs if job.target is not None and not is_stream(job.target)]
    keys = dict(zip(placed, name_keys(placed), strict=True))
    numbers = Counter(keys[target] for target in placed)

    def renamed(job: Job) -> Job:
        path, target = job.source.path, job.target
        if path is None or target is None or not is_heif_name(path.name) or numbers[keys.get(target, "")] < 2:
            return job
        stem = split_input_name(path.name)[0]
        return replace(job, target=target.with_name(path.name + target.name[len(stem) :]))

    return [renamed(job) for job in jobs]


def _refuse_collisions(jobs: Sequence[Job]) -> None:
    placed = [job for job in jobs if job.target is not None and not is_stream(job.target)]
    seen: dict[str, Job] = {}
    for job, key in zip(placed, name_keys(job.target for job in placed if job.target is not None), strict=True):
        other = seen.setdefault(key, job)
        if other is not job:
            raise UsageError(
                f"{other.source.name} and {job.source.name} would both be written to {job.target}: "
                "do them one after the other, with another output for each."
            )
