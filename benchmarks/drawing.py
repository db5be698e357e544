"""Times the renderer on 15 real instances of a 1280 x 720 frame, against supervision's annotators.

    python benchmarks/drawing.py [--rounds 100] [--scene {median,largest,generated}] [--parts]

The objects are annotations of COCO val2017 scaled to the frame, from the folder ../shared/data/coco beside
the checkout; without it, segments of scikit-image's coffee photo. Both renderers draw the same masks,
contours, boxes and captions, turn by turn in one run.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from maskseg_cli.detections import Detections, MaskCrop
from maskseg_cli.drawing import DrawingOptions, draw

WIDTH, HEIGHT, COUNT = 1280, 720, 15
GOAL_MS = 3.0
COCO_FOLDER = Path(__file__).resolve().parents[2] / "shared" / "data" / "coco"

Scene = tuple[str, NDArray[np.uint8], Detections]


def coco_scene(folder: Path, rank: str) -> Scene:
    """The 15 largest objects of one image with at least 15: the one whose boxes cover the median share of the
    frame ("median"), or the greatest ("largest")."""
    from pycocotools import mask as rle
    from pycocotools.coco import COCO

    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO(str(folder / "instances_val.json"))
    candidates = []
    for image_id in coco.getImgIds():
        objects = [a for a in coco.loadAnns(coco.getAnnIds(image_id)) if not a["iscrowd"]]
        objects = sorted(objects, key=lambda a: -a["area"])[:COUNT]
        info = coco.loadImgs(image_id)[0]
        if len(objects) == COUNT:
            share = sum(a["bbox"][2] * a["bbox"][3] for a in objects) / (info["width"] * info["height"])
            candidates.append((share, info["file_name"], info["width"], info["height"], objects))
    candidates.sort(key=lambda candidate: candidate[:2])
    _, name, width, height, objects = candidates[-1 if rank == "largest" else len(candidates) // 2]

    categories = sorted(coco.getCatIds())
    class_names = ("background", *(category["name"] for category in coco.loadCats(categories)))
    scale = np.array([WIDTH / width, HEIGHT / height])
    masks, boxes, class_ids = [], [], []
    for item in objects:
        polygons = [(np.reshape(p, (-1, 2)) * scale).ravel().tolist() for p in item["segmentation"]]
        masks.append(MaskCrop.from_full(rle.decode(rle.merge(rle.frPyObjects(polygons, HEIGHT, WIDTH)))))
        x, y, w, h = item["bbox"]
        boxes.append(np.array([x, y, x + w, y + h]) * np.tile(scale, 2))
        class_ids.append(categories.index(item["category_id"]) + 1)
    frame = cv2.resize(cv2.imread(str(folder / "val" / name)), (WIDTH, HEIGHT))
    return f"COCO val2017 {name}", frame, _detections(boxes, class_ids, masks, class_names)


def generated_scene() -> Scene:
    """SLIC segments of scikit-image's coffee photo, each as a Mask R-CNN would give it: 28 x 28 cells, enlarged."""
    from skimage import data, segmentation

    photo = cv2.resize(data.coffee(), (WIDTH, HEIGHT))
    labels = segmentation.slic(photo, n_segments=150, compactness=12, start_label=1)
    masks = [MaskCrop.from_full(labels == label) for label in np.unique(labels)]
    masks = [_in_cells(mask) for mask in sorted(masks, key=lambda mask: -mask.area)[:COUNT]]
    boxes = [(m.left, m.top, m.left + m.bitmap.shape[1], m.top + m.bitmap.shape[0]) for m in masks]
    frame = cv2.cvtColor(photo, cv2.COLOR_RGB2BGR)
    return (
        "segments of scikit-image's coffee",
        frame,
        _detections(boxes, [1] * COUNT, masks, ("background", "part")),
    )


def _in_cells(mask: MaskCrop, side: int = 28) -> MaskCrop:
    height, width = mask.bitmap.shape
    cells = cv2.resize(mask.bitmap.astype(np.float32), (side, side), interpolation=cv2.INTER_AREA)
    return MaskCrop(mask.top, mask.left, cv2.resize(cells, (width, height)) >= 0.5)


