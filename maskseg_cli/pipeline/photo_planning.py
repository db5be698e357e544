"""`plan_photos`: which photos a run does, and where their results go; of a folder without holding all in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from maskseg_cli.job import Job
from maskseg_cli.media.input_files import find_by_folder, find_sources
from maskseg_cli.media.readable_photos import PhotoSieve, readable_photos
from maskseg_cli.pipeline.job_spool import JobSpool
from maskseg_cli.pipeline.photo_plan import PhotoPlan
from maskseg_cli.pipeline.storage_plan import plan_on_storage, uses_storage
from maskseg_cli.reporter import Reporter


def plan_photos(
    plan: PhotoPlan,
    check: Callable[[Sequence[Job]], None],
    reporter: Reporter,
    may_be_empty: bool = False,
    long: bool = False,
) -> Sequence[Job] | JobSpool:
    """Finds the photos and plans their results.

    Args:
        check: called with the jobs, or with those of one folder after the other; raises errors about their names.
        may_be_empty: it is no error if there is no photo.
        long: one folder's photos may be too many for the memory: they are planned folder by folder and wait on the
            disk. The names of the photos of a single folder are still in memory together.

    Raises:
        UsageError, MasksegError: as `find_sources`, `plan_outputs` and `check`.
    """
    if long and uses_storage(plan):
        check([])
        return plan_on_storage(plan, reporter)
    if not (long and _is_apart(plan)):
        found = readable_photos(
            find_sources(plan.arguments, plan.recursive, plan.avoid, may_be_empty), reporter, may_be_empty
        )
        jobs = plan.jobs(found)
        check(jobs)
        return jobs
    spool, sieve = JobSpool(), PhotoSieve()
    for sources in find_by_folder(Path(plan.arguments[0]), plan.recursive, plan.avoid):
        kept = sieve.keep(sources)
        if kept:
            jobs = plan.jobs(kept)
            check(jobs)
            spool.add(jobs)
    sieve.report(reporter, empty=not len(spool))
    return spool


def _is_apart(plan: PhotoPlan) -> bool:
    """Whether the photos are those of one folder, and no result can replace a photo of another folder below it."""
    folder = Path(plan.arguments[0])
    if len(plan.arguments) > 1 or not folder.is_dir():
        return False
    if plan.output is None:
        return True
    photos, results = folder.resolve(), Path(plan.output).resolve()
    return not (photos.is_relative_to(results) or results.is_relative_to(photos))
