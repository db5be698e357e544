"""`box_fates`: what became of all anchors and of all proposals, computed together, once for a photo."""

from __future__ import annotations

from typing import NamedTuple

from maskseg_cli.inspection.detection_fates import DetectionFates, detection_fates
from maskseg_cli.inspection.network_trace import NetworkTrace
from maskseg_cli.inspection.proposal_fates import ProposalFates, proposal_fates


class BoxFates(NamedTuple):
    """Both tables of one trace.

    Attributes:
        proposals: of the anchors, on the way to the proposals.
        detections: of the proposals with their classes, on the way to the detections.
    """

    proposals: ProposalFates
    detections: DetectionFates


def box_fates(trace: NetworkTrace) -> BoxFates:
    """Follows all anchors and proposals of a trace; part of a second for a large network."""
    return BoxFates(proposal_fates(trace), detection_fates(trace))
