"""Plans the output of each video."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path, PurePath

from maskseg_cli.addresses import hide_passwords, is_address
from maskseg_cli.errors import UsageError
from maskseg_cli.job import Job, Source
from maskseg_cli.media.input_files import OUTPUT_MARK
from maskseg_cli.media.outputs import check_outputs, describe_sources, existing_file, is_one_file, refuse_format
from maskseg_cli.media.partial_files import partial_path
from maskseg_cli.media.same_file import name_keys
from maskseg_cli.video.output_checks import first_frame
from maskseg_cli.video.video_formats import FORMATS, names_frames
from maskseg_cli.video.video_sources import is_sequence, unfinished_mark

#: --format -> names of the frames' files.
_FRAMES = {"png": "%06d.png", "jpg": "%06d.jpg"}


def plan_videos(
    sources: Sequence[Source],
    output: str | None = None,
    format_name: str | None = None,
    overwrite: bool = False,
    skip_existing: bool = False,
) -> list[Job]:
    """Plans one output for each video; `plan_outputs` does so for photos.

    Where several results would have one name, they get the suffixes of their videos too: a.mov and a.mpg become
    a_mov.mp4 and a_mpg.mp4.

    Args:
        sources: what `find_videos` found.
        output: a file or a pattern of frames such as `frames/%06d.png` (one video), a folder (made when needed), or
            None: beside the video as `<name>_maskseg.<ext>`; in the current folder for an address.
        format_name: "mp4" ... "gif", or "png" and "jpg" for folders of frames; None: by the name, or the video's own.

    Raises:
        UsageError: an input would be overwritten, two results would have one name, or the output does not
            fit the sources or the format.
        MasksegError: an output exists and neither flag was given, or its folder cannot be written.
    """
    jobs = []
    for source, tag in zip(sources, _tags(sources, output, format_name), strict=True):
        target = _target(source, sources, output, format_name, tag)
        jobs.append(Job(source, target, target.suffix))
    _refuse_partial_names([job.target for job in jobs if job.target is not None])
    return check_outputs(jobs, overwrite, skip_existing, _existing, _is_complete)


def _existing(target: Path) -> Path | None:
    """A folder of frames exists if one of its frames does."""
    return first_frame(target) if names_frames(target) else existing_file(target)


def _is_complete(target: Path) -> bool:
    """Whether a result is complete; a run that was killed leaves a folder with some of the frames."""
    return not (names_frames(target) and unfinished_mark(target).exists())


def _refuse_partial_names(targets: Sequence[Path]) -> None:
    """Refuses a result with the name under which another one is kept while it is not complete.

    Raises:
        UsageError: there is one.
    """
    partial = dict(zip(name_keys(map(partial_path, targets)), targets, strict=True))
    for target, key in zip(targets, name_keys(targets), strict=True):
        if key in partial:
            raise UsageError(
                f"{target} is the name for what is left of {partial[key]} if it is stopped: do them one after the "
                "other, with another output for each."
            )


def means_folder(output: str) -> bool:
    """Whether an output is a folder in which each result gets a name of its own."""
    path = Path(output)
    return not names_frames(path) and (not path.suffix or path.is_dir() or output.endswith(("/", os.sep)))


def _tags(sources: Sequence[Source], output: str | None, format_name: str | None) -> list[str]:
    """What is added to the stem of each result so that no two have one name; mostly nothing."""
    tags = [""] * len(sources)
    if output is not None and not means_folder(output):
        return tags
    targets = [_target(source, sources, output, format_name) for source in sources]
    keys = name_keys(targets)
    common = Counter(keys)
    for at, (source, target, key) in enumerate(zip(sources, targets, keys, strict=True)):
        suffix = Path(source.name).suffix.lower()
        if common[key] > 1 and not is_address(source.name) and suffix not in ("", target.suffix):
            tags[at] = f"_{suffix[1:]}"
    # Videos with one suffix, such as those of two addresses, are numbered.
    seen: Counter[str] = Counter()
    targets = [_target(source, sources, output, format_name, tag) for source, tag in zip(sources, tags, strict=True)]
    for at, key in enumerate(name_keys(targets)):
        seen[key] += 1
        if seen[key] > 1:
            tags[at] += f"_{seen[key]}"
    return tags


def _target(
    source: Source, sources: Sequence[Source], output: str | None, format_name: str | None, tag: str = ""
) -> Path:
    if output == "-":
        raise UsageError("A video cannot be written to standard output: give -o a file.")
    stem = _stem(source) + tag
    if output is None:
        beside = Path() if is_address(source.name) else _folder_of(source)
        return _named(beside, PurePath(f"{stem}{OUTPUT_MARK}"), source, format_name)
    path = Path(output)
    single = is_one_file(sources)
    if not means_folder(output):
        if not single:
            several = describe_sources(sources, "video")
            raise UsageError(f"{output} is one file; a folder is needed for {several}: {path.stem}/")
        if format_name is not None and path.suffix.lower() not in _suffixes(format_name):
            refuse_format(format_name, output)
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
    return suffix if suffix in FORMATS and not is_address(source.name) else ".mp4"


def _stem(source: Source) -> str:
    # A password in an address must not become a part of a file's name.
    name = hide_passwords(source.name).split("?")[0].rstrip("/") if is_address(source.name) else source.name
    path = PurePath(name)
    if is_sequence(name):  # the result of numbered pictures has the name of their folder
        return Path(os.path.abspath(name)).parent.name or "frames"
    stem = re.sub(r"[^\w.-]+", "_", path.stem) if is_address(source.name) else path.stem
    return stem or "video"


def _folder_of(source: Source) -> Path:
    folder = Path(source.name).parent
    # A video beside numbered pictures would be hard to find among them.
    return folder.parent if is_sequence(source.name) else folder
