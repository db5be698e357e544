"""The effects by name, and what of the picture each changes. Needs neither NumPy nor OpenCV."""

from __future__ import annotations

#: Effect -> what it changes unless the user says otherwise.
TARGETS: dict[str, str] = {
    "splash": "background",
    "blur": "objects",
    "pixelate": "objects",
    "background": "background",
    "outline": "objects",
    "spotlight": "background",
}

#: The values of --effect and of --effect-on.
NAMES = tuple(TARGETS)
PLACES = ("objects", "background")

#: Effects that hide objects, so that nobody can be recognised, where they are applied to objects.
HIDING = ("blur", "pixelate")


def target_of(name: str, on: str | None) -> str:
    """What an effect changes: "objects" or "background"; `on` is the user's choice or None."""
    return on or TARGETS[name]


def in_order(names: tuple[str, ...], on: str | None, background: str | None) -> tuple[str, ...]:
    """The effects in the order in which they are applied.

    That is the order in which the user gave them. A background that was given without the effect `background` is put
    in behind effects on objects, but before effects on the background and outlines, which should show on the new one.

    Example:
        >>> in_order(("blur", "spotlight"), None, "beach.jpg")
        ('blur', 'background', 'spotlight')
    """
    if background is None or "background" in names:
        return names
    later = [target_of(name, on) == "background" or name == "outline" for name in names]
    place = later.index(True) if True in later else len(names)
    return (*names[:place], "background", *names[place:])
