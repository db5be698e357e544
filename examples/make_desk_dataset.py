"""Writes a small data set of four classes that COCO does not have: coins, keys, buttons and stamps.

    python examples/make_desk_dataset.py desk

The coins are real: 24 Greek coins, cut out of a museum's photo with their true outlines; the stamps show real photos;
keys and buttons are drawn. They lie on photos and on cardboard, turned, in any size, partly covered, with shadows. The
pictures for validation have coins, photos and grounds that those for training do not have. Nothing is downloaded: all
photos are scikit-image's own sample pictures, part of its package.

    desk/train.json, desk/train/*.jpg    240 pictures to train on; annotations in COCO's format
    desk/val.json, desk/val/*.jpg        40 pictures to measure on
    desk/museum.png                      the museum's photo, for `maskseg image`
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage import data, filters, measure, segmentation

from maskseg_cli.detections import MaskCrop
from maskseg_cli.errors import MasksegError
from maskseg_cli.media.atomic_file import write_atomic
from maskseg_cli.media.images import write_image
from maskseg_cli.rle import encode_rle

CLASSES = ("coin", "key", "button", "stamp")

HEIGHT, WIDTH = 240, 320

#: Smallest and largest longer side of each class in the picture, as shares of the picture's height.
LENGTHS = ((0.14, 0.4), (0.3, 0.6), (0.14, 0.4), (0.2, 0.45))

#: A piece of which less than this can be seen is not put down, nor one that would hide so much of another.
LEAST_VISIBLE = 0.5

#: Coins whose top row in the museum's photo is lower than this are those of its last row: for validation alone.
LAST_ROW = 225

#: Photos under the pieces, and on the stamps.
GROUNDS = {
    "train": (
        *("brick", "grass", "gravel", "coffee", "page", "moon", "astronaut", "camera"),
        *("stereo_motorcycle", "immunohistochemistry"),
    ),
    "val": ("chelsea", "rocket", "text"),
}
STAMPS = {"train": ("astronaut", "coffee", "camera", "moon"), "val": ("chelsea", "rocket", "hubble_deep_field")}

#: BGR of gold, silver, copper, brass and iron.
METALS = np.array([(100, 190, 235), (205, 205, 205), (95, 135, 205), (120, 195, 215), (120, 115, 110)]) / 255

Random = np.random.Generator
Bytes = NDArray[np.uint8]
Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Piece:
    """Something to put down: uint8 BGR (h, w, 3), and float (h, w), 1 where it is and 0 beside it."""

    colours: Bytes
    cover: Floats


def photo(name: str) -> Bytes:
    """One of scikit-image's photos, BGR."""
    pixels = getattr(data, name)()
    pixels = pixels[0] if isinstance(pixels, tuple) else pixels  # a stereo pair and its depths
    return cv2.cvtColor(pixels, cv2.COLOR_GRAY2BGR if pixels.ndim == 2 else cv2.COLOR_RGB2BGR)


def coin_cutouts() -> dict[str, list[Piece]]:
    """The 24 coins of the museum's photo, three times enlarged, those of the last row under "val".

    Their outlines come from a watershed on the photo's edges, as in scikit-image's tutorial on segmentation.
    """
    coins = data.coins()
    markers = np.where(coins < 30, 1, np.where(coins > 150, 2, 0))
    found = measure.label(segmentation.watershed(filters.sobel(coins), markers) == 2)
    pieces: dict[str, list[Piece]] = {"train": [], "val": []}
    for region in measure.regionprops(found):
        if region.area < 400:  # scratches
            continue
        top, left, bottom, right = region.bbox
        around = np.s_[top - 2 : bottom + 2, left - 2 : right + 2]
        inside = cv2.resize(np.pad(region.image_convex, 2).astype(np.float32), None, fx=3, fy=3)
        grey = cv2.resize(coins[around], None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)
        low, high = np.percentile(grey[inside > 0.5], (2, 98))
        grey = (np.clip((grey - low) / (high - low), 0, 1) * 190 + 50).astype(np.uint8)
        split = "val" if top > LAST_ROW else "train"
        pieces[split].append(Piece(cv2.merge([grey] * 3), cv2.GaussianBlur(inside, (0, 0), 2)))
    return pieces


