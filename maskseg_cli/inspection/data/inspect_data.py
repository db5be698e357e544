"""`inspect_data`: looks into a data set and writes a folder with a page, its pictures, figures and bad records."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from maskseg_cli.datasets.data_source import SHAPES_WORD
from maskseg_cli.errors import UsageError
from maskseg_cli.inspection.data.data_inspection import FIGURES, PAGE, PROBLEMS, DataInspection
from maskseg_cli.inspection.data.options import DataOptions
from maskseg_cli.inspection.result_folder import check_folder
from maskseg_cli.media.file_lock import FileLocks
from maskseg_cli.model.tensorflow_start import import_tensorflow
from maskseg_cli.pipeline.run_options import refuse_unknown, take_options
from maskseg_cli.reporter import Reporter


def inspect_data(
    annotations: str | Path,
    images: str | Path | None = None,
    folder: str | Path = "inspection",
    *,
    shapes: tuple[int, int] = (500, 128),
    via_attribute: str | None = None,
    overwrite: bool = False,
    reporter: Reporter | None = None,
    **options: Any,
) -> DataInspection:
    """Looks into a data set as training reads it, and writes a folder with a page that explains it.

    Args:
        annotations: a file or folder of a known format, or the word "shapes".
        images: folder of the photos; None: that of the annotations.
        folder: gets index.html, data.json, problems.csv and the pictures.
        shapes: number of pictures of the built-in data set and their side in pixels.
        via_attribute: as `maskseg train` takes it.
        overwrite: replace an earlier inspection in the folder.
        reporter: is shown the progress.
        options: fields of `DataOptions` by name.

    Raises:
        UsageError: a wrong option.
        MasksegError: the data cannot be read at all, or the folder cannot be written. Single bad records and photos
            never stop it: `DataInspection.left_out` has the photos, and the reporter names them.

    Example:
        >>> found = inspect_data("instances_train.json", "train", "look")  # doctest: +SKIP
        >>> found.figures["objects"], len(found.records)                   # doctest: +SKIP
        (2974, 0)
    """
    chosen, folder = take_options(options, DataOptions), Path(folder)
    refuse_unknown(options, DataOptions)
    _check_request(annotations, images, folder, overwrite)
    # Training's own code computes the targets: wrong options are refused before that is loaded.
    import_tensorflow()
    from maskseg_cli.inspection.data.run import run_inspection

    with FileLocks([folder / PAGE]):
        return run_inspection(
            annotations, images, folder, chosen, shapes, via_attribute, overwrite, reporter or Reporter()
        )


def _check_request(annotations: str | Path, images: str | Path | None, folder: Path, overwrite: bool) -> None:
    """Refuses what cannot work before anything is loaded."""
    if str(annotations) == SHAPES_WORD and images is not None:
        raise UsageError(f"{SHAPES_WORD} are drawn on the fly: leave out the folder {images}.")
    if folder.is_dir() and Path(annotations).is_dir() and folder.samefile(annotations):
        raise UsageError(f"{folder} holds the annotations: name another folder for the page and its pictures.")
    check_folder(folder, (PAGE, FIGURES, PROBLEMS), overwrite)
