"""Makes the pictures of an inspection from a bounded number of photos, and the figures that need them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from maskseg_cli.config import MaskRCNNConfig
from maskseg_cli.inspection.data.anchor_targets import empty_molded, picture_targets
from maskseg_cli.inspection.data.drawn_examples import augmented, box_comparison, drawn_example, mini_mask_comparison
from maskseg_cli.inspection.data.example_choice import ExampleReader, spread
from maskseg_cli.inspection.data.figures import box_ious
from maskseg_cli.inspection.data.mini_mask_errors import MiniMaskErrors, example_rows
from maskseg_cli.inspection.data.network import Proposals
from maskseg_cli.inspection.data.picture_files import PictureFiles
from maskseg_cli.inspection.data.roi_targets import RegionTargets, region_targets
from maskseg_cli.inspection.data.statistics import even_choice
from maskseg_cli.inspection.data.survey import Survey
from maskseg_cli.inspection.data.target_pictures import drawn_anchors, drawn_mask_targets, drawn_regions, drawn_window
from maskseg_cli.messages import counted
from maskseg_cli.model.anchors import AnchorCache
from maskseg_cli.pages.thumbnails import Thumbnail
from maskseg_cli.reporter import Reporter
from maskseg_cli.training.inputs import batch_inputs

#: Turns of augmentation that are shown of a photo; mask targets of a photo; side of large pictures on the page.
_TURNS, _MASKS, _LARGE = 5, 4, 900

#: Beginnings of the pictures' file names, in the order of the page.
_SECTIONS = ("photo", "boxes", "input", "mini-mask", "augmented", "anchors", "regions", "mask-target")


@dataclass
class Pictures:
    """The page's pictures by section, and the regions of the photos that were looked at.

    Attributes:
        files: all of them as files.
        sheet, boxes, inputs, mini_masks, augmentation, anchors, regions, masks: those of each section.
        region_targets: of the photos that the network's proposals were made for.
    """

    files: PictureFiles = field(default_factory=PictureFiles)
    sheet: list[Thumbnail] = field(default_factory=list)
    boxes: list[Thumbnail] = field(default_factory=list)
    inputs: list[Thumbnail] = field(default_factory=list)
    mini_masks: list[Thumbnail] = field(default_factory=list)
    augmentation: list[list[Thumbnail]] = field(default_factory=list)
    anchors: list[Thumbnail] = field(default_factory=list)
    regions: list[Thumbnail] = field(default_factory=list)
    masks: list[Thumbnail] = field(default_factory=list)
    region_targets: list[RegionTargets] = field(default_factory=list)


class PictureMaker:
    """Makes the pictures of an inspection.

    Args:
        survey: of the data set.
        read: reads its photos.
        class_names: index -> name, background first.
        config: of the network.
        examples: photos of the contact sheet; other sections show a third of it.
        seed: of the choice and of all sampling.
    """

    def __init__(
        self,
        survey: Survey,
        read: ExampleReader,
        class_names: Sequence[str],
        config: MaskRCNNConfig,
        examples: int,
        seed: int,
    ) -> None:
        self.survey, self.read, self.config = survey, read, config
        self.class_names, self.seed = class_names, seed
        self.made = Pictures()
        self.chosen = even_choice(len(survey.names), examples, seed)
        has_objects = np.bincount(survey.image[survey.is_object], minlength=len(survey.names)) > 0
        #: Photos with objects, in which targets are shown.
        self.shown = spread([number for number in self.chosen if has_objects[number]], max(1, examples // 3))

    def make(self, errors: MiniMaskErrors, proposals: Proposals, reporter: Reporter) -> Pictures:
        """Makes all of them.

        Args:
            errors: what mini masks lose.
            proposals: of the network.
            reporter: is shown the progress.
        """
        steps = [*((self._photo, number) for number in self.chosen), *((self._augmented, n) for n in self.shown[:2])]
        with reporter.progress(len(steps) + len(self.chosen), "photo", "pictures") as show:
            for done, (step, number) in enumerate(steps, 1):
                step(number)
                show(done)
            self._boxes()
            self._mini_masks(errors)
            anchors_of = AnchorCache(self.config)
            for done, number in enumerate(self.chosen, len(steps) + 1):
                self._targets(number, anchors_of, proposals)
                show(done)
        return self.made

    def _named(self, kind: str, number: int, part: str = "") -> str:
        """A file's name: section and number of the photo in the data set, from 1."""
        return f"{_SECTIONS.index(kind) + 1:02d}-{kind}-{number + 1:05d}{part}"

    def _photo(self, number: int) -> None:
        example = self.read(number, self.survey.names[number])
        if example is None:
            return
        caption = f"{self.survey.names[number]}: {counted(int((example.class_ids > 0).sum()), 'object')}"
        picture = drawn_example(example, self.class_names)
        self.made.sheet.append(self.made.files.add(self._named("photo", number), picture, caption))

    def _augmented(self, number: int) -> None:
        example = self.read(number, self.survey.names[number])
        if example is None:
            return
        group = []
        turns = augmented(example, self.config, _TURNS, (self.seed, number))
        for turn, changed in enumerate([example, *turns]):
            caption = f"turn {turn}: {changed.size[1]} x {changed.size[0]} pixels" if turn else "as it is"
            name = self._named("augmented", number, f"-{turn}")
            group.append(self.made.files.add(name, drawn_example(changed, self.class_names), caption))
        self.made.augmentation.append(group)

    def _boxes(self) -> None:
        """The objects whose given box fits their mask worst."""
        rows, ious = box_ious(self.survey)
        order = np.argsort(ious, kind="stable")[: max(2, len(self.chosen) // 2)]
        for row, iou in ((int(rows[place]), float(ious[place])) for place in order):
            number = int(self.survey.image[row])
            example = self.read(number, self.survey.names[number])
            if example is None or iou > 0.999:
                continue
            own = int(row - self.survey.rows_of(number)[0])
            picture = box_comparison(example, own, self.survey.mask_boxes[row], self.survey.given_boxes[row])
            name = self.class_names[abs(int(self.survey.class_ids[row]))]
            caption = f"{self.survey.names[number]}: {name}, IoU {iou:.2f}"
            self.made.boxes.append(self.made.files.add(self._named("boxes", number, f"-{own + 1}"), picture, caption))

    def _mini_masks(self, errors: MiniMaskErrors) -> None:
        measured = dict(zip(errors.rows, errors.ious, strict=True))
        for row in example_rows(errors, self.survey):
            number = int(self.survey.image[row])
            example = self.read(number, self.survey.names[number])
            if example is None:
                continue
            own = int(row - self.survey.rows_of(number)[0])
            picture = mini_mask_comparison(example, own, errors.shape)
            caption = (
                f"{self.survey.names[number]}: {self.class_names[int(self.survey.class_ids[row])]}, "
                f"{self.survey.areas[row]:,.0f} pixels, IoU {measured[row]:.3f}"
            )
            name = self._named("mini-mask", number, f"-{own + 1}")
            self.made.mini_masks.append(self.made.files.add(name, picture, caption, _LARGE, lossless=True))

    def _targets(self, number: int, anchors_of: AnchorCache, proposals: Proposals) -> None:
        """Input, anchors and regions of one photo; those of few photos are drawn."""
        example = self.read(number, self.survey.names[number])
        if example is None:
            return
        inputs = {name: array[0] for name, array in batch_inputs([example], self.config).items()}
        height, width = inputs["image"].shape[:2]
        molded = empty_molded(*example.size, (height, width), self.config)
        found = region_targets(
            inputs, proposals.of(inputs, anchors_of(height, width)), self.config, (self.seed, number)
        )
        self.made.region_targets.append(found)
        if number not in self.shown:
            return
        anchors = picture_targets(
            example.boxes,
            example.class_ids,
            example.weights,
            example.size,
            self.config,
            anchors_of,
            (self.seed, number),
        )
        name, files, image = self.survey.names[number], self.made.files, inputs["image"]
        window = (
            f"input {width} x {height}, window x {molded.window[1]} to {molded.window[3]}, y {molded.window[0]} to "
        )
        caption = f"{name}: photo {example.size[1]} x {example.size[0]}, {window}{molded.window[2]}"
        drawn = drawn_window(inputs, molded, self.config)
        self.made.inputs.append(files.add(self._named("input", number), drawn, caption, _LARGE))
        positives, negatives = int((anchors.match == 1).sum()), int((anchors.match == -1).sum())
        caption = f"{name}: {positives} anchors for {len(anchors.boxes)} objects, {negatives} for background"
        drawn = drawn_anchors(image, anchors, self.config)
        self.made.anchors.append(files.add(self._named("anchors", number), drawn, caption, 2 * _LARGE))
        caption = (
            f"{name}: {found.positives} regions with an object, {len(found.class_ids) - found.positives} background"
        )
        drawn = drawn_regions(image, found, molded, self.config)
        self.made.regions.append(files.add(self._named("regions", number), drawn, caption, _LARGE))
        targets = drawn_mask_targets(image, found, molded, self.config, _MASKS)
        for place, (class_id, drawn) in enumerate(targets, 1):
            label = self._named("mask-target", number, f"-{place}")
            self.made.masks.append(files.add(label, drawn, f"{name}: {self.class_names[class_id]}", 0, lossless=True))
