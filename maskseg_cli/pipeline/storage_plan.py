"""`plan_on_storage`: the photos of a run whose photos or results are on a storage, and where their results go."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import cast

from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.job import Job, Source
from maskseg_cli.media.input_files import OUTPUT_MARK, find_by_folder, is_wanted
from maskseg_cli.media.outputs import refuse_existing
from maskseg_cli.media.picture_formats import HEIF_RESULT, is_heif_name, split_input_name, split_name
from maskseg_cli.media.readable_photos import PhotoSieve
from maskseg_cli.media.storage import StoragePath, is_storage, list_folders
from maskseg_cli.pipeline.job_spool import JobSpool
from maskseg_cli.pipeline.photo_plan import PhotoPlan
from maskseg_cli.reporter import Reporter


def uses_storage(plan: PhotoPlan) -> bool:
    """Whether photos or results are on a storage."""
    return is_storage(plan.output) or any(is_storage(argument) for argument in plan.arguments)


def plan_on_storage(plan: PhotoPlan, reporter: Reporter) -> JobSpool:
    """Lists the photos of one folder, and plans a result of each, under the names that a run without storage has.

    Raises:
        UsageError: several sources, or two photos with one result.
        MasksegError: there is no photo, or a result exists.
    """
    if len(plan.arguments) > 1:
        raise UsageError("Of a storage one folder is done at a time.")
    if plan.overwrite and plan.skip_existing:
        raise UsageError("--overwrite and --skip-existing contradict each other: give one.")
    spool, sieve = JobSpool(), PhotoSieve()
    for sources in _folders(plan):
        kept = sieve.keep(sources)
        existing = _existing(plan, kept)
        targets: dict[str, str] = {}
        jobs = []
        for source in kept:
            target, suffix = _target(plan, source)
            other = targets.setdefault(str(target), source.name)
            if other != source.name:
                raise UsageError(f"{other} and {source.name} would both be written to {target}.")
            there = target.name in existing
            if there and not (plan.overwrite or plan.skip_existing):
                refuse_existing([target])
            jobs.append(Job(source, target, suffix, done=there and plan.skip_existing))
        spool.add(jobs)
    sieve.report(reporter, empty=not len(spool))
    if not len(spool):
        raise MasksegError(f"There is no photo in the folder {plan.arguments[0]}.")
    return spool


def _folders(plan: PhotoPlan) -> Iterator[list[Source]]:
    root = plan.arguments[0]
    if not is_storage(root):
        if not Path(root).is_dir():
            raise UsageError(f"{root} is no folder: of a storage, and into one, a whole folder is done.")
        yield from find_by_folder(Path(root), plan.recursive, None)
        return
    results = StoragePath(plan.output) if plan.output is not None and is_storage(plan.output) else None
    if results is not None and results == StoragePath(root):
        raise UsageError(f"The results would replace the photos in {root}: name another folder.")
    for folder, names in list_folders(root, plan.recursive):
        place = StoragePath(root) / folder
        if results is not None and place.is_relative_to(results):
            continue
        yield [
            Source(cast(Path, place / name), PurePath(folder / name), alone=False) for name in names if is_wanted(name)
        ]


def _target(plan: PhotoPlan, source: Source) -> tuple[Path, str]:
    path = source.path
    assert path is not None
    stem = split_input_name(path.name)[0]
    suffix = HEIF_RESULT if is_heif_name(path.name) else split_name(path.name)[1] or ".png"
    if plan.format is not None:
        suffix = f".{plan.format}"
    if plan.output is None:
        return path.with_name(f"{stem}{OUTPUT_MARK}{suffix}"), suffix
    folder = cast(Path, StoragePath(plan.output)) if is_storage(plan.output) else Path(plan.output)
    return folder / source.relative.with_name(stem + suffix), suffix


def _existing(plan: PhotoPlan, sources: list[Source]) -> set[str]:
    """Names of the files that are in the folder of the results."""
    if not sources:
        return set()
    folder = _target(plan, sources[0])[0].parent
    if not isinstance(folder, StoragePath):
        return {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    return {name for _, names in list_folders(str(folder), recursive=False) for name in names}
