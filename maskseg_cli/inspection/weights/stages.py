"""Parts of the network that an array belongs to, by its name: backbone stages, FPN, RPN and the heads."""

from __future__ import annotations

import re
from collections.abc import Iterable

#: Beginning of an array's name -> stage, in the order of the computation.
_STAGES = (
    (r"(bn_)?conv1/", "Backbone C1"),
    *((rf"(res|bn){number}[a-z]", f"Backbone C{number}") for number in range(2, 6)),
    (r"trunk\.stem", "Backbone stem"),
    *((rf"trunk\.block{number}_", f"Backbone block {number}") for number in range(10)),
    (r"trunk\.", "Backbone"),
    (r"fpn_", "FPN"),
    (r"rpn[_.]", "RPN"),
    (r"mrcnn_(class|bbox|box)|box\.", "Box head"),
    (r"mrcnn_mask|mask\.", "Mask head"),
)
_OTHER = "Other"

#: All stages in the order of the computation.
STAGES = (*(stage for _, stage in _STAGES), _OTHER)


def stage_of(name: str) -> str:
    """The stage of an array.

    Args:
        name: as `Checkpoint.arrays` names it.

    Example:
        >>> stage_of("res4b_branch2a/kernel"), stage_of("trunk.block3_1.expand/kernel"), stage_of("fpn_p2/bias")
        ('Backbone C4', 'Backbone block 3', 'FPN')
    """
    return next((stage for start, stage in _STAGES if re.match(start, name)), _OTHER)


def by_stage(names: Iterable[str]) -> dict[str, list[str]]:
    """Stage -> its names in the order in which they come; stages in the order of the computation, without empty ones.

    Example:
        >>> by_stage(["mask.logits/bias", "rpn.logits/bias", "mask.logits/kernel"])
        {'RPN': ['rpn.logits/bias'], 'Mask head': ['mask.logits/bias', 'mask.logits/kernel']}
    """
    found: dict[str, list[str]] = {stage: [] for stage in STAGES}
    for name in names:
        found[stage_of(name)].append(name)
    return {stage: members for stage, members in found.items() if members}
