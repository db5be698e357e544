"""The time of each stage."""

from __future__ import annotations

from maskseg_cli.inspection.image.step import Step
from maskseg_cli.inspection.network_trace import NetworkTrace
from maskseg_cli.pages.axes import NARROW
from maskseg_cli.pages.charts import bar_chart


def times_step(trace: NetworkTrace) -> Step:
    """Bars of the seconds that each stage took."""
    total = sum(trace.seconds.values())
    bars = [(name, 1000 * seconds, f"{1000 * seconds:,.1f} ms") for name, seconds in trace.seconds.items()]
    run = "in the second of two runs, " if trace.runs == 2 else ""
    sentence = (
        f"The photo took {1000 * total:,.0f} ms in all with {trace.engine}, {run}on this machine as busy as it is; "
        "maskseg bench measures more exactly."
    )
    figures = {"milliseconds": {name: round(value, 3) for name, value, _ in bars}, "engine": trace.engine}
    return Step("times", "Time", sentence, (), bar_chart(bars, "Milliseconds of each stage", width=NARROW), figures)