def lit(height: Floats, colour: Floats) -> Bytes:
    """A surface of one colour (BGR, 0 to 1) with light from the upper left on its heights."""
    down, across = np.gradient(cv2.GaussianBlur(height.astype(np.float32), (0, 0), 1.5))
    light = np.clip(0.8 + 1.5 * (down + across), 0.25, 1.25)
    return np.clip(light[..., None] * colour * 255, 0, 255).astype(np.uint8)


def coin(rng: Random, coins: list[Piece]) -> Piece:
    """One of the real coins in a metal's colour."""
    chosen = coins[rng.integers(len(coins))]
    metal = rng.choice(METALS) * rng.uniform(0.85, 1.2)
    return Piece(np.clip(chosen.colours * metal * 1.25, 0, 255).astype(np.uint8), chosen.cover)


def key(rng: Random) -> Piece:
    """A key: bow with a hole, shaft, two or three teeth."""
    solid = np.zeros((140, 270), np.uint8)
    reach, middle = int(rng.integers(46, 62)), 70
    bow = (int(reach * rng.uniform(0.8, 1.1)), reach)
    cv2.ellipse(solid, (70, middle), bow, 0, 0, 360, 255, -1, cv2.LINE_AA)
    end, half = int(rng.integers(200, 260)), int(rng.integers(10, 17))
    cv2.rectangle(solid, (70, middle - half), (end, middle + half), 255, -1)
    for tooth in np.linspace(end - rng.uniform(40, 75), end - 8, int(rng.integers(2, 4))).astype(int).tolist():
        cv2.rectangle(solid, (tooth - 8, middle), (tooth + 8, middle + int(rng.integers(26, 52))), 255, -1)
    hole = rng.uniform(0.35, 0.6)
    cv2.ellipse(solid, (62, middle), (int(bow[0] * hole), int(bow[1] * hole)), 0, 0, 360, 0, -1, cv2.LINE_AA)
    if rng.random() < 0.5:
        solid = np.flipud(solid).copy()
    height = np.minimum(cv2.distanceTransform((solid > 127).astype(np.uint8), cv2.DIST_L2, 5), 7) / 5
    return Piece(lit(height, rng.choice(METALS) * rng.uniform(0.8, 1.1)), solid / 255)


def button(rng: Random) -> Piece:
    """A button: a coloured disc with a rim and two or four holes for the thread."""
    side, reach = 180, 86
    down, across = np.mgrid[:side, :side] - (side - 1) / 2
    distance = np.hypot(down, across)
    rim = rng.uniform(0.65, 0.85) * reach
    height = np.clip((reach - distance) / 6, 0, 1) - 0.6 * np.clip((rim - distance) / 8, 0, 1)
    colour = cv2.cvtColor(np.uint8([[rng.integers((0, 40, 90), (180, 230, 250))]]), cv2.COLOR_HSV2BGR)[0, 0] / 255
    colours = lit(2 * height, colour)
    count, apart = int(rng.choice([2, 4])), rng.uniform(0.2, 0.3) * reach
    for angle in np.arange(count) * 2 * np.pi / count + np.pi / 4:
        centre = (int(side / 2 + apart * np.cos(angle)), int(side / 2 + apart * np.sin(angle)))
        cv2.circle(colours, centre, 9, (25, 25, 25), -1, cv2.LINE_AA)
    return Piece(colours, np.clip(reach - distance + 0.5, 0, 1))


