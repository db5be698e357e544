"""A survey against the examples that training reads, and the log of every bad record."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest

from maskseg_cli.datasets.data_source import open_source
from maskseg_cli.datasets.problem_kinds import KINDS
from maskseg_cli.datasets.problems import NAMES_KEPT, CompleteProblemLog, ProblemLog
from maskseg_cli.datasets.shapes import ShapesSource, make_coco
from maskseg_cli.inspection.data.figures import box_ious, content_figures
from maskseg_cli.inspection.data.mini_mask_errors import MiniMaskErrors
from maskseg_cli.inspection.data.problem_table import COLUMNS, problem_counts, problems_csv
from maskseg_cli.inspection.data.survey import take_survey


@pytest.fixture(scope="module")
def bad_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Shapes on disk: a shifted box, a crowd, an object with a box alone, ten broken outlines, a missing photo."""
    folder = tmp_path_factory.mktemp("bad")
    path = make_coco(folder, count=4, size=(64, 80), seed=3)
    document = json.loads(path.read_text())
    first, second = document["annotations"][:2]
    first["bbox"][0] = 0 if first["bbox"][0] > 30 else 50
    document["annotations"] += [
        {**second, "id": 901, "iscrowd": 1, "bbox": [2, 2, 30, 30]},
        {"id": 902, "image_id": 2, "category_id": 1, "bbox": [5, 6, 20, 10]},
        *(
            {"id": 910 + number, "image_id": 3, "category_id": 1, "segmentation": [[1, 2, "=x", 4, 5, 6]]}
            for number in range(10)
        ),
    ]
    document["images"].append({"id": 77, "file_name": "images/gone.png", "width": 80, "height": 64})
    document["categories"].append({"id": 8, "name": "never"})
    path.write_text(json.dumps(document))
    return path


@pytest.mark.parametrize("kind", ["file", "shapes"])
def test_the_survey_has_what_training_reads(bad_set: Path, kind: str) -> None:
    source = open_source(bad_set) if kind == "file" else ShapesSource(5, 64)
    survey = take_survey(source)
    assert len(survey.names) == len(source) > 3
    for number in range(len(source)):
        example, rows = source[number], survey.rows_of(number)
        assert survey.names[number] == example.name
        assert tuple(survey.sizes[number]) == example.size
        for mine, theirs in (
            (survey.boxes, example.boxes),
            (survey.class_ids, example.class_ids),
            (survey.weights, example.weights),
            (survey.has_mask, example.has_mask),
            (survey.areas, [mask.area for mask in example.masks]),
        ):
            assert np.array_equal(mine[rows], theirs)


def test_photos_are_not_decoded_for_the_survey(bad_set: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = open_source(bad_set)
    monkeypatch.setattr("maskseg_cli.datasets.annotated_images.read_image", lambda path: pytest.fail("decoded"))
    assert take_survey(source).is_object.sum() == source.object_count


def test_refused_boxes_are_compared_and_not_used(bad_set: Path) -> None:
    survey = take_survey(open_source(bad_set))
    rows, ious = box_ious(survey)
    assert np.flatnonzero(ious < 0.5).tolist()
    worst = rows[np.argmin(ious)]
    assert survey.given_boxes[worst, 0] in (0, 50)
    assert np.array_equal(survey.boxes[worst], survey.mask_boxes[worst])
    # The object with a box alone has no mask to compare with.
    assert len(rows) == len(survey.areas) - 1
    assert not survey.has_mask.all()


def test_figures_count_objects_crowds_and_empty_classes(bad_set: Path) -> None:
    from maskseg_cli.config import LITE

    source = open_source(bad_set)
    survey = take_survey(source)
    found = content_figures(survey, source.class_names, LITE)
    assert found["objects"] == source.object_count == sum(one["objects"] for one in found["classes"].values())
    assert found["ignored_regions"] == 1
    assert found["boxed_only"] == 1
    assert found["classes"]["never"] == {"objects": 0, "images": 0, "ignored": 0}
    assert sum(found["object_sizes"]["network"]["groups"].values()) == found["objects"]
    # A square root of an area grows by the factor of the resize: the short side of 64 pixels becomes 400.
    original, network = (found["object_sizes"][name]["median"] for name in ("original", "network"))
    assert network == pytest.approx(original * 400 / 64, rel=1e-3)


def test_every_bad_record_is_kept_and_only_the_first_names_in_training(bad_set: Path) -> None:
    log, usual = CompleteProblemLog(), ProblemLog()
    source, same = open_source(bad_set, log=log), open_source(bad_set, log=usual)
    assert source.problems == same.problems
    assert not hasattr(usual, "records")
    assert all(len(one.names) <= NAMES_KEPT for one in usual.problems())
    counts = {problem.kind: problem.count for problem in log.problems()}
    assert counts["outline-number"] == 10
    assert counts["missing-image"] == 1
    assert counts["box-differs"] == 2
    for kind, count in counts.items():
        assert sum(record.kind == kind for record in log.records) == count
    rows = list(csv.DictReader(io.StringIO(problems_csv(log.records))))
    assert tuple(rows[0]) == COLUMNS
    assert len(rows) == sum(counts.values())
    assert {row["record"] for row in rows if row["kind"] == "outline-number"} == {
        f"annotation {910 + number} of images/{same[2].name}" for number in range(10)
    }
    assert problem_counts(log)["missing-image"] == {"count": 1, "what": KINDS["missing-image"].what, "done": "left out"}


def test_cells_are_no_formulas_for_a_spreadsheet() -> None:
    log = CompleteProblemLog()
    log.add("missing-image", "=cmd.jpg")
    assert "'=cmd.jpg" in problems_csv(log.records)


def test_every_kind_says_what_and_its_consequence() -> None:
    assert all(kind.what and "(" not in kind.what and kind.consequence for kind in KINDS.values())


def test_mini_masks_lose_more_with_fewer_cells(bad_set: Path) -> None:
    source = open_source(bad_set)
    fine, coarse = MiniMaskErrors((56, 56), 10), MiniMaskErrors((4, 4), 10)
    take_survey(source, visit=fine)
    survey = take_survey(source, visit=coarse)
    assert fine.rows == coarse.rows
    assert (survey.class_ids[fine.rows] > 0).all()
    assert survey.has_mask[fine.rows].all()
    assert min(fine.ious) > 0.97
    assert np.mean(coarse.ious) < np.mean(fine.ious)
    assert all(0 < iou <= 1 for iou in coarse.ious)