def _detections(boxes: Any, class_ids: Any, masks: Any, class_names: Any) -> Detections:
    scores = np.linspace(0.99, 0.5, COUNT).astype(np.float32)
    boxes = np.array(boxes, np.float32)
    return Detections(boxes, np.array(class_ids, np.int32), scores, tuple(masks), (HEIGHT, WIDTH), tuple(class_names))


def supervision_renderer(frame: NDArray[np.uint8], detections: Detections) -> Callable[[], Any]:
    """Mask, polygon, box and label annotators with their defaults; one colour per object, as here."""
    import supervision as sv

    theirs = detections.to_supervision()
    texts = [f"{n} {s:.0%}" for n, s in zip(detections.names, detections.confidence.tolist(), strict=True)]
    lookup = sv.ColorLookup.INDEX
    annotators = [
        sv.MaskAnnotator(color_lookup=lookup),
        sv.PolygonAnnotator(color_lookup=lookup),
        sv.BoxAnnotator(color_lookup=lookup),
    ]
    label_annotator = sv.LabelAnnotator(color_lookup=lookup)

    def render() -> Any:
        canvas = frame.copy()
        for annotator in annotators:
            canvas = annotator.annotate(canvas, theirs)
        return label_annotator.annotate(canvas, theirs, labels=texts)

    return render


def median_times(renderers: dict[str, Callable[[], Any]], rounds: int) -> dict[str, float]:
    """Median milliseconds of each renderer, called in turn so that all meet the same state of the machine."""
    times: dict[str, list[float]] = {name: [] for name in renderers}
    for turn in range(rounds + 3):
        for name, render in renderers.items():
            start = time.perf_counter()
            render()
            if turn >= 3:  # the first turns warm caches and fonts
                times[name].append(1000 * (time.perf_counter() - start))
    return {name: statistics.median(values) for name, values in times.items()}


def main() -> None:
    """Prints a line per renderer and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--scene", choices=("median", "largest", "generated"), default="median")
    parser.add_argument("--parts", action="store_true", help="also time each part of the drawing alone")
    parser.add_argument("--save", type=Path, metavar="PNG", help="also write the drawn frame")
    arguments = parser.parse_args()

    if arguments.scene == "generated" or not COCO_FOLDER.is_dir():
        name, frame, detections = generated_scene()
    else:
        name, frame, detections = coco_scene(COCO_FOLDER, arguments.scene)
    boxes = detections.xyxy
    share = float(np.prod(boxes[:, 2:] - boxes[:, :2], axis=1).sum()) / (WIDTH * HEIGHT)
    print(f"{len(detections)} objects of {name} on {WIDTH} x {HEIGHT}; their boxes add up to {share:.0%} of it")

    renderers: dict[str, Callable[[], Any]] = {"maskseg": lambda: draw(frame, detections)}
    with contextlib.suppress(ImportError):
        renderers["supervision"] = supervision_renderer(frame, detections)
    if arguments.parts:
        nothing = DrawingOptions(masks=False, contours=False, boxes=False, captions=False)
        renderers["  copy alone"] = lambda: draw(frame, detections, nothing)
        for part in ("masks", "contours", "boxes", "captions"):
            options = nothing.replace(**{part: True})
            renderers[f"  copy and {part}"] = lambda options=options: draw(frame, detections, options)  # type: ignore[misc]
    times = median_times(renderers, arguments.rounds)
    for label, milliseconds in times.items():
        print(f"{label:20} {milliseconds:7.2f} ms")
    if "supervision" in times:
        print(f"{'ratio':20} {times['supervision'] / times['maskseg']:7.1f}")
    verdict = "met" if times["maskseg"] <= GOAL_MS else "missed"
    print(f"goal of {GOAL_MS:g} ms a frame: {verdict}")
    if arguments.save:
        cv2.imwrite(str(arguments.save), draw(frame, detections))


if __name__ == "__main__":
    main()