def stamp(rng: Random, photos: list[Bytes]) -> Piece:
    """A postage stamp: perforated white paper, a part of a photo, often in one ink, and a value."""
    across, down, tooth = int(rng.integers(9, 16)), int(rng.integers(9, 16)), 12
    height, width = down * tooth, across * tooth
    paper = np.full((height, width), 255, np.uint8)
    for x in range(0, width + 1, tooth):
        for y in (0, height - 1):
            cv2.circle(paper, (x, y), 4, 0, -1, cv2.LINE_AA)
    for y in range(0, height + 1, tooth):
        for x in (0, width - 1):
            cv2.circle(paper, (x, y), 4, 0, -1, cv2.LINE_AA)
    colours = np.full((height, width, 3), rng.integers((205, 225, 230), 256), np.uint8)
    picture = crop(rng, photos[rng.integers(len(photos))], height - 28, width - 28)
    if rng.random() < 0.6:
        ink = rng.uniform(0, 0.6, 3)
        grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)[..., None] / 255
        picture = (255 * (ink + (1 - ink) * grey)).astype(np.uint8)
    colours[14:-14, 14:-14] = picture
    value = str(rng.choice([5, 10, 20, 45, 60, 80]))
    cv2.putText(colours, value, (18, height - 20), cv2.FONT_HERSHEY_DUPLEX, 0.9, (245, 245, 245), 2, cv2.LINE_AA)
    return Piece(colours, paper / 255)


def crop(rng: Random, picture: Bytes, height: int, width: int) -> Bytes:
    """A random part of a picture, of a random scale."""
    largest = min(picture.shape[0] / height, picture.shape[1] / width)
    scale = largest * rng.uniform(0.5, 1)
    h, w = int(height * scale), int(width * scale)
    y, x = (int(rng.integers(0, room + 1)) for room in (picture.shape[0] - h, picture.shape[1] - w))
    return cv2.resize(picture[y : y + h, x : x + w], (width, height), interpolation=cv2.INTER_AREA)


def ground(rng: Random, photos: list[Bytes]) -> Floats:
    """What the pieces lie on, float (HEIGHT, WIDTH, 3): a part of a photo in any tint, or cardboard."""
    if rng.random() < 0.25:
        grain = rng.normal(0, rng.uniform(1, 8), (HEIGHT, WIDTH, 1))
        colour = rng.uniform(40, 230) + rng.uniform(-40, 40, 3)
        return np.clip(colour * np.ones((HEIGHT, WIDTH, 3)) + grain, 0, 255)
    part = crop(rng, photos[rng.integers(len(photos))], HEIGHT, WIDTH)
    if rng.random() < 0.5:
        part = cv2.flip(part, int(rng.integers(-1, 2)))
    return np.clip(part * rng.uniform(0.6, 1.2, 3), 0, 255)


def placed(rng: Random, piece: Piece, scale: float) -> tuple[Floats, Floats]:
    """The piece scaled, turned and moved to its place: colours (HEIGHT, WIDTH, 3) and cover (HEIGHT, WIDTH)."""
    h, w = piece.cover.shape
    turn = cv2.getRotationMatrix2D((w / 2, h / 2), rng.uniform(0, 360), scale)
    turn[:, 2] += rng.uniform((0, 0), (WIDTH, HEIGHT)) - (w / 2, h / 2)
    # pieces are larger than they get: unless they are smoothed first, their edges are jagged
    blur = max(0.1, 0.35 / scale)
    colours = cv2.GaussianBlur(piece.colours.astype(np.float32), (0, 0), blur)
    cover = cv2.GaussianBlur(piece.cover.astype(np.float32), (0, 0), blur)
    return (
        cv2.warpAffine(colours, turn, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE),
        cv2.warpAffine(cover, turn, (WIDTH, HEIGHT)),
    )


