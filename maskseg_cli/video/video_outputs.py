"""Where the result of each video goes."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePath

from maskseg_cli.errors import UsageError
from maskseg_cli.media.input_files import OUTPUT_MARK, Source
from maskseg_cli.media.outputs import Job, refuse_existing, settle_outputs
from maskseg_cli.video.frame_folder import unfinished_mark
from maskseg_cli.video.output_checks import first_frame
from maskseg_cli.video.video_sources import has_number, is_address, is_sequence

#: Formats that results are written in; a source of another one becomes an MP4.
WRITABLE = (".mp4", ".mov", ".m4v", ".mkv", ".avi", ".webm", ".gif")

#: --format -> what the file, or each file of a folder of frames, ends in.
_FRAMES = {"png": "%06d.png", "jpg": "%06d.jpg"}


def plan_videos(
    sources: Sequence[Source],
    output: str | None = None,
    format_name: str | None = None,
    overwrite: bool = False,
    skip_existing: bool = False,
) -> list[Job]:
    """Plans one output for each video.

    Args:
        sources: what `find_videos` found.
        output: a file or a pattern of frames such as `frames/%06d.png` (one video), a folder (made when needed), or
            None: beside the video as `<name>_maskseg.<ext>`; in the current folder for an address.
        format_name: "mp4" ... "gif", or "png" and "jpg" for folders of frames; None: by the name, or the video's own.

    Raises:
        UsageError: an input would be overwritten, two results would have one name, or the name says nothing.
        MasksegError: an output exists and neither flag was given, or its folder cannot be written.
    """
    jobs = []
    for source in sources:
        target = _target(source, sources, output, format_name)
        jobs.append(Job(source, target, target.suffix))
    return [_settle_frames(job, overwrite, skip_existing) for job in settle_outputs(jobs, overwrite, skip_existing)]


def _settle_frames(job: Job, overwrite: bool, skip_existing: bool) -> Job:
    """The same rules for a folder of frames, which exists if one of its frames does."""
    assert job.target is not None
    taken = first_frame(job.target) if _is_pattern(job.target) else None
    if taken is None or overwrite:
        return job
    if not skip_existing:
        refuse_existing([taken])
    return replace(job, done=not unfinished_mark(job.target).exists())  # a killed run leaves some frames only


def means_folder(output: str) -> bool:
    """Whether an output is a folder in which each result gets a name of its own."""
    path = Path(output)
    return not _is_pattern(path) and (not path.suffix or path.is_dir() or output.endswith(("/", os.sep)))


def _is_pattern(path: Path) -> bool:
    return has_number(path.name) and path.suffix.lower() not in ("", *WRITABLE)


def _target(source: Source, sources: Sequence[Source], output: str | None, format_name: str | None) -> Path:
    if output == "-":
        raise UsageError("A video cannot be written to standard output: give -o a file.")
    stem = _stem(source)
    if output is None:
        beside = Path() if is_address(source.name) else _folder_of(source)
        return _named(beside, PurePath(f"{stem}{OUTPUT_MARK}"), source, format_name)
    path = Path(output)
    single = len(sources) == 1 and source.alone
    if not means_folder(output):
        if not single:
            raise UsageError(f"{output} is one file; a folder is needed for {_count(sources)}: {path.stem}/")
        if format_name is not None and path.suffix.lower() not in _suffixes(format_name):
            raise UsageError(f"--format says {format_name}, but the output is called {output}.")
        return path
    if single and format_name in _FRAMES:
        return path / _FRAMES[format_name]
    return _named(path, source.relative.with_name(stem), source, format_name)


def _named(folder: Path, stem: PurePath, source: Source, format_name: str | None) -> Path:
    if format_name in _FRAMES:
        return folder / stem / _FRAMES[format_name]
    suffix = f".{format_name}" if format_name else _own_suffix(source)
    return folder / stem.with_name(stem.name + suffix)


def _suffixes(format_name: str) -> tuple[str, ...]:
    return {"jpg": (".jpg", ".jpeg"), "mp4": (".mp4", ".m4v")}.get(format_name, (f".{format_name}",))


def _own_suffix(source: Source) -> str:
    suffix = Path(source.name).suffix.lower()
    return suffix if suffix in WRITABLE and not is_address(source.name) else ".mp4"


def _stem(source: Source) -> str:
    name = source.name.split("?")[0].rstrip("/") if is_address(source.name) else source.name
    path = PurePath(name)
    if is_sequence(name):  # numbered pictures are called as their folder
        return Path(os.path.abspath(name)).parent.name or "frames"
    stem = re.sub(r"[^\w.-]+", "_", path.stem) if is_address(source.name) else path.stem
    return stem or "video"


def _folder_of(source: Source) -> Path:
    folder = Path(source.name).parent
    # A video beside numbered pictures would be lost among them.
    return folder.parent if is_sequence(source.name) else folder


def _count(sources: Sequence[Source]) -> str:
    return "a folder of videos" if len(sources) == 1 else f"{len(sources)} videos"
