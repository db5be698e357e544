"""`EvaluationOptions`: what `maskseg evaluate` reads and writes, the same for the command and for `run_evaluation`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from maskseg_cli.datasets.annotation_options import check_format, format_option, via_attribute_option
from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.media.outputs import check_file_writable, check_json_name, existing_file
from maskseg_cli.option import option


@dataclass(frozen=True)
class EvaluationOptions:
    """What is measured and written.

    Attributes:
        output: JSON file of the figures, 0 to 1.
        results: JSON file of all detections in COCO's result format.
        report: web page with charts, and pictures of what went wrong.
        worst: so many of the worst photos are in the report; None: `WORST`.
        against: file of another network's detections in the same photos, to compare with.
        from_results: such a file, which is scored in place of running a network.
        format: the name of the annotations' format; None: their content shows it.
        via_attribute: the attribute that holds the class, in a file of the VGG Image Annotator.
        limit: only the first so many photos.
        by_class: show a line for each class; the JSON file has them always.
        overwrite: replace output files that exist.

    Raises:
        UsageError: there is no such format.
    """

    output: str | Path | None = option(
        None, "Write the figures as JSON, 0 to 1.", kind="path", metavar="FILE", flags=("--output", "-o")
    )
    results: str | Path | None = option(
        None, "Write all detections in COCO's result format.", kind="path", metavar="FILE"
    )
    report: str | Path | None = option(
        None,
        "Write a web page: AP by class and size, curves, confused classes, and photos with what is missed or wrong.",
        kind="path",
        metavar="FILE",
    )
    worst: int | None = option(
        None, "So many of the worst photos in the report.", kind="whole", least=0, metavar="N", default="12"
    )
    against: str | Path | None = option(
        None,
        "Compare with what another network found in the same photos, a file that --results wrote: differences, and "
        "whether they are more than chance.",
        kind="file",
        metavar="FILE",
    )
    from_results: str | Path | None = option(
        None,
        "Score such a file; no network runs, IMAGES is only needed where ANNOTATIONS lacks sizes.",
        kind="file",
        metavar="FILE",
    )
    format: str | None = format_option("ANNOTATIONS")
    via_attribute: str | None = via_attribute_option()
    limit: int | None = option(None, "Only the first N photos.", kind="whole", least=1, metavar="N")
    by_class: bool = option(False, "Show a line for each class.", flags=("--per-class",))
    overwrite: bool = option(False, "Replace output files that exist.")

    def __post_init__(self) -> None:
        check_format(self.format)

    def outputs(self) -> Iterator[tuple[str, Path]]:
        """The option and the path of each file that is written."""
        for name, path in self._named():
            if path is not None:
                yield name, Path(path)

    def _named(self) -> tuple[tuple[str, str | Path | None], ...]:
        return ("--output", self.output), ("--results", self.results), ("--report", self.report)

    def inputs(self, annotations: str | Path) -> Iterator[Path]:
        """The files that are read, `annotations` among them."""
        for path in (annotations, self.from_results, self.against):
            if path is not None:
                yield Path(path)


def check_names(options: EvaluationOptions, annotations: str | Path) -> None:
    """Checks the names of the outputs against each other, the inputs, and what is written into them.

    Raises:
        UsageError: one cannot be meant so.
    """
    named: dict[Path, str] = {}
    inputs = [path.resolve() for path in options.inputs(annotations)]
    for name, path in options.outputs():
        other = named.setdefault(path.resolve(), name)
        if other != name:
            raise UsageError(f"{other} and {name} name the same file.")
        if path.resolve() in inputs:
            raise UsageError(f"{path} is an input: it is not overwritten.")
        if path.is_dir():
            raise UsageError(f"{path} is a folder; name a file.")
        if name == "--report":
            check_page_name(path, name)
        else:
            check_json_name(path, name)


def check_page_name(path: str | Path, name: str = "A report") -> None:
    """Checks that a file's name is that of a web page.

    Raises:
        UsageError: it is not.
    """
    if Path(path).suffix.lower() not in (".html", ".htm"):
        raise UsageError(f"{name} is a web page: name it {Path(path).stem}.html, not {Path(path).name}.")


def check_writable_outputs(options: EvaluationOptions) -> None:
    """Checks that every output can be written, and may be: before a network runs.

    Raises:
        MasksegError: it exists and `overwrite` is not given, or its folder cannot be written.
    """
    for _, path in options.outputs():
        if existing_file(path) and not options.overwrite:
            raise MasksegError(f"{path} exists: --overwrite replaces it.")
        check_file_writable(path)
