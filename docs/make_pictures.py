"""Makes the pictures of README.md and docs/ with maskseg itself, from the photos of `make demo`.

    python docs/make_pictures.py [--weights FILE]

Writes docs/images/*.jpg, and docs/images/found.json: what was found in the photos, and with which engine. A test makes
pictures and objects again and compares them.
"""

from __future__ import annotations

import argparse
import json
import re
import runpy
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from maskseg_cli import (
    Detections,
    DrawingOptions,
    Frame,
    Predictor,
    SavedDetections,
    Tracker,
    apply_effect,
    draw,
    load_model,
    process_images,
)
from maskseg_cli.drawing.effects.refinement import Refinement
from maskseg_cli.drawing.text import font_of_size
from maskseg_cli.media.images import decode_image, encode_image, read_image, write_image
from maskseg_cli.messages import describe

IMAGES = Path(__file__).parent / "images"
PROJECT = Path(__file__).resolve().parents[1]
EXAMPLES = PROJECT / "examples"

#: Frames of the sample video in the picture of the page on tracking.
TRACKED_FRAMES = (0, 16, 32, 100, 118)

Picture = NDArray[np.uint8]


def side_by_side(pictures: list[Picture], height: int, gap: int = 6) -> Picture:
    """Pictures scaled to one height, with white between them."""
    scaled: list[Picture] = []
    for picture in pictures:
        width = round(picture.shape[1] * height / picture.shape[0])
        if scaled:
            scaled.append(np.full((height, gap, 3), 255, np.uint8))
        scaled.append(np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), np.uint8))
    return np.hstack(scaled)


def drawn_for(height: int, photo: Picture, found: Detections, **options: Any) -> Picture:
    """The drawing with lines and captions that can still be read at this height."""
    scale = photo.shape[0] / height
    return draw(photo, found, line_width=max(1, round(1.5 * scale)), text_size=max(8, 14 * scale), **options)


def photos() -> dict[str, Picture]:
    """The photos of `make demo` as they come out of their JPEG files, BGR."""
    loaders = runpy.run_path(str(EXAMPLES / "make_sample_photos.py"))["PHOTOS"]
    coded = {name: encode_image(load()[:, :, ::-1], ".jpg") for name, load in loaders.items()}
    return {name: decode_image(coded[name], name) for name in ("astronaut", "coffee", "cat")}


def parts(photo: Picture, found: Detections) -> Picture:
    """Each part of the drawing alone."""
    switches = ("masks", "contours", "boxes", "captions")
    shown = [{switch: switch == part for switch in switches} for part in switches]
    return side_by_side([drawn_for(180, photo, found, **only) for only in shown], 180)


def alphas(photo: Picture, found: Detections) -> Picture:
    """The drawing at three alphas."""
    return side_by_side([drawn_for(200, photo, found, alpha=alpha, boxes=False) for alpha in (0.2, 0.5, 0.8)], 200)


def stages(model: Predictor, photo: Picture, found: Detections, count: int = 30) -> Picture:
    """What the network sees on its way: its best proposals, the boxes that remain, and the masks in them."""
    from maskseg_cli.inference.molding import mold
    from maskseg_cli.inference.proposals import propose
    from maskseg_cli.model.anchors import AnchorCache

    molded = mold(photo, model.config)
    height, width = molded.image.shape[:2]
    _, objectness, deltas = model.engine.stages.features(molded.image[None])
    anchors = AnchorCache(model.config)(height, width)
    boxes = propose(objectness[0], deltas[0], anchors, (height, width), model.config)[0] / molded.scale
    canvas = photo.copy()
    for y1, x1, y2, x2 in np.rint(boxes[:count]).astype(int).tolist():
        cv2.rectangle(canvas, (x1, y1), (x2, y2), (0, 220, 255), 2, cv2.LINE_AA)
    final = drawn_for(180, photo, found, masks=False, contours=False)
    masks = drawn_for(180, photo, found, boxes=False, captions=False)
    return side_by_side([photo, canvas, final, masks], 180)


def confidences(model: Predictor, photo: Picture) -> Picture:
    """What counts as found at two values of detection_min_confidence."""
    usual = model.config.detection_min_confidence
    shown = []
    for confidence in (usual, 0.7):
        model.set_min_confidence(confidence)
        shown.append(drawn_for(280, photo, model(photo)))
    model.set_min_confidence(usual)
    return side_by_side(shown, 280)


def own_labels(photo: Picture, found: Detections) -> Picture:
    """The same objects under the network's names and under others."""
    german = {"cup": "Tasse", "spoon": "Löffel", "dining table": "Tisch"}
    named = replace(found, class_names=tuple(german.get(name, name) for name in found.class_names))
    return side_by_side([drawn_for(260, photo, one) for one in (found, named)], 260)


