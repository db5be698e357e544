"""`Choice`: the objects that an effect counts, by their class."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.classes import chosen_classes
from maskseg_cli.detections import Detections


@dataclass(frozen=True)
class Choice:
    """Chooses objects by class.

    Args:
        classes: names or numbers, or text with commas between ("person, dog"); None: all objects.

    Example:
        >>> len(Choice("person")(Detections.empty((4, 6), ("background", "person"))))
        0
    """

    classes: str | int | Iterable[int | str] | None = None

    def keep(self, detections: Detections) -> NDArray[np.bool_]:
        """Which objects are chosen, bool (N,).

        Raises:
            UsageError: a name that no class of the detections has.
        """
        if self.classes is None:
            return np.ones(len(detections), bool)
        return np.isin(detections.class_id, chosen_classes(self.classes, detections.class_names))

    def __call__(self, detections: Detections) -> Detections:
        """The chosen objects."""
        return detections if self.classes is None else detections[self.keep(detections)]

    def others(self, detections: Detections) -> Detections:
        """The objects that are not chosen."""
        return detections[~self.keep(detections)]


#: All objects.
EVERYTHING = Choice()
