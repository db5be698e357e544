"""Measured times as figures for a report: medians, quartiles, and ratios to the first network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from maskseg_cli.benchmark.stages import CALL, STAGES, WHOLE, StageTimes
from maskseg_cli.benchmark.startup import PEAK, STEPS
from maskseg_cli.benchmark.statistics import ratio_of_pairs, spread_of

#: Significant digits of the figures: more say nothing.
_DIGITS = 4


def stage_figures(times: Mapping[str, Sequence[StageTimes]]) -> list[dict[str, Any]]:
    """The figures of each network's stages.

    Args:
        times: by the network's name, at least one round; those at the same place were measured in the same round.

    Returns:
        for each network "name", "objects", "stages_ms", "network_parts_ms"; for the first one "ratios".
    """
    networks = []
    for name, rounds in times.items():
        # One engine may leave out a part, such as masks where there is no object.
        parts = list(dict.fromkeys(part for one in rounds for part in one.parts))
        networks.append(
            {
                "name": name,
                "objects": rounds[-1].objects,
                "stages_ms": {
                    stage: _figures([one.stages[stage] for one in rounds], 1000) for stage in (*STAGES, WHOLE, CALL)
                },
                "network_parts_ms": {
                    part: _figures([one.parts.get(part, 0.0) for one in rounds], 1000) for part in parts
                },
            }
        )
    first, *others = times
    if others:
        networks[0]["ratios"] = {
            other: {
                stage: _ratio([one.stages[stage] for one in times[first]], [one.stages[stage] for one in times[other]])
                for stage in (*STAGES, WHOLE, CALL)
            }
            for other in others
        }
    return networks


def start_figures(times: Mapping[str, Sequence[Mapping[str, float]]]) -> list[dict[str, Any]]:
    """The figures of each network's starts.

    Args:
        times: by the network's name, what `measure_start` returned in each round.

    Returns:
        for each network "start_s" by step, and "peak_mb" where it is known; for the first one "start_ratios".
    """
    networks: list[dict[str, Any]] = []
    for rounds in times.values():
        network: dict[str, Any] = {"start_s": {step: _figures([one[step] for one in rounds]) for step in STEPS}}
        if all(PEAK in one for one in rounds):
            network["peak_mb"] = _figures([one[PEAK] for one in rounds])
        networks.append(network)
    first, *others = times
    if others:
        networks[0]["start_ratios"] = {
            other: {
                step: _ratio([one[step] for one in times[first]], [one[step] for one in times[other]])
                for step in (*STEPS, PEAK)
                if all(step in one for one in (*times[first], *times[other]))
            }
            for other in others
        }
    return networks


def _figures(values: Sequence[float], factor: float = 1) -> dict[str, float]:
    return {name: _rounded(value) for name, value in spread_of(values).scaled(factor)._asdict().items()}


def _ratio(values: Sequence[float], others: Sequence[float]) -> float | None:
    """None where a time was too short to be measured, such as a compilation that did not happen."""
    return _rounded(ratio_of_pairs(values, others)) if min(others) > 0 else None


def _rounded(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")
