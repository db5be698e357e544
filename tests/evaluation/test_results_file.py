"""Files of results as other programs write them: read as annotations are, and what was converted is said."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from maskseg_cli.cli.evaluate import evaluate as command
from maskseg_cli.errors import MasksegError
from maskseg_cli.evaluation import Evaluation, score_results
from tests.datasets.samples import HEIGHT, SQUARE, WIDTH, document, write

#: x, y, width, height of objects in a photo of 60 x 40 pixels, and their outlines.
BOXES = [[10, 8, 20, 20], [35, 5, 20, 30], [2, 30, 9, 8]]
OUTLINES = [[[x, y, x + w, y, x + w, y + h, x, y + h]] for x, y, w, h in BOXES]
RUNS = [{"size": [HEIGHT, WIDTH], "counts": [HEIGHT * x + y, *([h, HEIGHT - h] * (w - 1)), h]} for x, y, w, h in BOXES]

Row = dict[str, Any]


def rows(outlines: list[Any] | None) -> list[Row]:
    found = [{"image_id": 1, "category_id": 7, "bbox": list(box), "score": 0.9} for box in BOXES]
    return [row | {"segmentation": outline} for row, outline in zip(found, outlines or [None] * 3, strict=True)]


def whole(row: Row) -> Row:
    """The last run, which an encoder may leave away."""
    outline = row["segmentation"]
    rest = HEIGHT * WIDTH - sum(outline["counts"])
    return row | {"segmentation": {**outline, "counts": [*outline["counts"], rest]}}


def score(folder: Path, results: Any) -> Evaluation:
    records = [{"segmentation": outline, "bbox": box} for outline, box in zip(OUTLINES, BOXES, strict=True)]
    annotations, path = write(folder, document(*records)), folder / "results.json"
    path.write_text(results if isinstance(results, str) else json.dumps(results))
    return score_results(annotations, path)


def corners(row: Row) -> Row:
    x, y, width, height = row["bbox"]
    return row | {"bbox": [x, y, x + width, y + height]}


def shares(row: Row) -> Row:
    return row | {"bbox": [side / (HEIGHT if place % 2 else WIDTH) for place, side in enumerate(row["bbox"])]}


def texts(row: Row) -> Row:
    return row | {"bbox": [str(side) for side in row["bbox"]], "score": "0.9"}


def floats(row: Row) -> Row:
    counts = [float(count) for count in row["segmentation"]["counts"]]
    return row | {"segmentation": [{"size": [HEIGHT, WIDTH], "counts": counts}]}


@pytest.mark.parametrize(
    ("outlines", "change", "notes"),
    [
        (None, corners, {"box-corners": 3}),
        (None, shares, {"box-shares": 3}),
        (None, lambda row: shares(corners(row)), {"box-shares": 3, "box-corners": 3}),
        (OUTLINES, corners, {"box-corners": 3}),
        (RUNS, lambda row: corners(whole(row)), {"box-corners": 3}),
        (RUNS, lambda row: floats(whole(row)), {}),
        (OUTLINES, texts, {}),
        (OUTLINES, lambda row: row | {"bbox": json.dumps(row["bbox"])}, {}),
    ],
    ids=["corners", "shares", "corners from 0 to 1", "polygons", "run lengths", "floats", "texts", "JSON in texts"],
)
def test_one_meaning(
    tmp_path: Path, outlines: list[Any] | None, change: Callable[[Row], Row], notes: dict[str, int]
) -> None:
    evaluation = score(tmp_path, list(map(change, rows(outlines))))
    assert evaluation.metrics["bbox"]["AP"] == pytest.approx(1)
    if outlines is not None:
        assert evaluation.metrics["segm"]["AP"] == pytest.approx(1)
    assert {note.kind: note.count for note in evaluation.notes} == notes


@pytest.mark.parametrize(
    ("read", "words"),
    [
        (lambda x, y, w, h: [x + w / 2, y + h / 2, w, h], "centre x, centre y, width, height"),
        (lambda x, y, w, h: [y, x, y + h, x + w], "y1, x1, y2, x2"),
    ],
)
def test_why_no_box_fits(tmp_path: Path, read: Callable[..., list[float]], words: str) -> None:
    evaluation = score(tmp_path, [row | {"bbox": read(*row["bbox"])} for row in rows(None)])
    assert [note.message for note in evaluation.notes if note.kind == "no-hit"] == [
        f"3 results, of which none fits an object: their boxes fit if they are read as {words}"
    ]


def test_no_result_fits_or_there_is_none(tmp_path: Path) -> None:
    [note] = score(tmp_path, [row | {"bbox": [55, 0, 3, 3]} for row in rows(None)]).notes
    assert note.message.endswith("are the boxes x, y, width, height in pixels, and the ids those of the annotations?")
    assert [note.message for note in score(tmp_path, []).notes] == ["there is no result at all"]


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"image_id": "1.png"}, "image_id"),
        ({"image_id": "photos/1.png"}, None),
        ({"category_id": "cat"}, "category_id"),
        ({"score": 90}, "score-range"),
        ({"bbox": [0, 0, 0, 0]}, ""),
        ({"segmentation": [[]]}, "outline-empty"),
    ],
)
def test_fields_of_other_forms(tmp_path: Path, fields: Row, kind: str | None) -> None:
    content = [row | fields for row in rows(OUTLINES)]
    if kind is None:
        with pytest.raises(MasksegError, match=r"image 'photos/1\.png', category 7"):
            score(tmp_path, content)
        return
    evaluation = score(tmp_path, content)
    assert evaluation.metrics["bbox"]["AP"] == pytest.approx(1)
    assert [(note.kind, note.count) for note in evaluation.notes] == ([(kind, 3)] if kind else [])


def test_what_was_converted_is_said(tmp_path: Path) -> None:
    score(tmp_path, list(map(corners, rows(None))))
    files = [str(tmp_path / "annotations.json"), "--from-results", str(tmp_path / "results.json")]
    said = CliRunner().invoke(command, files, catch_exceptions=False).stderr
    assert f"{files[2]}: 3 boxes as x1 y1 x2 y2 (read so; COCO's are x, y, width, height): result 1, result 2" in said


def test_one_box_far_over_the_edge_is_said(tmp_path: Path) -> None:
    evaluation = score(tmp_path, [corners(rows(None)[1])])
    note = evaluation.notes[0]
    assert note.message == (
        "1 boxes that reach far over the edge of their picture (kept; are they x1 y1 x2 y2?): result 1"
    )


def test_boxes_that_are_not_their_masks(tmp_path: Path) -> None:
    """As the centre, width and height of a box."""
    centres = [
        row | {"bbox": [x + w / 2, y + h / 2, w, h]} for row, (x, y, w, h) in zip(rows(OUTLINES), BOXES, strict=True)
    ]
    evaluation = score(tmp_path, centres)
    assert evaluation.metrics["segm"]["AP"] == pytest.approx(1)
    assert {note.kind: note.count for note in evaluation.notes} == {"box-elsewhere": 3, "no-hit": 3}


@pytest.mark.parametrize("beginning", ["", "\ufeff"])
def test_one_record_a_line(tmp_path: Path, beginning: str) -> None:
    lines = "\r\n".join(json.dumps(row) for row in rows(OUTLINES))
    assert score(tmp_path, f"{beginning}{lines}\n\n").metrics["segm"]["AP"] == pytest.approx(1)
    assert len(score(tmp_path, beginning + json.dumps(rows(OUTLINES)[0])).results) == 1
    with pytest.raises(MasksegError, match="has one result a line, but line 4 is not valid JSON"):
        score(tmp_path, f'{beginning}{lines}\n{{"image_id": 1')


FRAME = {"file_name": "a.mp4", "frame": 0, "annotations": []}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (json.dumps(FRAME) + "\n" + json.dumps(FRAME), "the lines of --json-lines"),
        ({"images": [], "annotations": [], "categories": []}, "it is a data set with images and annotations; results"),
        ([{"image_id": 1, "category_id": 8, "bbox": [1, 2, 3, 4], "score": 1}], r"8; its categories are 7, 5\)"),
        ("image_id,category_id,bbox,score\n1,7,2,3\n", "is a table .*: write the results in COCO's result format"),
        ([{"image_id": 1, "category_id": 7, "bbox": [1, 2, 3, 4], "score": 10**400}], r"but 1000000\d* \.\.\.\.$"),
        ([{"image_id": 10**400, "category_id": 7, "bbox": [1, 2, 3, 4], "score": 1}], r"image 10*0 \.\.\., category 7"),
        ([{"image_id": 1, "category_id": 7, "bbox": [1, None, 3, 4], "score": 1}], r"but \[1, None, 3, 4\]"),
        (
            [{"image_id": 1, "category_id": 7, "score": 1, "segmentation": [SQUARE, {"a": 1}]}],
            r"has an outline with the record {'a': 1} among its polygons",
        ),
        (
            [{"image_id": 1, "category_id": 7, "score": 1, "segmentation": [[None, *SQUARE[1:]]]}],
            "has an outline with null in place of a number",
        ),
    ],
)
def test_a_sentence_for_the_others(tmp_path: Path, content: Any, words: str) -> None:
    with pytest.raises(MasksegError, match=words) as caught:
        score(tmp_path, content)
    assert len(str(caught.value)) < 400 + 2 * len(str(tmp_path))
