"""Weights that others have published: where they lie, how a file is known to be right, and whose they are.

Sources: Matterport's release 2.0; torchvision's models/detection/mask_rcnn.py; detectron2's MODEL_ZOO.md. Sizes and AP
are given where they are published there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Release:
    """A file that can be downloaded.

    Attributes:
        name: for users, as in `--weights coco`.
        file: its name in the cache folder and on mirrors.
        base_url: the folder of its URL.
        size: bytes; None: not published.
        digest: hexadecimal digest of the whole file, or the letters that it begins with.
        about: a few words.
        licence: of its values.
        algorithms: whose digest it is, as hashlib names them; where sources differ, any of them is right.
        published_file: its path below `base_url`, where that is not `file`.
        box_ap, mask_ap: average precision on COCO val2017 in percent, as published; None: not published.
    """

    name: str
    file: str
    base_url: str
    size: int | None
    digest: str
    about: str
    licence: str
    algorithms: tuple[str, ...] = ("md5",)
    published_file: str | None = None
    box_ap: float | None = None
    mask_ap: float | None = None

    @property
    def address(self) -> str:
        """Where it is published."""
        return f"{self.base_url}/{self.published_file or self.file}"

    def fits(self, digests: Mapping[str, str]) -> bool:
        """Whether a file with these digests (algorithm -> hexadecimal) is this release."""
        return any(digests[algorithm].startswith(self.digest) for algorithm in self.algorithms)

    def misfit(self, digests: Mapping[str, str]) -> str:
        """What is wrong with the digests of another file, for messages.

        Example:
            >>> TORCHVISION_V1_RELEASE.misfit({"sha256": "0" * 64})[-40:]
            '000000, which should begin with bf2d0c1e'
        """
        found = [f"{algorithm} {digests[algorithm]}" for algorithm in self.algorithms]
        if len(digests[self.algorithms[0]]) == len(self.digest):
            return f"{found[0]}, not {self.digest}"
        return f"{' and '.join(found)}, which should begin with {self.digest}"


COCO_RELEASE = Release(
    name="coco",
    file="mask_rcnn_coco.h5",
    base_url="https://github.com/matterport/Mask_RCNN/releases/download/v2.0",
    size=257_557_808,
    digest="e98aaff6f99e307b5e2a8a3ff741a518",
    about="Matterport's ResNet-101 for the 80 COCO classes: accurate, slow",
    licence="MIT License (Matterport, Inc.)",
)

TORCHVISION_V1_RELEASE = Release(
    name="torchvision-v1",
    file="maskrcnn_resnet50_fpn_coco-bf2d0c1e.pth",
    base_url="https://download.pytorch.org/models",
    size=None,
    digest="bf2d0c1e",
    about="torchvision's maskrcnn_resnet50_fpn for the 80 COCO classes",
    # torchvision's README: its models "may have their own licenses or terms and conditions derived from the dataset".
    licence="BSD 3-Clause License for torchvision's code; none is published for these weights alone, see torchvision's "
    "README",
    algorithms=("sha256",),
    box_ap=37.9,
    mask_ap=34.6,
)

TORCHVISION_V2_RELEASE = replace(
    TORCHVISION_V1_RELEASE,
    name="torchvision-v2",
    file="maskrcnn_resnet50_fpn_v2_coco-73cbd019.pth",
    digest="73cbd019",
    about="torchvision's maskrcnn_resnet50_fpn_v2 for the 80 COCO classes",
    box_ap=47.4,
    mask_ap=41.8,
)

#: Every model of the zoo is called model_final_*.pkl: in one folder they are told apart by their configs' names.
DETECTRON2_R50_RELEASE = Release(
    name="detectron2-r50",
    file="mask_rcnn_R_50_FPN_3x_f10217.pkl",
    base_url="https://dl.fbaipublicfiles.com/detectron2/COCO-InstanceSegmentation",
    size=None,
    digest="f10217",
    about="detectron2's mask_rcnn_R_50_FPN_3x for the 80 COCO classes",
    licence="Creative Commons Attribution-ShareAlike 3.0 (detectron2's model zoo); Apache License 2.0 for detectron2's "
    "code",
    # The model zoo calls the letters in its names the beginning of the md5; elsewhere they are said to be the sha256's.
    algorithms=("md5", "sha256"),
    published_file="mask_rcnn_R_50_FPN_3x/137849600/model_final_f10217.pkl",
    box_ap=41.0,
    mask_ap=37.2,
)

DETECTRON2_R101_RELEASE = replace(
    DETECTRON2_R50_RELEASE,
    name="detectron2-r101",
    file="mask_rcnn_R_101_FPN_3x_a3ec72.pkl",
    digest="a3ec72",
    about="detectron2's mask_rcnn_R_101_FPN_3x for the 80 COCO classes",
    published_file="mask_rcnn_R_101_FPN_3x/138205316/model_final_a3ec72.pkl",
    box_ap=42.9,
    mask_ap=38.6,
)

#: Name -> release, in the order of lists.
RELEASES = {
    release.name: release
    for release in (
        COCO_RELEASE,
        TORCHVISION_V1_RELEASE,
        TORCHVISION_V2_RELEASE,
        DETECTRON2_R50_RELEASE,
        DETECTRON2_R101_RELEASE,
    )
}

#: Digests that tell the releases from each other and from other files.
ALGORITHMS = ("md5", "sha256")


def release_of(digests: Mapping[str, str]) -> Release | None:
    """Finds the release of a file.

    Args:
        digests: of the whole file, hexadecimal, by each of `ALGORITHMS`.
    """
    return next((release for release in RELEASES.values() if release.fits(digests)), None)
