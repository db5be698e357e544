"""`Scale`: how large a pixel is in real units, from texts such as `12px/cm`, `0.05m/px` or `300dpi`."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from maskseg_cli.errors import UsageError
from maskseg_cli.messages import shortened
from maskseg_cli.printable import printable

#: What users write -> the sign that is shown.
_UNITS = {
    **dict.fromkeys(("nm", "nanometer", "nanometre"), "nm"),
    **dict.fromkeys(("µm", "μm", "um", "micron", "micrometer", "micrometre"), "µm"),
    **dict.fromkeys(("mm", "millimeter", "millimetre"), "mm"),
    **dict.fromkeys(("cm", "centimeter", "centimetre"), "cm"),
    **dict.fromkeys(("dm", "decimeter", "decimetre"), "dm"),
    **dict.fromkeys(("m", "meter", "metre"), "m"),
    **dict.fromkeys(("km", "kilometer", "kilometre"), "km"),
    **dict.fromkeys(("in", "inch", "inches", '"'), "in"),
    **dict.fromkeys(("ft", "foot", "feet"), "ft"),
    **dict.fromkeys(("yd", "yard"), "yd"),
    **dict.fromkeys(("mi", "mile"), "mi"),
}
_PIXELS = {"px", "pixel", "pixels", "pix"}
_WAYS = "write 12px/cm, 0.05m/px, 100px=1m or 300dpi"
_QUANTITY = re.compile(r"\s*(?P<number>\d*[.]?\d*(?:e[+-]?\d+)?)\s*(?P<unit>[^\d\s./=]+)\s*", re.IGNORECASE)


@dataclass(frozen=True)
class Scale:
    """The size of a pixel.

    Attributes:
        per_pixel: length of a pixel's side in `unit`.
        unit: sign of a unit of length, such as "cm"; "px" where no scale is known.

    Example:
        >>> Scale.parse("12px/cm").per_pixel == 1 / 12, Scale.parse("0.05 m/px")
        (True, Scale(per_pixel=0.05, unit='m'))
        >>> Scale(0.5, "mm").area(8), Scale(0.5, "mm").area_unit
        (2.0, 'mm²')
    """

    per_pixel: float = 1.0
    unit: str = "px"

    @classmethod
    def parse(cls, text: str) -> Scale:
        """Reads `12px/cm`, `0.05m/px`, `1cm=12px`, `300dpi`.

        Raises:
            UsageError: it is no scale; one sentence says what is wrong.
        """
        if not isinstance(text, str):
            raise UsageError(f"--scale is a text, not {shortened(repr(text))}: {_WAYS}.")
        shown = repr(printable(shortened(text, 40)))
        compact = text.strip()
        dots = re.fullmatch(r"([\d.]+)\s*(dpi|ppi)", compact, re.IGNORECASE)
        if dots:
            compact = f"{dots[1]}px/in"
        sides = re.split(r"[/=]|\bper\b", compact)
        if len(sides) != 2:
            raise UsageError(f"--scale {shown} is no scale: {_WAYS}.")
        amounts = dict(_quantity(side, shown) for side in sides)
        if len(amounts) != 2 or "px" not in amounts:
            raise UsageError(f"--scale {shown} must say how many pixels are how long: {_WAYS}.")
        pixels = amounts.pop("px")
        [(unit, length)] = amounts.items()
        per_pixel = length / pixels if pixels else math.inf
        if not 1e-12 < per_pixel < 1e12:
            raise UsageError(f"--scale {shown}: a pixel of {per_pixel:g} {unit} cannot be; {_WAYS}.")
        return cls(per_pixel, unit)

    @property
    def area_unit(self) -> str:
        """The unit of areas: "cm²", or "px"."""
        return "px" if self.unit == "px" else f"{self.unit}²"

    def length(self, pixels: float) -> float:
        """A length in `unit`."""
        return pixels * self.per_pixel

    def area(self, pixels: float) -> float:
        """An area in `area_unit`, from a number of pixels."""
        return pixels * self.per_pixel**2


def _quantity(side: str, shown: str) -> tuple[str, float]:
    """Unit and number of one side: `12px` -> ("px", 12), `cm` -> ("cm", 1)."""
    found = _QUANTITY.fullmatch(side)
    if found is None:
        raise UsageError(f"--scale {shown} is no scale: {_WAYS}.")
    unit = found["unit"].lower()
    try:
        number = float(found["number"] or 1)
    except ValueError:
        raise UsageError(f"--scale {shown}: {found['number']!r} is no number; {_WAYS}.") from None
    if unit in _PIXELS:
        return "px", number
    sign = _UNITS.get(unit) or _UNITS.get(unit.removesuffix("s"))
    if sign is None:
        raise UsageError(f"--scale {shown}: {printable(found['unit'])!r} is no unit of length: use mm, cm, m or in.")
    return sign, number


def short_number(value: float) -> str:
    """Three significant digits without an exponent where that is readable: `0.00321`, `12.3`, `4560`.

    Example:
        >>> [short_number(value) for value in (0.0032149, 12.345, 4561.7, 0)]
        ['0.00321', '12.3', '4562', '0']
    """
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{value:.0f}" if abs(value) < 1e7 else f"{value:.3g}"
    return f"{value:.3g}"
