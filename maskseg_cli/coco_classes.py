"""COCO's eighty classes in both numberings: 1..80 without gaps, and COCO's own category ids, 1..90 with ten gaps.

Most networks have the first one. torchvision's published ones have 91 classes with the background, of which those in
the gaps were never trained: their names say so, and they are left out wherever classes are listed, chosen or matched.
"""

from __future__ import annotations

import re

#: COCO's 80 classes in their usual contiguous order, with the background at index 0.
COCO_CLASSES: tuple[str, ...] = (
    "background", "person", "bicycle", "car", "motorcycle", "airplane", "bus", "train", "truck", "boat",
    "traffic light", "fire hydrant", "stop sign", "parking meter", "bench", "bird", "cat", "dog", "horse",
    "sheep", "cow", "elephant", "bear", "zebra", "giraffe", "backpack", "umbrella", "handbag", "tie",
    "suitcase", "frisbee", "skis", "snowboard", "sports ball", "kite", "baseball bat", "baseball glove",
    "skateboard", "surfboard", "tennis racket", "bottle", "wine glass", "cup", "fork", "knife", "spoon",
    "bowl", "banana", "apple", "sandwich", "orange", "broccoli", "carrot", "hot dog", "pizza", "donut",
    "cake", "chair", "couch", "potted plant", "bed", "dining table", "toilet", "tv", "laptop", "mouse",
    "remote", "keyboard", "cell phone", "microwave", "oven", "toaster", "sink", "refrigerator", "book",
    "clock", "vase", "scissors", "teddy bear", "hair drier", "toothbrush",
)  # fmt: skip

#: COCO's own category id of each of `COCO_CLASSES`: 1..90 with ten gaps, and 0 for the background.
COCO_CATEGORY_IDS: tuple[int, ...] = (0,) + tuple(
    category for category in range(1, 91) if category not in (12, 26, 29, 30, 45, 66, 68, 69, 71, 83)
)


def unused(class_id: int) -> str:
    """The name of a class that a network has room for and was not trained on.

    Example:
        >>> unused(12), is_unused("class 12 (not used)"), is_unused("class 12")
        ('class 12 (not used)', True, False)
    """
    return f"class {class_id} (not used)"


def is_unused(name: str) -> bool:
    """Whether a name is one that `unused` gives."""
    return re.fullmatch(r"class [0-9]+ \(not used\)", name) is not None


_BY_CATEGORY = dict(zip(COCO_CATEGORY_IDS, COCO_CLASSES, strict=True))

#: The classes of a network that has COCO's category ids as class ids: category id -> name, background first.
COCO_91_CLASSES: tuple[str, ...] = tuple(_BY_CATEGORY.get(number, unused(number)) for number in range(91))


def coco_names(num_classes: int) -> tuple[str, ...] | None:
    """The names of COCO's classes for a network with so many, background first; None: it was trained on others.

    Args:
        num_classes: with the background: 81, or 91 in COCO's own numbering.
    """
    return {len(COCO_CLASSES): COCO_CLASSES, len(COCO_91_CLASSES): COCO_91_CLASSES}.get(num_classes)