def styles(model: Predictor, photo: Picture) -> Picture:
    """The same photo in each of the styles that docs/style.md shows."""
    page = (PROJECT / "docs" / "style.md").read_text(encoding="utf-8")
    shown = []
    with tempfile.TemporaryDirectory() as folder:
        source, style = Path(folder, "photo.png"), Path(folder, "style.toml")
        write_image(source, photo)
        for number, text in enumerate(re.findall(r"^```toml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)):
            style.write_text(text, encoding="utf-8")
            result = Path(folder, f"{number}.png")
            process_images(source, result, model=model, style=style)
            shown.append(read_image(result))
    return side_by_side(shown, 250)


def contact_sheet(pictures: dict[str, Picture], columns: int = 10, rows: int = 7, cell: int = 128) -> Picture:
    """The photos again and again, small and mirrored in turn, on one sheet."""
    sheet = np.full((rows * cell, columns * cell, 3), 60, np.uint8)
    photos = list(pictures.values())
    for number in range(columns * rows):
        photo = photos[number % len(photos)]
        scale = (cell - 6) / max(photo.shape[:2])
        small = cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        small = small[:, ::-1] if number % 2 else small
        top, left = (place * cell + 3 for place in divmod(number, columns))
        sheet[top : top + small.shape[0], left : left + small.shape[1]] = small
    return sheet


def tiles(weights: str, sheet: Picture) -> Picture:
    """What is found on a sheet of small photos without tiles, and with them."""
    shown = [load_model(weights, tiles=grid)(sheet) for grid in (None, "auto")]
    return side_by_side([draw(sheet, one, captions=False, line_width=2) for one in shown], 360)


def ap_of_classes(most: int = 20) -> Picture:
    """Box and mask AP of the classes with the most objects, as bars, from the figures of the model card."""
    figures = json.loads((PROJECT / "benchmarks" / "model_card" / "figures.json").read_text(encoding="utf-8"))
    classes = figures["accuracy"]["per_class"]
    names = sorted(classes, key=lambda name: -classes[name]["objects"])[:most]
    font, row, left, full = font_of_size(15), 26, 190, 520
    canvas = np.full((row * (len(names) + 2), left + full + 60, 3), 255, np.uint8)
    for percent in range(0, 101, 20):
        x = left + full * percent // 100
        cv2.line(canvas, (x, row), (x, canvas.shape[0] - row), (225, 225, 225), 1)
        font.write(canvas, f"{percent}", x - 6, row - 10, (90, 90, 90))
    for number, name in enumerate(names, start=1):
        values = classes[name]
        font.write(canvas, f"{name} ({values['objects']})", 8, number * row + 17, (40, 40, 40))
        for shift, key, color in ((3, "box_AP", (190, 150, 60)), (13, "mask_AP", (60, 60, 220))):
            top = number * row + shift
            cv2.rectangle(canvas, (left, top), (left + round(full * values[key]), top + 8), color, cv2.FILLED)
    foot = canvas.shape[0] - 9
    for x, text, color in ((left, "box AP, in percent", (190, 150, 60)), (left + 200, "mask AP", (60, 60, 220))):
        cv2.rectangle(canvas, (x, foot - 9), (x + 14, foot), color, cv2.FILLED)
        font.write(canvas, text, x + 20, foot, (40, 40, 40))
    return canvas


def video(model: Predictor) -> Picture:
    """Six frames of the sample video, in two rows."""
    sample = runpy.run_path(str(EXAMPLES / "make_sample_video.py"))
    frames = list(sample["frames"]())
    chosen = [frames[number] for number in (0, 45, 55, 99, 110, 149)]
    shown = [drawn_for(170, frame, model(frame)) for frame in chosen]
    rows = [side_by_side(shown[:3], 170), side_by_side(shown[3:], 170)]
    return np.vstack([rows[0], np.full((6, rows[0].shape[1], 3), 255, np.uint8), rows[1]])


def redrawn(model: Predictor, photo: Picture) -> Picture:
    """A photo drawn three times from one file of saved detections."""
    shown = []
    with tempfile.TemporaryDirectory() as folder:
        source, saved, target = (Path(folder) / name for name in ("photo.png", "found.maskseg", "drawn.png"))
        write_image(source, photo)
        process_images(source, target, model=model, save_detections=saved)
        for options in ({}, {"min_score": 0.15}, {"classes": "person", "boxes": False, "alpha": 0.8}):
            lines: dict[str, Any] = {"drawing": DrawingOptions(line_width=3, text_size=28), "overwrite": True}
            process_images(source, target, model=SavedDetections(saved), **lines, **options)
            shown.append(decode_image(target.read_bytes(), "drawn.png"))
    return side_by_side(shown, 200)


def effects(coffee: Picture, astronaut: Picture, found: dict[str, Detections]) -> Picture:
    """Each effect on a photo, in two rows."""
    rows = [
        [(astronaut, "astronaut", name, {}) for name in ("splash", "blur", "pixelate", "spotlight")],
        [
            (coffee, "coffee", "outline", {}),
            (coffee, "coffee", "background", {"background": "blur"}),
            (coffee, "coffee", "background", {"background": "#2080c0"}),
            (coffee, "coffee", "background", {"background": "transparent"}),
        ],
    ]
    shown = []
    for row in rows:
        pictures = []
        for photo, name, effect, options in row:
            objects = found[name]
            if name == "coffee":
                objects = objects.filter(("cup", "spoon"))  # the table would be the background
            if options:
                objects = Refinement()(Frame(photo), objects)
            picture = apply_effect(photo, objects, effect, **options)
            pictures.append(on_chessboard(picture) if picture.shape[2] == 4 else picture)
        shown.append(side_by_side(pictures, 200))
    width = max(row.shape[1] for row in shown)
    padded = [
        cv2.copyMakeBorder(row, 0, 6, 0, width - row.shape[1], cv2.BORDER_CONSTANT, value=(255, 255, 255))
        for row in shown
    ]
    return np.vstack(padded)


def on_chessboard(picture: Picture) -> Picture:
    """BGRA on grey squares, as pictures with transparent parts are usually shown."""
    rows, columns = np.indices(picture.shape[:2]) // 24
    board = np.where((rows + columns) % 2 == 0, 230, 190)[:, :, None]
    alpha = picture[:, :, 3:] / 255
    return np.asarray(picture[:, :, :3] * alpha + board * (1 - alpha), np.uint8)


def tracks(model: Predictor) -> Picture:
    """Six frames of the sample video around a cut: found frame by frame above, followed over time below."""
    sample = runpy.run_path(str(EXAMPLES / "make_sample_video.py"))
    rate = sample["RATE"]
    frames = [Frame(image, number, number / rate, 1 / rate) for number, image in enumerate(sample["frames"]())]
    usual = model.config.detection_min_confidence
    model.set_min_confidence(0.1)
    found = [model(frame.image) for frame in frames]
    model.set_min_confidence(usual)
    tracker = Tracker(min_score=usual)
    pairs = zip(frames, found, strict=True)
    followed = [one for frame, detections in pairs for one in tracker.push(frame, detections)] + tracker.flush()
    rows = []
    for row in ([one.filter(min_confidence=usual) for one in found], [detections for _, detections in followed]):
        chosen = [drawn_for(150, frames[number].image, row[number]) for number in TRACKED_FRAMES]
        rows.append(side_by_side(chosen, 150))
    return np.vstack([rows[0], np.full((6, rows[0].shape[1], 3), 255, np.uint8), rows[1]])


def first_picture(pictures: dict[str, Picture], found: dict[str, Detections]) -> Picture:
    """README's first picture: the photos of `make demo` with their objects."""
    return side_by_side([drawn_for(280, photo, found[name]) for name, photo in pictures.items()], 280)


def main() -> None:
    parser = argparse.ArgumentParser(description="Makes the pictures of the documentation.")
    parser.add_argument("--weights", default="lite", help="weights of the lite network")
    weights = parser.parse_args().weights
    model = load_model(weights)
    pictures = photos()
    found = {name: model(photo) for name, photo in pictures.items()}
    words = {name: describe(detections.names) for name, detections in found.items()}
    document = {"engine": model.engine.name, "photos": words}
    (IMAGES / "found.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    for name, objects in words.items():
        print(f"{name}: {objects}")
    drawn = {
        "outlined.jpg": first_picture(pictures, found),
        "parts.jpg": parts(pictures["coffee"], found["coffee"]),
        "alpha.jpg": alphas(pictures["coffee"], found["coffee"]),
        "stages.jpg": stages(model, pictures["coffee"], found["coffee"]),
        "video.jpg": video(model),
        "tracks.jpg": tracks(model),
        "confidence.jpg": confidences(model, pictures["astronaut"]),
        "render.jpg": redrawn(model, pictures["astronaut"]),
        "effects.jpg": effects(pictures["coffee"], pictures["astronaut"], found),
        "labels.jpg": own_labels(pictures["coffee"], found["coffee"]),
        "styles.jpg": styles(model, pictures["coffee"]),
        "ap-classes.jpg": ap_of_classes(),
        "tiles.jpg": tiles(weights, contact_sheet(pictures)),
    }
    for name, picture in drawn.items():
        write_image(IMAGES / name, picture, quality=85)
        print(IMAGES / name)


if __name__ == "__main__":
    main()
