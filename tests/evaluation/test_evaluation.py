"""Average precision on data sets whose answer is known."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from maskseg_cli.coco_classes import COCO_91_CLASSES, COCO_CATEGORY_IDS, COCO_CLASSES
from maskseg_cli.detections import Detections, MaskCrop
from maskseg_cli.errors import MasksegError
from maskseg_cli.evaluation import CocoDataset, Evaluation, evaluate, score_results
from maskseg_cli.evaluation.tables import class_table, per_class, table
from tests.coco_samples import HEIGHT, NAMES, WIDTH, FakePredictor, Sample, found, make_sample

HALF = 51 / 101  # recall 0.5 reached with precision 1: the recall levels 0, 0.01 .. 0.5 of COCO's 101


@pytest.fixture
def sample(tmp_path: Path) -> Sample:
    return make_sample(tmp_path)


def measure(sample: Sample, answer: Callable[..., Detections] | None = None, **options: Any) -> Evaluation:
    predictor = FakePredictor(sample) if answer is None else FakePredictor(sample, answer)
    return evaluate(predictor, sample.annotations, sample.photos, **options)


def aps(evaluation: Evaluation) -> tuple[float | None, float | None]:
    return evaluation.metrics["bbox"]["AP"], evaluation.metrics["segm"]["AP"]


def test_a_perfect_network(sample: Sample, capfd: pytest.CaptureFixture[str]) -> None:
    evaluation = measure(sample)
    everything = {"AP": 1.0, "AP50": 1.0, "AP75": 1.0, "AR100": 1.0}
    assert evaluation.metrics["images"] == 4
    assert list(evaluation.metrics) == ["images", "bbox", "segm", "voc"]
    for kind in ("bbox", "segm"):
        figures = evaluation.metrics[kind]
        assert list(figures) == ["AP", "AP50", "AP75", "APs", "APm", "APl", "AR100"]
        assert {name: figures[name] for name in everything} == pytest.approx(everything)
        assert figures["APl"] is None, "no shape is as large as 96 x 96"
        assert figures["APm"] == pytest.approx(1)
    assert json.loads(json.dumps(evaluation.metrics)) == evaluation.metrics
    assert capfd.readouterr().out == "", "pycocotools' own table does not belong on stdout"


def test_a_network_that_finds_half_of_the_photos(sample: Sample) -> None:
    evaluation = measure(sample, lambda photo, objects: found(objects if photo % 2 else []))
    assert aps(evaluation) == pytest.approx((HALF, HALF))
    assert evaluation.metrics["bbox"]["AR100"] == pytest.approx(0.5)


def test_a_network_that_finds_nothing(sample: Sample) -> None:
    evaluation = measure(sample, lambda *_: found([]))
    assert aps(evaluation) == (0, 0)
    assert evaluation.results == []


def test_false_alarms_cost_precision(sample: Sample) -> None:
    def doubled(_: int, objects: list[tuple[int, np.ndarray]]) -> Detections:
        return found([objects[0], *objects], [0.99, 0.9, 0.8, 0.7])

    def elsewhere(_: int, objects: list[tuple[int, np.ndarray]]) -> Detections:
        nothing = np.zeros((HEIGHT, WIDTH), bool)
        nothing[:8, :8] = True
        return found([(1, nothing), *objects], [0.99, 0.9, 0.8, 0.7])

    assert aps(measure(sample, doubled))[0] == pytest.approx(1), "four hits, then the four second ones"
    ap = measure(sample, elsewhere).metrics["bbox"]["AP"]
    assert ap == pytest.approx((0.5 + 1 + 1) / 3), "four false hits before four true ones: precision at most 1/2"


def test_masks_are_measured_apart_from_boxes(sample: Sample) -> None:
    def filled(_: int, objects: list[tuple[int, np.ndarray]]) -> Detections:
        detections = found(objects)
        boxes = tuple(MaskCrop(m.top, m.left, np.ones_like(m.bitmap)) for m in detections.masks)
        return Detections(detections.xyxy, detections.class_id, detections.confidence, boxes, (HEIGHT, WIDTH), NAMES)

    evaluation = measure(sample, filled)
    box, mask = aps(evaluation)
    assert box == pytest.approx(1)
    by_name = per_class(evaluation)
    assert by_name["motorbike"]["segm"]["AP"] == pytest.approx(1), "a rectangle fills its box"
    # a disk fills about pi / 4 of its box, a triangle about half
    thresholds = np.arange(0.5, 1, 0.05)
    for name, index in (("dog", 2), ("tvmonitor", 3)):
        masks = [next(m for i, m in objects if i == index) for objects in sample.objects.values()]
        overlaps = [MaskCrop.from_full(m).bitmap.mean() for m in masks]
        met = {int((thresholds <= overlap).sum()) for overlap in overlaps}
        assert len(met) == 1, "each photo's overlap lies between the same two thresholds"
        assert by_name[name]["segm"]["AP"] == pytest.approx(met.pop() / 10)
    assert mask == pytest.approx(np.mean([by_name[name]["segm"]["AP"] for name in by_name]))


def test_empty_masks_are_allowed(sample: Sample) -> None:
    def hollow(_: int, objects: list[tuple[int, np.ndarray]]) -> Detections:
        detections = found(objects)
        empty = tuple(MaskCrop(0, 0, np.zeros((0, 0), bool)) for _ in objects)
        return Detections(detections.xyxy, detections.class_id, detections.confidence, empty, (HEIGHT, WIDTH), NAMES)

    assert aps(measure(sample, hollow)) == pytest.approx((1, 0))


def test_hits_in_a_crowd_do_not_count(sample: Sample) -> None:
    crowd = np.zeros((HEIGHT, WIDTH), bool)
    crowd[60:110, 100:155] = True
    alarm = np.zeros_like(crowd)
    alarm[80:100, 120:150] = True

    def add_region(iscrowd: int) -> None:
        uncompressed = {"size": [HEIGHT, WIDTH], "counts": _counts(crowd)}
        region = {
            "id": 99,
            "image_id": 10,
            "category_id": 18,
            "segmentation": uncompressed,
            "iscrowd": iscrowd,
        }
        sample.change(lambda document: document["annotations"].append(region))

    def alarming(photo: int, objects: list[tuple[int, np.ndarray]]) -> Detections:
        return found([*objects, (2, alarm)], [0.5, 0.5, 0.5, 0.9]) if photo == 1 else found(objects, [0.5] * 3)

    assert measure(sample, alarming).metrics["segm"]["AP"] < 0.95
    add_region(iscrowd=1)
    assert aps(measure(sample, alarming)) == pytest.approx((1, 1))
    sample.change(lambda document: document["annotations"].pop())
    add_region(iscrowd=0)
    assert measure(sample, alarming).metrics["segm"]["AP"] < 0.95


def _counts(mask: np.ndarray) -> list[int]:
    flat = mask.ravel(order="F")
    edges = np.flatnonzero(np.diff(flat)) + 1
    return np.diff([0, *edges.tolist(), flat.size]).tolist()


def test_polygons_and_records_with_gaps(sample: Sample) -> None:
    def simplify(document: dict[str, Any]) -> None:
        for annotation in document["annotations"]:
            if annotation["category_id"] == 4:  # rectangles
                x, y, w, h = annotation["bbox"]
                annotation["segmentation"] = [[x, y, x + w, y, x + w, y + h, x, y + h]]
            for key in ("iscrowd", "area", "bbox", "id"):
                del annotation[key]

    sample.change(simplify)
    dataset = CocoDataset.read(sample.annotations)
    first = dataset.annotations[0]
    assert first["area"] == first["bbox"][2] * first["bbox"][3] == sample.objects[1][0][1].sum()
    assert aps(measure(sample)) == pytest.approx((1, 1))


def test_photos_without_objects_count(sample: Sample) -> None:
    sample.change(lambda d: d.update(annotations=[a for a in d["annotations"] if a["image_id"] != 10]))
    evaluation = measure(sample, lambda photo, objects: found(objects, [0.9 if photo == 1 else 0.5] * 3))
    assert evaluation.metrics["images"] == 4
    assert evaluation.metrics["bbox"]["AP"] == pytest.approx(3 / 4), "one false alarm before three hits"
    evaluation = measure(sample, lambda photo, objects: found(objects if photo > 1 else []))
    assert aps(evaluation) == pytest.approx((1, 1))


def test_limit_takes_the_first_photos(sample: Sample) -> None:
    asked = []

    def answer(photo: int, objects: list[tuple[int, np.ndarray]]) -> Detections:
        asked.append(photo)
        return found(objects)

    evaluation = measure(sample, answer, limit=2)
    assert asked == [1, 2]
    assert evaluation.metrics["images"] == 2
    assert aps(evaluation) == pytest.approx((1, 1)), "objects of the other photos are not missed"


def test_progress_sees_every_photo(sample: Sample) -> None:
    seen = []

    def progress(records: Any) -> Any:
        for record in records:
            yield record
            seen.append(record["file_name"])

    measure(sample, progress=progress)
    assert seen == ["1.png", "2.png", "3.png", "4.png"]


def test_missing_and_broken_photos_are_named(sample: Sample) -> None:
    (sample.photos / "2.png").unlink()
    (sample.photos / "3.png").write_bytes(b"oops")
    sample.change(lambda document: document["images"][3].update(width=200))
    sample.change(
        lambda d: [a.update(segmentation=[[1, 1, 9, 1, 9, 9]]) for a in d["annotations"] if a["image_id"] == 40]
    )
    evaluation = measure(sample)
    assert evaluation.metrics["images"] == 1
    assert aps(evaluation) == pytest.approx((1, 1))
    assert all(
        name in sentence for name, sentence in zip(("2.png", "3.png", "4.png"), evaluation.failures, strict=True)
    )
    assert "160 x 120 pixels, but its annotations are for 200 x 120" in evaluation.failures[2]
    (sample.photos / "1.png").unlink()
    with pytest.raises(MasksegError, match=r"Not one photo .*1\.png"):
        measure(sample)


def test_file_names_with_a_folder(sample: Sample) -> None:
    sample.change(lambda d: [image.update(file_name="train/" + image["file_name"]) for image in d["images"]])
    assert measure(sample).metrics["images"] == 4


@pytest.mark.parametrize("names", [("motorbike", "dog", "tvmonitor"), ("Motorcycle", "DOG", "TV")])
@pytest.mark.parametrize("ids", [(4, 18, 72), (1, 2, 3), (3, 1, 2)])
def test_categories_go_by_name(tmp_path: Path, names: tuple[str, ...], ids: tuple[int, ...]) -> None:
    sample = make_sample(tmp_path, names=names, ids=ids)
    evaluation = measure(sample)
    assert aps(evaluation) == pytest.approx((1, 1))
    assert {row["category_id"] for row in evaluation.results} == set(ids)
    assert evaluation.unknown == ()


def test_unknown_classes_stay_in_the_mean(tmp_path: Path) -> None:
    sample = make_sample(tmp_path, names=("motorbike", "dog", "unicorn"))
    evaluation = measure(sample)
    assert evaluation.unknown == ("unicorn",)
    assert aps(evaluation) == pytest.approx((2 / 3, 2 / 3))
    chosen = measure(sample, class_ids=[1, 2])
    assert chosen.unknown == ()
    assert aps(chosen) == pytest.approx((1, 1))
    assert aps(measure(sample, lambda _, o: found(o[1:]), class_ids=[1])) == (0, 0)
    with pytest.raises(MasksegError, match="none of the chosen classes"):
        measure(sample, class_ids=[3])


def test_nothing_in_common(tmp_path: Path) -> None:
    sample = make_sample(tmp_path, names=("circle", "square", "triangle"))
    with pytest.raises(MasksegError, match="no class in common: one has motorcycle, dog, tv, the other circle"):
        measure(sample)


def test_two_names_of_one_class_count_as_one(tmp_path: Path) -> None:
    sample = make_sample(tmp_path, names=("motorbike", "motorcycle", "tv"))
    evaluation = measure(sample, lambda _, objects: found([(1 if index == 2 else index, m) for index, m in objects]))
    assert aps(evaluation) == pytest.approx((1, 1))
    assert evaluation.dataset.categories == {4: "motorbike", 72: "tv"}
    assert [problem.message for problem in evaluation.dataset.problems] == [
        "1 pairs of categories that are one class to the network (counted as one): 'motorbike' and 'motorcycle'"
    ]


def test_names_that_differ_in_case_alone_are_told_apart(tmp_path: Path) -> None:
    sample = make_sample(tmp_path, names=("a", "A", "B"))
    dataset = CocoDataset.read(sample.annotations)
    assert dataset.match_classes(("background", "A", "a", "b")) == {1: 18, 2: 4, 3: 72}


def noisy(photo: int, objects: list[tuple[int, np.ndarray]]) -> Detections:
    """Shifted, doubled, missed and mistaken objects."""
    rng = np.random.default_rng(photo)
    changed = []
    for index, mask in objects * 2:
        shifted = np.roll(mask, rng.integers(-6, 7, 2), (0, 1))
        if rng.random() < 0.8:
            changed.append((index if rng.random() < 0.8 else 1 + index % 3, shifted))
    return found(changed, sorted(rng.random(len(changed)).tolist(), reverse=True))


def test_the_same_as_pycocotools_by_hand(sample: Sample, tmp_path: Path) -> None:
    sample.change(
        lambda document: [annotation.update(id=annotation["id"] + 1) for annotation in document["annotations"]]
    )
    evaluation = measure(sample, noisy)
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO(str(sample.annotations))
        for kind, left_out in (("bbox", "segmentation"), ("segm", "bbox")):
            rows = [{k: v for k, v in row.items() if k != left_out} for row in evaluation.results]
            direct = COCOeval(truth, truth.loadRes(rows), kind)
            direct.evaluate()
            direct.accumulate()
            direct.summarize()
            figures = list(evaluation.metrics[kind].values())
            expected = [direct.stats[i] for i in (0, 1, 2, 3, 4, 5, 8)]
            assert [-1 if figure is None else figure for figure in figures] == pytest.approx(expected)
            assert 0.02 < figures[0] < 0.9


def test_results_score_the_same_again(sample: Sample, tmp_path: Path) -> None:
    evaluation = measure(sample, noisy)
    file = tmp_path / "results.json"
    file.write_text(json.dumps(evaluation.results))
    again = score_results(sample.annotations, file)
    assert again.metrics == evaluation.metrics
    assert per_class(again) == per_class(evaluation)
    file.write_text(json.dumps([{k: v for k, v in row.items() if k != "bbox"} for row in evaluation.results]))
    assert score_results(sample.annotations, file).metrics["segm"] == evaluation.metrics["segm"]
    file.write_text(json.dumps([{k: v for k, v in row.items() if k != "segmentation"} for row in evaluation.results]))
    boxes_only = score_results(sample.annotations, file).metrics
    assert (boxes_only["bbox"], boxes_only["segm"]) == (evaluation.metrics["bbox"], None)


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ({"image_id": 11}, "result 1 belongs to no image or category"),
        ({"category_id": 1}, "result 1 belongs to no image or category"),
        ({"score": None}, "result 1 has no score"),
        ({"bbox": [1, 2, 3]}, "result 1 has no bbox"),
        ({"bbox": None}, "result 1 has no bbox"),
        ({"bbox": [1, 2, float("nan"), 4]}, "result 1 has no bbox"),
        ({"segmentation": {"size": [1, 1], "counts": "1"}}, "result 1 has an outline of another size"),
        ({"segmentation": {"size": [HEIGHT, WIDTH], "counts": "1"}}, "result 1 has run lengths that do not add up"),
        ({"segmentation": [[1, 2, 3]], "bbox": None}, "result 1 has an outline that is no"),
        ({"image_id": [10]}, "result 1 belongs to no image or category"),
    ],
)
def test_wrong_results_get_a_sentence(sample: Sample, tmp_path: Path, row: dict[str, Any], sentence: str) -> None:
    file = tmp_path / "results.json"
    file.write_text(json.dumps([{"image_id": 10, "category_id": 4, "bbox": [1, 2, 3, 4], "score": 1} | row]))
    with pytest.raises(MasksegError, match=sentence):
        score_results(sample.annotations, file)
    file.write_text("{}")
    with pytest.raises(MasksegError, match="not a file of COCO results"):
        score_results(sample.annotations, file)


def test_boxes_without_outlines(sample: Sample) -> None:
    sample.change(lambda document: document["annotations"][0].update(segmentation=[]))
    evaluation = measure(sample)
    assert (evaluation.dataset.unmasked, evaluation.metrics["segm"]) == (1, None)
    assert evaluation.metrics["bbox"]["AP"] == pytest.approx(1)
    assert "mask" not in table(evaluation) + class_table(evaluation)
    # a photo that is left out takes its objects along
    (sample.photos / "1.png").unlink()
    assert measure(sample).metrics["segm"]["AP"] == pytest.approx(1)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda d: d.pop("images"), "no list of images"),
        (lambda d: d.update(categories={}), "no list of categories"),
        (lambda d: d.update(annotations=[1]), "no list of annotations"),
        (lambda d: d.update(images=[], annotations=[]), "there is no image"),
        (lambda d: d.update(categories=[], annotations=[]), "there is no category"),
        (lambda d: d["images"][1].update(id=10), "2.png has the id 10, as another image has"),
        (lambda d: d["images"][1].update(id=1.5), "2.png has no id that is a whole number or a text"),
        (lambda d: d["images"][1].pop("file_name"), "image 20 has no file_name"),
        (lambda d: d["images"][1].update(width=0), "2.png has no width and height"),
        (lambda d: d["categories"][1].update(id=4), "two categories have the id 4"),
        (lambda d: d["categories"][1].update(id="x"), "the category 'x' .* needs a whole number"),
        (
            lambda d: d["annotations"][2].update(image_id=77),
            "annotation 2 belongs to the image 77, which is not",
        ),
        (
            lambda d: d["annotations"][2].update(category_id=5),
            "annotation 2 has the category 5, which is not",
        ),
        (lambda d: d["annotations"][2].update(bbox=[1, 2]), "annotation 2 of 1.png has no bbox of four"),
        (
            lambda d: d["annotations"][2].update(segmentation=[[1, 2, 3, 4, 5, 6, 7]], bbox=None),
            "annotation 2 of 1.png has an outline that is",
        ),
        (
            lambda d: d["annotations"][2].update(segmentation={"size": [3, 3], "counts": "a"}),
            "annotation 2 of 1.png has an outline of another size",
        ),
        (
            lambda d: d["annotations"][2].update(segmentation={"size": [120, 160], "counts": [5]}),
            "annotation 2 of 1.png has run lengths that do not add up",
        ),
        (
            lambda d: d["annotations"][2].update(segmentation={"size": [120, 160], "counts": "0102"}),
            "annotation 2 of 1.png has run lengths that do not add up",
        ),
        (lambda d: d["annotations"][2].update(segmentation=[], bbox=[1]), "annotation 2 of 1.png has no outline and"),
        (lambda d: d["annotations"][2].update(category_id=[4]), r"annotation 2 has the category \[4\], which is not"),
        (lambda d: d["annotations"][2].update(segmentation="yes"), "annotation 2 of 1.png has an outline"),
    ],
)
def test_wrong_annotations_get_a_sentence(sample: Sample, change: Callable[[Any], Any], sentence: str) -> None:
    sample.change(change)
    with pytest.raises(MasksegError, match=sentence) as caught:
        CocoDataset.read(sample.annotations)
    assert "instances.json" in str(caught.value)


def test_ids_may_be_numbers_texts_or_both(sample: Sample) -> None:
    expected = measure(sample, noisy).metrics

    def rename(document: dict[str, Any]) -> None:
        for record in document["images"]:
            record["id"] = f"photo {record['id']}" if record["id"] > 20 else record["id"]
        for record in document["annotations"]:
            record["image_id"] = f"photo {record['image_id']}" if record["image_id"] > 20 else record["image_id"]

    sample.change(rename)
    assert measure(sample, noisy).metrics == expected


def test_the_same_annotation_twice_is_one_object(sample: Sample) -> None:
    sample.change(lambda d: d["annotations"].extend([dict(d["annotations"][0]), d["annotations"][1] | {"id": 0}]))
    dataset = CocoDataset.read(sample.annotations)
    assert len(dataset.annotations) == 12
    assert [(problem.kind, problem.count) for problem in dataset.problems] == [("repeated-annotation", 2)]


def test_boxes_of_no_size_beside_an_outline_are_the_outlines(sample: Sample) -> None:
    expected = CocoDataset.read(sample.annotations).annotations[0]["bbox"]
    sample.change(lambda d: d["annotations"][0].update(bbox=[0, 0, 0, 0]))
    assert CocoDataset.read(sample.annotations).annotations[0]["bbox"] == expected


def test_objects_without_area_count(sample: Sample) -> None:
    """COCO's own train2017 has some."""
    line = [[5, 5, 9, 5, 9, 5, 5, 5]]
    sample.change(lambda d: d["annotations"][0].update(segmentation=line, bbox=[5, 5, 4, 0]))
    assert measure(sample).metrics["bbox"]["AP"] < 1


