"""Learning-rate schedules, as plain functions of the step."""

from __future__ import annotations

import math

from maskseg_cli.errors import UsageError

SCHEDULES = ("constant", "step", "cosine")


def learning_rate(step: int, steps: int, peak: float, schedule: str = "constant", warmup: int = 0) -> float:
    """Computes the learning rate for one step of a stage.

    Args:
        step: 0 .. steps - 1, within the stage.
        steps: length of the stage.
        peak: the highest rate.
        schedule: "constant"; "step" falls to a tenth after 60 % and to a hundredth after 85 % of the stage; "cosine"
            falls along half a cosine to 0 (SGDR, https://arxiv.org/abs/1608.03983).
        warmup: number of first steps in which the rate rises linearly from 0.

    Example:
        >>> [round(learning_rate(step, 4, 1.0, "cosine"), 2) for step in range(4)]
        [1.0, 0.85, 0.5, 0.15]
    """
    if schedule not in SCHEDULES:
        raise UsageError(f"The schedule is one of {', '.join(SCHEDULES)}, not {schedule!r}.")
    if step < warmup:
        return peak * (step + 1) / (warmup + 1)
    done = (step - warmup) / max(1, steps - warmup)
    if schedule == "cosine":
        return peak * 0.5 * (1 + math.cos(math.pi * done))
    if schedule == "step":
        return peak * (1.0 if done < 0.6 else 0.1 if done < 0.85 else 0.01)
    return peak
