"""`run_session`: one session with a camera: the window, the page, the recording and the live loop together."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from maskseg_cli.camera.capture import Capture
from maskseg_cli.camera.controls import Controls
from maskseg_cli.camera.feed import LiveFeed
from maskseg_cli.camera.open_camera import open_camera
from maskseg_cli.camera.recordings import Recordings
from maskseg_cli.camera.snapshots import Snapshots
from maskseg_cli.camera.viewer import WindowViewer
from maskseg_cli.checkpoints.registry import cache_folder
from maskseg_cli.features.effects import Effects
from maskseg_cli.features.feature import RunParts
from maskseg_cli.features.registry import add_features, lowest_score
from maskseg_cli.inference.model_options import ModelOptions
from maskseg_cli.inference.predictor import Predictor
from maskseg_cli.media.live_window import LiveWindow
from maskseg_cli.messages import counted
from maskseg_cli.pipeline.camera_options import CameraPlan
from maskseg_cli.pipeline.live import LiveLoop
from maskseg_cli.pipeline.live_output import LiveOutput
from maskseg_cli.pipeline.run_options import predictor_loader
from maskseg_cli.reporter import Reporter
from maskseg_cli.serve.page_secret import page_secret
from maskseg_cli.serve.server import start_server
from maskseg_cli.sink import Sink
from maskseg_cli.stop_token import StopToken
from maskseg_cli.transform import Transform
from maskseg_cli.video.writer import Written

#: The network finds objects from this score on, so that viewers can lower theirs; measured on photos of COCO, it takes
#: 5 % more time than from 0.6 on.
LOWEST_SCORE = 0.1

_NO_DISPLAY = "--serve shows the picture in a browser instead, and --no-window records without showing it"


@dataclass(frozen=True)
class CameraSummary:
    """What a session with a camera has shown and written.

    Attributes:
        seconds: how long it lasted, from the first frame on.
        frames: frames shown.
        dropped: frames that were not shown, because newer ones had come.
        reconnects: how often the camera was connected again.
        recordings: the finished recordings.
        snapshots: the files of the snapshots.
        failed: a sentence for each recording that failed.
    """

    seconds: float
    frames: int
    dropped: int
    reconnects: int
    recordings: tuple[Written, ...] = ()
    snapshots: tuple[Path, ...] = ()
    failed: tuple[str, ...] = ()

    def __str__(self) -> str:
        rate = self.frames / self.seconds if self.seconds > 0 else 0.0
        parts = [f"{counted(self.frames, 'frame')}, {rate:.1f} a second"]
        if self.dropped:
            parts.append(f"{self.dropped} left out because newer ones had come")
        if self.reconnects:
            parts.append(counted(self.reconnects, "reconnection"))
        for written in self.recordings:
            parts.append(f"recorded {written.path} ({float(written.duration):.1f} s)")
        if self.snapshots:
            parts.append(counted(len(self.snapshots), "snapshot"))
        return f"Watched for {self.seconds:.1f} s: {', '.join(parts)}."


def run_session(
    plan: CameraPlan,
    transforms: Sequence[Transform],
    sinks: Sequence[Sink],
    reporter: Reporter,
    stop: StopToken,
) -> CameraSummary:
    """Shows what a camera sees until stopped; arguments and errors as for `process_camera`."""
    network, address = plan.network, plan.address
    min_score = network.min_score if isinstance(network, ModelOptions) else None
    controls = Controls(plan.drawing, min_score or 0.0, recording=plan.record is not None)
    feed = None if plan.serve is None else LiveFeed()
    with contextlib.ExitStack() as stack:
        viewer = None
        if plan.window:
            viewer = WindowViewer(stack.enter_context(LiveWindow(_NO_DISPLAY)), controls)
        if feed is not None and plan.serve is not None:
            secret = None if plan.token is None else page_secret(cache_folder())
            server = stack.enter_context(start_server(feed, controls, *plan.serve, plan.token, secret))
            if server.warning:
                reporter.warn(server.warning)
            # With port 0 the user can learn the port from this line only.
            (reporter.say if plan.serve[1] else reporter.warn)(f"The picture is at {server.url}")
        stack.enter_context(_kept_min_confidence(network))
        stack.enter_context(stop)
        capture = stack.enter_context(
            Capture(
                lambda: open_camera(address, plan.settings, plan.timeout, plan.loop),
                address.name,
                reconnect=address.kind == "network" if plan.reconnect is None else plan.reconnect,
                from_start=bool(plan.reconnect),
                stall=plan.timeout,
            )
        )
        output = LiveOutput(
            capture,
            controls,
            Recordings(plan.record, plan.folder),
            Snapshots(plan.folder),
            feed,
            viewer,
            transforms,
            sinks,
            reporter,
        )
        interactive = viewer is not None or feed is not None
        lowest = lowest_score(plan.features, "camera")
        loaded: list[Predictor] = []

        def load() -> Predictor:
            loaded.append(_load(network, controls, LOWEST_SCORE if interactive else lowest, reporter))
            return loaded[0]

        def equip() -> RunParts:
            parts = RunParts(
                "camera",
                loaded[0].class_names,
                loaded[0].config,
                controls.min_score,
                lambda: controls.min_score,
                tuple(transforms),
                output=plan.record,
                reporter=reporter,
                drawing=controls.drawing,
            )
            parts = add_features(plan.features, parts)
            if any(isinstance(one, Effects) and one.hides for one in plan.features):
                controls.limit_score()  # or a viewer would uncover who is hidden
            if parts.drawing is not controls.drawing:
                controls.set_drawing(**dataclasses.asdict(parts.drawing))
            parts.transforms.extend(parts.given)
            parts.sinks.extend(sinks)
            return parts

        output.equip = equip
        live = LiveLoop(capture, load, output, plan.mirror, plan.duration, stop)
        try:
            live.run()
        finally:
            summary = CameraSummary(
                live.seconds,
                output.frames,
                output.dropped,
                max(0, capture.connections - 1),
                tuple(output.recordings.done),
                tuple(output.snapshots.saved),
                tuple(output.recordings.failed),
            )
            if summary.frames:
                reporter.say(str(summary))
    stop.raise_if_requested()
    return summary


def _load(network: ModelOptions | Predictor, controls: Controls, lowest: float | None, reporter: Reporter) -> Predictor:
    """Loads the network, and lets it find objects too that are not shown before a viewer lowers the score.

    Args:
        lowest: score from which on objects are found; None: from that on which they are shown.
    """
    predictor = predictor_loader(network, reporter=reporter)()
    usual = predictor.config.detection_min_confidence
    if lowest is None and predictor is not network:
        lowest = LOWEST_SCORE  # a network that was loaded before may be used by other code too, and stays as it is
    if lowest is not None and usual > lowest:
        predictor.set_min_confidence(lowest)
    controls.set_min_score(usual)
    return predictor


@contextlib.contextmanager
def _kept_min_confidence(network: ModelOptions | Predictor) -> Iterator[None]:
    """Restores the lowest score of a network that was loaded before the session and may be used after it."""
    before = network.config.detection_min_confidence if isinstance(network, Predictor) else None
    try:
        yield
    finally:
        if isinstance(network, Predictor) and before is not None and network.config.detection_min_confidence != before:
            network.set_min_confidence(before)