def test_regions_to_ignore_are_no_objects(sample: Sample) -> None:
    sample.change(lambda d: d["annotations"][0].update(ignore=1))
    assert [a["iscrowd"] for a in CocoDataset.read(sample.annotations).annotations[:2]] == [1, 0]
    assert aps(measure(sample)) == pytest.approx((1, 1))


def test_the_background_is_no_class(sample: Sample) -> None:
    sample.change(lambda d: d["categories"].append({"id": 0, "name": "background"}))
    sample.change(lambda d: d["annotations"].append(d["annotations"][0] | {"id": 99, "category_id": 0}))
    evaluation = measure(sample)
    assert (evaluation.unknown, len(evaluation.category_ids)) == ((), 3)
    assert aps(evaluation) == pytest.approx((1, 1))
    assert [problem.kind for problem in evaluation.dataset.problems] == ["background"]


def test_sizes_that_the_file_lacks_are_those_of_the_photos(sample: Sample) -> None:
    expected = measure(sample).metrics
    sample.change(lambda d: [image.pop("width") for image in d["images"]])
    assert measure(sample).metrics == expected
    results = sample.folder / "results.json"
    results.write_text(json.dumps(measure(sample, noisy).results))
    (sample.photos / "2.png").unlink()
    for evaluation in (measure(sample, noisy), score_results(sample.annotations, results, sample.photos)):
        assert evaluation.metrics["images"] == 3
        assert [(one.kind, one.names) for one in evaluation.dataset.problems] == [("missing-image", ("2.png",))]
    for number in (1, 3, 4):
        (sample.photos / f"{number}.png").write_bytes(b"oops")
    with pytest.raises(
        MasksegError, match=r"(?s)Not one photo of .* can be measured.*3 image files that are no picture"
    ):
        measure(sample)


