"""`inspect_image`: what the network does with a photo, step by step, as pictures, a page and figures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from maskseg_cli.drawing.drawing_options import DrawingOptions
from maskseg_cli.errors import UsageError
from maskseg_cli.inference.model_options import ModelOptions, files_read
from maskseg_cli.inference.predictor import Predictor
from maskseg_cli.inspection.box_fates import BoxFates, box_fates
from maskseg_cli.inspection.image.activations_step import activations_step
from maskseg_cli.inspection.image.anchors_step import anchors_step
from maskseg_cli.inspection.image.classes_step import classes_step
from maskseg_cli.inspection.image.input_step import input_step
from maskseg_cli.inspection.image.layer_maps import LayerMap, layer_maps
from maskseg_cli.inspection.image.masks_step import masks_step
from maskseg_cli.inspection.image.objectness_step import objectness_step
from maskseg_cli.inspection.image.pages import FIGURES, PAGE, step_files
from maskseg_cli.inspection.image.proposals_step import proposals_step
from maskseg_cli.inspection.image.refinement_step import refinement_step
from maskseg_cli.inspection.image.result_step import result_step
from maskseg_cli.inspection.image.roi_levels_step import roi_levels_step
from maskseg_cli.inspection.image.spot import Spot
from maskseg_cli.inspection.image.spot_step import spot_step
from maskseg_cli.inspection.image.spot_story import SpotStory, spot_story
from maskseg_cli.inspection.image.step import Step
from maskseg_cli.inspection.image.suppression_step import suppression_step
from maskseg_cli.inspection.image.times_step import times_step
from maskseg_cli.inspection.network_trace import NetworkTrace, trace_network
from maskseg_cli.inspection.result_folder import check_folder, write_folder
from maskseg_cli.media.file_lock import FileLocks
from maskseg_cli.media.images import read_image
from maskseg_cli.pipeline.run_options import Model, predictor_loader, split_options
from maskseg_cli.reporter import Reporter

#: Numbers, or a text of them with commas between them.
Numbers: TypeAlias = "Sequence[float] | str"


def inspect_image(
    photo: str | Path,
    folder: str | Path,
    *,
    model: Model = "lite",
    points: Sequence[Numbers] = (),
    boxes: Sequence[Numbers] = (),
    show: Callable[[SpotStory], object] | None = None,
    overwrite: bool = False,
    reporter: Reporter | None = None,
    **options: Any,
) -> NetworkTrace:
    """Writes one picture or more for each step of a photo through the network, and a page that explains them.

    Args:
        photo: a file.
        folder: for the pictures, `index.html` and `trace.json`; it is made if needed.
        model: name of a network, weights file, or a loaded `Predictor`.
        points: (x, y) in pixels of the upright photo, or "412,180": for each the page says why something was found
            there or not.
        boxes: the same for (x1, y1, x2, y2), the box around an object.
        show: is called with what became of each point and box, points first, when all files are written.
        overwrite: replace the results of an earlier run.
        reporter: takes messages.
        **options: fields of `ModelOptions` (`size`, `min_score`, `classes`, `engine` ...) and of `DrawingOptions`.

    Returns:
        the tensors of the run.

    Raises:
        MasksegError: the photo or the weights cannot be read, or there are results already.
        UsageError: an option that is not possible; tiles and test-time augmentation, which are several runs.

    Example:
        >>> trace = inspect_image("photo.jpg", "steps/", size=320)            # doctest: +SKIP
        >>> trace.detections.names                                            # doctest: +SKIP
        ['dog', 'bicycle']
        >>> trace = inspect_image("photo.jpg", "why/", points=[(412, 180)], show=lambda one: print(one.verdict))
        ...                                                                   # doctest: +SKIP
        Found as chair 0.46, below --min-score 0.6.
    """
    address, photo, folder, reporter = str(photo), Path(photo), Path(folder), reporter or Reporter()
    network, drawing = split_options(model, options)
    if network.tta or (network.tiles if isinstance(network, ModelOptions) else network.grid) is not None:
        raise UsageError("inspect image shows one run of the network: leave out --tta and --tiles.")
    spots = spots_of(points, boxes)
    check_folder(folder, (PAGE, FIGURES), overwrite)
    with FileLocks([folder / PAGE]):
        image = read_image(address)  # a path has one slash of http:// only
        for spot in spots:  # before the network is loaded, which takes seconds
            spot.check_within(*image.shape[:2])
        predictor = predictor_loader(network, reporter=reporter)()
        reporter.say(f"Looking into {predictor.name} with {photo.name}.")
        trace = trace_network(predictor, image)
        layers = layer_maps(predictor, trace.molded.image)
        fates = box_fates(trace)
        stories = [spot_story(trace, spot, fates) for spot in spots]
        told = [spot_step(trace, story, number) for number, story in enumerate(stories, start=1)]
        steps = [*told, *steps_of(trace, layers, fates, drawing)]
        heading = f"{photo.name} through {predictor.name}"
        files = step_files(steps, heading, _facts(trace), _document(trace, photo, predictor))
        inputs = [photo, *(files_read(network) if isinstance(network, ModelOptions) else ())]
        write_folder(folder, files, inputs, FIGURES, overwrite)
    if show is not None:
        for story in stories:
            show(story)
    return trace


def spots_of(points: Sequence[Numbers], boxes: Sequence[Numbers]) -> list[Spot]:
    """The spots that are asked about, points first.

    Raises:
        UsageError: one of them is none.
    """
    return [Spot.read(one, count) for count, given in ((2, points), (4, boxes)) for one in given]


def steps_of(
    trace: NetworkTrace, layers: list[LayerMap], fates: BoxFates, drawing: DrawingOptions | None = None
) -> list[Step]:
    """All steps in the order of the computation.

    Args:
        trace: of the photo.
        layers: from `layer_maps`.
        fates: from `box_fates`.
        drawing: how the result is drawn.
    """
    anchors, pairs = fates
    return [
        input_step(trace),
        activations_step(trace, layers),
        anchors_step(trace),
        objectness_step(trace, anchors),
        proposals_step(trace, anchors),
        roi_levels_step(trace),
        classes_step(trace, pairs),
        refinement_step(trace, pairs),
        suppression_step(trace, pairs),
        masks_step(trace),
        result_step(trace, drawing),
        times_step(trace),
    ]


def _facts(trace: NetworkTrace) -> list[tuple[str, str]]:
    """Numbers over the page: how many boxes are left after each part."""
    real = int((trace.proposal_anchors >= 0).sum())
    return [
        ("Anchors", f"{len(trace.anchors):,}"),
        ("Proposals", f"{real:,}"),
        ("Detections", f"{len(trace.detected.boxes):,}"),
        ("Objects shown", f"{len(trace.detections):,}"),
    ]


def _document(trace: NetworkTrace, photo: Path, predictor: Predictor) -> dict[str, Any]:
    """What `trace.json` says of the run."""
    height, width = trace.image.shape[:2]
    return {
        "photo": {"name": photo.name, "width": width, "height": height},
        "network": {"name": predictor.name, "engine": trace.engine, "backbone": trace.config.backbone},
        "boxes": "x1, y1, x2, y2 in pixels of the photo, half-open",
    }