def scene(rng: Random, grounds: list[Bytes], makers: list[Callable[[], Piece]]) -> tuple[Bytes, list[tuple[int, Any]]]:
    """A picture of up to seven pieces; of each the index of its class and its visible pixels, bool (HEIGHT, WIDTH)."""
    canvas = ground(rng, grounds)
    shift = np.array([[1, 0, rng.uniform(-4, 4)], [0, 1, rng.uniform(1, 5)]])
    objects: list[tuple[int, Any, float]] = []  # class, visible pixels, pixels that must stay visible
    for _ in range(int(rng.integers(0, 8))):
        kind = int(rng.integers(len(CLASSES)))
        piece = makers[kind]()
        scale = HEIGHT * rng.uniform(*LENGTHS[kind]) / max(piece.cover.shape)
        colours, cover = placed(rng, piece, scale)
        mask, least = cover > 0.5, LEAST_VISIBLE * scale**2 * piece.cover.sum()
        if mask.sum() < least or any((seen & ~mask).sum() < needed for _, seen, needed in objects):
            continue
        shadow = cv2.GaussianBlur(cv2.warpAffine(cover, shift, (WIDTH, HEIGHT)), (0, 0), 3)
        canvas = canvas * (1 - 0.5 * shadow[..., None])
        canvas += (colours - canvas) * cover[..., None]
        objects = [(other, seen & ~mask, needed) for other, seen, needed in objects] + [(kind, mask, least)]
    return photographed(rng, canvas), [(kind, mask) for kind, mask, _ in objects]


def photographed(rng: Random, canvas: Floats) -> Bytes:
    """The picture as a camera might take it: lit from one side, not quite sharp, with some noise; sometimes grey."""
    down, across = np.mgrid[-1 : 1 : HEIGHT * 1j, -1 : 1 : WIDTH * 1j]
    slope = rng.uniform(-0.25, 0.25, 2)
    light = rng.uniform(0.8, 1.1) + slope[0] * down + slope[1] * across
    picture = cv2.GaussianBlur(canvas * light[..., None], (0, 0), rng.uniform(0.3, 0.9))
    if rng.random() < 0.15:
        picture = picture.mean(axis=2, keepdims=True) * np.ones(3)
    return np.clip(picture + rng.normal(0, rng.uniform(0, 5), picture.shape), 0, 255).astype(np.uint8)


def write_split(folder: Path, split: str, count: int, seed: int, coins: list[Piece]) -> None:
    """`count` pictures in folder/split, and folder/split.json with their annotations."""
    grounds = [photo(name) for name in GROUNDS[split]]
    photos = [photo(name) for name in STAMPS[split]]
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for number in range(1, count + 1):
        rng = np.random.default_rng([seed, len(split), number])
        makers = [lambda: coin(rng, coins), lambda: key(rng), lambda: button(rng), lambda: stamp(rng, photos)]  # noqa: B023
        picture, objects = scene(rng, grounds, makers)
        name = f"{split}-{number:04}.jpg"
        write_image(folder / split / name, picture, quality=92)
        images.append({"id": number, "file_name": name, "height": HEIGHT, "width": WIDTH})
        for kind, mask in objects:
            x, y, w, h = cv2.boundingRect(mask.astype(np.uint8))
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": number,
                    "category_id": kind + 1,
                    "bbox": [x, y, w, h],
                    "area": int(mask.sum()),
                    "segmentation": encode_rle(MaskCrop.from_full(mask), HEIGHT, WIDTH),
                    "iscrowd": 0,
                }
            )
    categories = [{"id": number, "name": name} for number, name in enumerate(CLASSES, 1)]
    document = {"images": images, "categories": categories, "annotations": annotations}
    write_atomic(folder / f"{split}.json", json.dumps(document).encode())
    print(f"{folder / f'{split}.json'}: {count} pictures, {len(annotations)} objects")


def main() -> None:
    parser = argparse.ArgumentParser(description="Writes a small data set of coins, keys, buttons and stamps.")
    parser.add_argument("folder", type=Path, help="where to write it; made if needed")
    parser.add_argument("--train", type=int, default=240, metavar="COUNT", help="pictures to train on (240)")
    parser.add_argument("--val", type=int, default=40, metavar="COUNT", help="pictures to measure on (40)")
    parser.add_argument("--seed", type=int, default=0, help="another seed gives other pictures")
    arguments = parser.parse_args()
    try:
        coins = coin_cutouts()
        for split, count in (("train", arguments.train), ("val", arguments.val)):
            write_split(arguments.folder, split, count, arguments.seed, coins[split])
        write_image(arguments.folder / "museum.png", photo("coins"))
    except MasksegError as error:
        raise SystemExit(str(error)) from None


if __name__ == "__main__":
    main()