def test_files_of_via(sample: Sample) -> None:
    """Rectangles of one class in photos whose sizes are not in the file."""
    entries = {}
    for photo, objects in sample.objects.items():
        ys, xs = np.nonzero(objects[0][1])
        x, y = int(xs.min()), int(ys.min())
        shape = {"name": "rect", "x": x, "y": y, "width": int(xs.max()) + 1 - x, "height": int(ys.max()) + 1 - y}
        region = {"shape_attributes": shape, "region_attributes": {"class": "motorbike"}}
        entries[str(photo)] = {"filename": f"{photo}.png", "size": 1, "regions": [region]}
    sample.annotations.write_text(json.dumps(entries))
    evaluation = measure(sample, lambda _, objects: found(objects[:1]))
    assert aps(evaluation) == pytest.approx((1, 1))
    assert evaluation.dataset.categories == {1: "motorbike"}
    with pytest.raises(MasksegError, match=r"1\.png has no width and height"):
        CocoDataset.read(sample.annotations)
    entries["1"]["regions"].append({"shape_attributes": {"name": "rect"}, "region_attributes": {}})
    sample.annotations.write_text(json.dumps(entries))
    with pytest.raises(MasksegError, match=r"1\.png has a region without a class"):
        CocoDataset.read(sample.annotations, sample.photos)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[1, 2]", "not a COCO annotation file"),
        ('{"images": [],\n"annotations": [}', "not valid JSON: line 2"),
        ("\udcff", "not valid JSON"),
    ],
)
def test_files_that_are_no_annotations(tmp_path: Path, text: str, sentence: str) -> None:
    file = tmp_path / "a.json"
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(MasksegError, match=sentence):
        CocoDataset.read(file)
    with pytest.raises(MasksegError, match="There is no file"):
        CocoDataset.read(tmp_path / "none.json")


