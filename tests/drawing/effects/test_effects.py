"""Effects by the masks of objects: what they change, what they leave, and wrong values."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskseg_cli.detections import Detections, MaskCrop
from maskseg_cli.drawing.effects.building import apply_effect, make_effect
from maskseg_cli.drawing.effects.choice import Choice
from maskseg_cli.drawing.effects.hiding import grown
from maskseg_cli.drawing.effects.kinds import NAMES as EFFECTS
from maskseg_cli.drawing.effects.mattes import blend
from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.frame import Frame
from maskseg_cli.media.images import write_image
from tests.cli.video_running import film
from tests.drawing.scenes import changed, detections_of, near, noise, rectangle

HEIGHT, WIDTH = 90, 120
OBJECT = rectangle(HEIGHT, WIDTH, 30, 20, 80, 70)


def one() -> Detections:
    return detections_of([OBJECT])


@pytest.mark.parametrize("effect", EFFECTS)
@pytest.mark.parametrize("on", ["objects", "background"])
def test_an_effect_changes_its_own_part_only(effect: str, on: str) -> None:
    picture = noise(HEIGHT, WIDTH)
    before = picture.copy()
    if effect == "outline" and on == "background":
        with pytest.raises(UsageError, match="outline belongs to objects"):
            apply_effect(picture, one(), effect, on=on)
        return
    after = apply_effect(picture, one(), effect, on=on)
    assert (picture == before).all()
    assert after.shape == picture.shape
    differs = changed(picture, after)
    place, elsewhere = (OBJECT, ~OBJECT) if on == "objects" else (~OBJECT, OBJECT)
    assert differs[place].mean() > (0.05 if effect == "outline" else 0.8)
    hides = effect in ("blur", "pixelate") and on == "objects"
    reach = 12 if hides or effect == "outline" else 4  # hiding grows the mask
    assert not differs[elsewhere & ~near(place, reach)].any()


@pytest.mark.parametrize("effect", EFFECTS)
@pytest.mark.parametrize("size", [(1, 1), (2, 5), (90, 120)])
def test_no_object_and_tiny_pictures(effect: str, size: tuple[int, int]) -> None:
    picture = noise(*size)
    none = apply_effect(picture, Detections.empty(size), effect)
    assert none.shape == picture.shape
    if effect in ("blur", "pixelate", "outline"):
        assert (none == picture).all()
    whole = detections_of([np.ones(size, bool)])
    assert apply_effect(picture, whole, effect).shape == picture.shape


@pytest.mark.parametrize("effect", ["blur", "pixelate"])
def test_nothing_of_a_hidden_object_can_be_recognised(effect: str) -> None:
    """Two pictures that differ inside the object, in details finer than a cell, look the same when it is hidden."""
    stripes = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    stripes[:, ::2] = 255
    other = 255 - stripes
    other[~OBJECT] = stripes[~OBJECT]
    hidden, hidden_other = (apply_effect(picture, one(), effect) for picture in (stripes, other))
    difference = cv2.absdiff(hidden, hidden_other)[OBJECT]
    assert difference.max() <= 64  # of the 255 by which they differ
    assert changed(stripes, hidden)[OBJECT].all()


def test_hiding_covers_more_than_the_mask_up_to_the_border_of_the_picture() -> None:
    for mask in (rectangle(60, 80, 0, 0, 20, 30), rectangle(60, 80, 60, 30, 80, 60), rectangle(60, 80, 30, 20, 31, 21)):
        crop = MaskCrop.from_full(mask)
        top, left, alpha = grown(crop, mask.shape)
        full = np.zeros(mask.shape, np.uint8)
        full[top : top + alpha.shape[0], left : left + alpha.shape[1]] = alpha
        assert (full[near(mask, 1)] == 255).all()


@given(
    top=st.integers(0, 50),
    left=st.integers(0, 70),
    height=st.integers(1, 60),
    width=st.integers(1, 60),
    seed=st.integers(0, 9),
)
def test_a_grown_mask_covers_the_mask_and_stays_inside(top: int, left: int, height: int, width: int, seed: int) -> None:
    mask = rectangle(80, 100, left, top, min(100, left + width), min(80, top + height))
    mask &= np.random.default_rng(seed).random(mask.shape) > 0.4
    if not mask.any():
        return
    y, x, alpha = grown(MaskCrop.from_full(mask), (80, 100))
    assert y >= 0
    assert x >= 0
    assert y + alpha.shape[0] <= 80
    assert x + alpha.shape[1] <= 100
    full = np.zeros((80, 100), np.uint8)
    full[y : y + alpha.shape[0], x : x + alpha.shape[1]] = alpha
    assert (full[mask] == 255).all()


@given(seed=st.integers(0, 20))
def test_blending_is_exact_to_one_level(seed: int) -> None:
    random = np.random.default_rng(seed)
    below, above = (random.integers(0, 256, (5, 7, 3), dtype=np.uint8) for _ in range(2))
    alpha = random.integers(0, 256, (5, 7), dtype=np.uint8)
    share = alpha[:, :, None] / 255
    assert np.abs(blend(below, above, alpha) - (above * share + below * (1 - share))).max() <= 1


def test_only_the_chosen_classes_count() -> None:
    masks = [rectangle(HEIGHT, WIDTH, 5, 5, 40, 40), rectangle(HEIGHT, WIDTH, 70, 40, 110, 80)]
    both = detections_of(masks, class_ids=[1, 3])
    picture = noise(HEIGHT, WIDTH)
    after = apply_effect(picture, both, "pixelate", classes="dog")
    assert not changed(picture, after)[masks[0]].any()
    assert changed(picture, after)[masks[1]].mean() > 0.9
    with pytest.raises(UsageError, match="dig"):
        apply_effect(picture, both, "blur", classes="dig")
    assert len(Choice("dog").others(both)) == 1


def test_backgrounds(tmp_path: Path) -> None:
    picture = noise(HEIGHT, WIDTH)
    corner = (5, 5)
    assert apply_effect(picture, one(), "background", background="#102030")[corner].tolist() == [48, 32, 16]
    assert apply_effect(picture, one(), "background")[corner].tolist() == [255, 255, 255]
    write_image(tmp_path / "sea.png", np.full((10, 30, 3), (200, 100, 0), np.uint8))
    sea = apply_effect(picture, one(), "background", background=str(tmp_path / "sea.png"))
    assert sea[corner].tolist() == [200, 100, 0]
    clear = apply_effect(picture, one(), "background", background="transparent")
    assert clear[corner].tolist() == [0, 0, 0, 0]
    assert clear[45, 55].tolist() == [*picture[45, 55].tolist(), 255]
    film(tmp_path / "in.mp4", frames=4)
    effect = make_effect("background", background=str(tmp_path / "in.mp4"))
    shown = [effect(Frame(picture, i, Fraction(i, 25)), picture, one())[:10] for i in range(9)]
    assert not (shown[0] == shown[3]).all()  # the film goes on, and begins again
    assert shown[0].tolist() == shown[4].tolist() == shown[8].tolist()
    for wrong in ("no-colour", str(tmp_path / "missing.png"), "#12345"):
        with pytest.raises(UsageError, match="--background is a colour"):
            apply_effect(picture, one(), "background", background=wrong)
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(MasksegError):
        apply_effect(picture, one(), "background", background=str(tmp_path / "broken.png"))


def test_wrong_values() -> None:
    picture = noise(HEIGHT, WIDTH)
    with pytest.raises(UsageError, match=r"'blurr'.*blur"):
        apply_effect(picture, one(), "blurr")
    with pytest.raises(UsageError, match="objects or background"):
        apply_effect(picture, one(), "blur", on="sky")
    with pytest.raises(UsageError, match="120 x 90"):
        apply_effect(picture[:50], one(), "blur")
    for effect in (None, ["blur", "splash"]):
        with pytest.raises(UsageError, match="There is no effect"):
            apply_effect(picture, one(), effect)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="must be Detections of one picture, not NoneType"):
        apply_effect(picture, None, "blur")  # type: ignore[arg-type]
