"""The work of `inspect_data`: reads the data set, makes figures and pictures, and writes the folder."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from maskseg_cli.config import MaskRCNNConfig
from maskseg_cli.datasets.annotated_images import AnnotatedImages
from maskseg_cli.datasets.data_source import SHAPES_WORD, DataSource, open_source
from maskseg_cli.datasets.picture_files import check_picture_size
from maskseg_cli.datasets.problems import BadRecord, CompleteProblemLog
from maskseg_cli.errors import MasksegError
from maskseg_cli.inspection.data import content_sections, figures, training_sections
from maskseg_cli.inspection.data.anchor_targets import count_targets, picture_count
from maskseg_cli.inspection.data.data_inspection import FIGURES, PAGE, PROBLEMS, DataInspection
from maskseg_cli.inspection.data.example_choice import ExampleReader
from maskseg_cli.inspection.data.inspection_pictures import PictureMaker, Pictures
from maskseg_cli.inspection.data.mini_mask_errors import MiniMaskErrors
from maskseg_cli.inspection.data.network import find_network, open_proposals, training_config
from maskseg_cli.inspection.data.options import DataOptions
from maskseg_cli.inspection.data.problem_table import problem_counts, problems_csv
from maskseg_cli.inspection.data.statistics import even_choice
from maskseg_cli.inspection.data.survey import Survey, take_survey
from maskseg_cli.inspection.result_folder import write_folder
from maskseg_cli.media.atomic_file import utf8
from maskseg_cli.media.images import read_image
from maskseg_cli.model.anchors import level_counts
from maskseg_cli.pages.page import page
from maskseg_cli.reporter import Reporter
from maskseg_cli.training.inputs import batch_shape
from maskseg_cli.training.rpn_targets import OBJECT_IOU

#: Up to so many photos are all decoded, unless the options say otherwise.
_DECODED = 2000


def run_inspection(
    annotations: str | Path,
    images: str | Path | None,
    folder: Path,
    chosen: DataOptions,
    shapes: tuple[int, int],
    via_attribute: str | None,
    overwrite: bool,
    reporter: Reporter,
) -> DataInspection:
    """Does what `inspect_data` says, with options that are checked."""
    start = find_network(chosen.model)
    log = CompleteProblemLog()
    source = open_source(
        annotations,
        images,
        known_classes=None if start.checkpoint is None else start.checkpoint.class_names,
        shapes=shapes,
        attribute=via_attribute,
        reporter=reporter,
        log=log,
    )
    config = training_config(start, annotations, len(source.class_names), chosen.size, chosen.settings)
    errors = MiniMaskErrors(config.mini_mask_shape, source.object_count)
    survey = take_survey(source, reporter, errors)
    read = ExampleReader(source, log)
    decoded = _decode_all(source, survey, log, read, reporter, chosen.decode)
    counted_images = even_choice(len(survey.names), _target_images(survey, config), chosen.seed)
    targets = count_targets(survey, counted_images, config, chosen.seed, reporter)
    proposals = open_proposals(start, config)
    maker = PictureMaker(survey, read, source.class_names, config, chosen.examples, chosen.seed)
    pictures = maker.make(errors, proposals, reporter)
    found = {
        "annotations": Path(annotations).name,
        "network": _network_figures(config, str(chosen.model)),
        **figures.content_figures(survey, source.class_names, config),
        "boxes": figures.box_figures(survey),
        "mini_masks": figures.mini_mask_figures(errors),
        "anchors": figures.anchor_figures(targets, survey, OBJECT_IOU),
        "regions": {**figures.region_figures(pictures.region_targets), "proposals": proposals.origin},
        "decoded": max(decoded, len(maker.chosen)),
        "problems": problem_counts(log),
        "files": list(pictures.files.files),
    }
    content = "".join(page("maskseg inspect data", Path(annotations).name, _content(found, pictures, log.records)))
    files = {
        **pictures.files.files,
        PROBLEMS: utf8(problems_csv(log.records)),
        FIGURES: utf8(json.dumps(found, indent=1, ensure_ascii=False) + "\n"),
        PAGE: utf8(content),
    }
    inputs = [] if str(annotations) == SHAPES_WORD else [Path(annotations)]
    if isinstance(source, AnnotatedImages):
        inputs += [record.path for record in source.images]
    write_folder(folder, files, inputs, FIGURES, overwrite)
    inspection = DataInspection(folder / PAGE, found, log.records)
    for line in inspection.left_out_lines():
        reporter.warn(line)
    return inspection


def _decode_all(
    source: DataSource,
    survey: Survey,
    log: CompleteProblemLog,
    read: ExampleReader,
    reporter: Reporter,
    decode: bool | None,
) -> int:
    """Decodes every photo where that is wanted; those that cannot be read go into the log. Returns how many."""
    if not isinstance(source, AnnotatedImages):
        return len(source)
    if decode is False or (decode is None and len(source) > _DECODED):
        return 0
    with reporter.progress(len(source), "photo", "decoding") as show:
        for number, record in enumerate(source.images):
            try:
                check_picture_size(record.path, read_image(record.path).shape, (record.height, record.width))
            except (MasksegError, OSError) as error:
                read.give_up(number, survey.names[number], error)
            show(number + 1)
    return len(source)


def _target_images(survey: Survey, config: MaskRCNNConfig) -> int:
    """Over how many pictures training targets are counted; by the anchors of the first."""
    if not len(survey.names):
        return 0
    height, width = (int(side) for side in survey.sizes[0])
    shape = batch_shape([(height, width)], config)
    return picture_count(config, len(survey.names), sum(level_counts(config, *shape)))


def _network_figures(config: MaskRCNNConfig, model: str) -> dict[str, Any]:
    """What the page says about the network."""
    sides = {
        "square": f"into a square of {config.image_max_dim} pixels",
        "fit": f"short side {config.image_min_dim}, long side at most {config.image_max_dim} pixels",
        "shortest": f"short side {config.image_min_dim}, long side at most {config.image_max_dim} pixels",
        "pad64": f"short side at least {config.image_min_dim}, sides padded to multiples of 64 pixels",
        "none": "not resized",
    }
    return {
        "model": Path(model).name,
        "resize": sides[config.image_resize_mode],
        "mode": config.image_resize_mode,
        "mini_mask_shape": list(config.mini_mask_shape),
        "most_objects": config.max_gt_instances,
    }


def _content(found: dict[str, Any], pictures: Pictures, records: list[BadRecord]) -> Iterator[str]:
    """The parts of the page."""
    yield content_sections.overview(found, found["annotations"])
    yield content_sections.problem_section(found, records, found["decoded"])
    yield training_sections.sheet_section(pictures.sheet, found["images"])
    yield content_sections.class_section(found)
    yield content_sections.size_section(found)
    yield training_sections.box_section(found, pictures.boxes)
    yield training_sections.input_section(found, pictures.inputs)
    yield training_sections.mini_mask_section(found, pictures.mini_masks)
    yield training_sections.augmentation_section(pictures.augmentation)
    yield training_sections.anchor_section(found, pictures.anchors)
    yield training_sections.region_section(found, pictures.regions, pictures.masks, found["regions"]["proposals"])