def test_tables(sample: Sample) -> None:
    evaluation = measure(sample, lambda photo, objects: found(objects if photo % 2 else objects[1:]))
    assert table(evaluation).splitlines() == [
        "4 photos, 12 objects, 3 classes",
        "          AP   AP50   AP75    APs    APm    APl  AR100",
        "box     83.5   83.5   83.5   " + table(evaluation).splitlines()[2][29:],
        "mask    83.5   83.5   83.5   " + table(evaluation).splitlines()[3][29:],
        "VOC mAP50 (Matterport, per photo, scores from 0.7): 50.0",
    ]
    assert table(evaluation).splitlines()[2].split()[-2:] == ["-", "83.3"]
    assert class_table(evaluation).splitlines() == [
        "class      objects     box AP   box AP50    mask AP  mask AP50",
        "motorbike        4       50.5       50.5       50.5       50.5",
        "dog              4      100.0      100.0      100.0      100.0",
        "tvmonitor        4      100.0      100.0      100.0      100.0",
    ]


def test_real_annotations_as_answers(shared: Path) -> None:
    """The truth of real photos, handed back, is found perfect; so boxes, masks and ids keep their meaning."""
    folder = shared / "data/coco"
    dataset = CocoDataset.read(folder / "instances_val.json")
    assert (len(dataset.images), len(dataset.annotations), len(dataset.categories)) == (100, 746, 80)
    photos = iter(dataset.images)

    class Truth:
        class_names = COCO_CLASSES

        def __call__(self, image: np.ndarray) -> Detections:
            record = next(photos)
            objects = [a for a in dataset.annotations if a["image_id"] == record["id"] and not a["iscrowd"]]
            boxes = np.array([a["bbox"] for a in objects], np.float32).reshape(-1, 4)
            boxes[:, 2:] += boxes[:, :2]
            masks = [MaskCrop.from_full(coco_mask.decode(a["segmentation"])) for a in objects]
            ids = [COCO_CATEGORY_IDS.index(a["category_id"]) for a in objects]
            return Detections(
                boxes,
                np.array(ids, np.int32),
                np.ones(len(ids), np.float32),
                tuple(masks),
                image.shape[:2],
                COCO_CLASSES,
            )

    metrics = evaluate(Truth(), dataset, folder / "val").metrics
    for kind in ("bbox", "segm"):
        assert list(metrics[kind].values()) == pytest.approx([1] * 7)


def test_a_network_with_cocos_own_numbers_and_their_gaps(sample: Sample) -> None:
    """Its class ids are category ids (4, 18, 72); what it finds in a gap is nothing that the file knows."""
    numbers = {1: 4, 2: 18, 3: 72}

    def answer(_: int, objects: list[tuple[int, np.ndarray]]) -> Detections:
        wrong = [(12, objects[0][1])]
        shown = found([*wrong, *((numbers[index], mask) for index, mask in objects)], [0.99, 0.9, 0.8, 0.7])
        return dataclasses.replace(shown, class_names=COCO_91_CLASSES)

    predictor = FakePredictor(sample, answer, COCO_91_CLASSES)
    evaluation = evaluate(predictor, sample.annotations, sample.photos)
    assert aps(evaluation) == pytest.approx((1, 1))
    assert {row["category_id"] for row in evaluation.results} == {4, 18, 72}
    assert evaluation.unknown == ()
    dog = evaluate(predictor, sample.annotations, sample.photos, class_ids=[18])
    assert (dog.category_ids, aps(dog)) == ((18,), pytest.approx((1, 1)))
