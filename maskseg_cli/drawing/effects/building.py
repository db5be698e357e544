"""`make_effect`: an effect by its name; `apply_effect`: one applied to one picture."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.detections import Detections, MaskCrop
from maskseg_cli.drawing.drawing_options import DrawingOptions
from maskseg_cli.drawing.effects.backdrops import backdrop_of
from maskseg_cli.drawing.effects.background import Background
from maskseg_cli.drawing.effects.blur import defocus
from maskseg_cli.drawing.effects.choice import EVERYTHING, Choice
from maskseg_cli.drawing.effects.hiding import HiddenObjects
from maskseg_cli.drawing.effects.kinds import HIDING, NAMES, PLACES, target_of
from maskseg_cli.drawing.effects.masked import Change, MaskedEffect
from maskseg_cli.drawing.effects.outline import Outline
from maskseg_cli.drawing.effects.pixelate import pixelate
from maskseg_cli.drawing.effects.splash import take_colour
from maskseg_cli.drawing.effects.spotlight import darken
from maskseg_cli.effect import Effect
from maskseg_cli.errors import UsageError
from maskseg_cli.frame import Frame
from maskseg_cli.media.given_pictures import as_array
from maskseg_cli.near_names import did_you_mean

#: The background of the effect `background` where none was given.
USUAL_BACKGROUND = "white"


def make_effect(
    name: str,
    on: str | None = None,
    strength: float = 1.0,
    background: str | None = None,
    choose: Choice = EVERYTHING,
    drawing: Callable[[], DrawingOptions] = DrawingOptions,
    also: Callable[[Frame], Iterable[MaskCrop]] = lambda frame: (),
) -> Effect:
    """Makes an effect.

    Args:
        name: one of `kinds.NAMES`.
        on: "objects" or "background"; None: what is usual for the effect.
        strength: 1 is usual, 2 about twice as strong.
        background: for the effect `background`: a colour, a file, "transparent" or "blur"; None: white.
        choose: the objects that count.
        drawing: colours and width of outlines.
        also: further masks that a blur or pixelation of objects hides.

    Raises:
        UsageError: no effect of this name, or one that cannot be applied there.
        MasksegError: the file of the background cannot be read.
    """
    if name not in NAMES:
        raise UsageError(
            f"There is no effect {name!r}{did_you_mean(str(name), NAMES, 1)}; there are {', '.join(NAMES)}."
        )
    if on is not None and on not in PLACES:
        raise UsageError(f"An effect is applied to {' or '.join(PLACES)}, not to {on!r}.")
    on = target_of(name, on)
    if name == "background":
        return Background(backdrop_of(background or USUAL_BACKGROUND, strength), on, choose)
    if name == "outline":
        if on == "background":
            raise UsageError("An outline belongs to objects: it cannot be applied to the background.")
        return Outline(strength, choose, drawing)
    if name in HIDING and on == "objects":
        return HiddenObjects(name == "blur", strength, choose, also)
    changes: dict[str, Change] = {
        "splash": lambda picture, matte, frame: take_colour(picture, strength),
        "spotlight": lambda picture, matte, frame: darken(picture, strength),
        "blur": lambda picture, matte, frame: defocus(picture, matte, strength),
        "pixelate": lambda picture, matte, frame: pixelate(picture, strength),
    }
    return MaskedEffect(changes[name], on, choose)


def apply_effect(
    image: Any,
    detections: Detections,
    effect: str,
    *,
    on: str | None = None,
    classes: str | int | Iterable[int | str] | None = None,
    strength: float = 1.0,
    background: str | None = None,
) -> NDArray[np.uint8]:
    """Applies one effect to one picture.

    Args:
        image: uint8 (H, W, 3), BGR, or the path of a photo, or a picture of PIL. Never changed.
        detections: found in this picture.
        effect: "splash", "blur", "pixelate", "background", "outline" or "spotlight".
        on: "objects" or "background"; None: what is usual for the effect.
        classes: only objects of these classes count, as for `Detections.filter`.
        strength: 1 is usual, 2 about twice as strong.
        background: for "background": a colour, a file, "transparent" or "blur".

    Returns:
        a new picture, uint8 (H, W, 3), BGR; (H, W, 4), BGRA, with a transparent background.

    Raises:
        UsageError: an effect, class or background that there is not, or a picture of another size.

    Example:
        >>> picture = np.full((4, 6, 3), (10, 20, 200), np.uint8)
        >>> apply_effect(picture, Detections.empty((4, 6)), "splash")[0, 0].tolist()
        [73, 73, 73]
    """
    if not isinstance(detections, Detections):
        raise UsageError(f"The objects must be Detections of one picture, not {type(detections).__name__}.")
    picture = as_array(image)
    if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != np.uint8:
        raise UsageError(f"The picture must be uint8 (H, W, 3), BGR, not {picture.dtype} {picture.shape}.")
    if picture.shape[:2] != tuple(detections.image_size):
        height, width = detections.image_size
        raise UsageError(
            f"The picture has {picture.shape[1]} x {picture.shape[0]} pixels, but the detections are of one with "
            f"{width} x {height}."
        )
    made = make_effect(effect, on, strength, background, Choice(classes))
    result = made(Frame(picture), picture, detections)
    return result.copy() if result is picture else result
