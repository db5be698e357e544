"""Tracks against their absence on videos, and against the truth on generated clips.

    python -m benchmarks.tracking --clips 10                       # MOTA, IDF1 and time, no network
    python -m benchmarks.tracking --video in.mp4 --seconds 60      # flicker, changes of class, new objects
    python -m benchmarks.tracking --video in.mp4 --every 3         # masks in the frames between two results

The network is run once a video, from a score of 0.1 on. "Before" is what it finds from 0.5 on, frame by frame; "after"
is what `Tracker` makes of it. Flicker, changes of class and new objects are counted by the overlap of masks, without
identities, so that both are measured alike.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from statistics import median

import cv2
import motmetrics
import numpy as np
from numpy.typing import NDArray

from benchmarks.synthetic_tracks import SyntheticClip
from maskseg_cli import Detections, Frame, MaskCrop, Tracker, load_model, segment_video
from maskseg_cli.messages import count_words
from maskseg_cli.tracking.mask_overlap import mask_iou

#: An object that is gone for less than so many seconds flickers.
MOMENT = 0.5

#: Masks that overlap by this share are the same object; for a change of class they must overlap more.
SAME, SAME_PLACE = 0.3, 0.5

Shown = tuple[float, Detections]


@dataclass
class Steadiness:
    """Counts a second of video.

    Attributes:
        flicker: objects that are gone in the next frame and back within half a second.
        class_changes: objects whose class is another one in the next frame.
        new: objects that were not there in the frame before.
    """

    flicker: float
    class_changes: float
    new: float


def steadiness(shown: Sequence[Shown]) -> Steadiness:
    """Counts by overlap of masks; `shown` are the times and objects of all frames of a video, in order."""
    flicker = changes = new = 0
    areas = [detections.area.tolist() for _, detections in shown]

    def overlap(i: int, row: int, j: int) -> tuple[float, int]:
        """The best overlap of an object of frame i with those of frame j, and the number of that object."""
        mask, area = shown[i][1].masks[row], areas[i][row]
        others = zip(shown[j][1].masks, areas[j], strict=True)
        pairs = [(mask_iou(mask, other, (area, size)), k) for k, (other, size) in enumerate(others)]
        return max(pairs, default=(0.0, -1))

    for i in range(len(shown) - 1):
        for row, name in enumerate(shown[i][1].names):
            found, k = overlap(i, row, i + 1)
            if found >= SAME_PLACE and overlap(i + 1, k, i)[1] == row:
                changes += shown[i + 1][1].names[k] != name
            if found >= SAME:
                continue
            later = i + 2
            while later < len(shown) and shown[later][0] - shown[i][0] < MOMENT:
                if overlap(i, row, later)[0] >= SAME:
                    flicker += 1
                    break
                later += 1
        new += sum(overlap(i + 1, row, i)[0] < SAME for row in range(len(shown[i + 1][1])))
    seconds = max(1e-9, shown[-1][0] - shown[0][0])
    return Steadiness(flicker / seconds, changes / seconds, new / seconds)


def tracked(frames: Iterable[tuple[Frame, Detections]]) -> list[tuple[Frame, Detections]]:
    """The frames with what a `Tracker` makes of them."""
    tracker = Tracker()
    shown = [one for frame, detections in frames for one in tracker.push(frame, detections)]
    return shown + tracker.flush()


def accuracy(clip: SyntheticClip, ahead: bool = True) -> tuple[float, float, int, float]:
    """MOTA, IDF1, switches of identity, and milliseconds a frame.

    Args:
        clip: gives frames, truth and detections.
        ahead: whether the tracker looks ahead, as for files.
    """
    tracker, truths, shown, spent = Tracker(), {}, [], 0.0
    for frame, truth, detections in clip:
        truths[frame.index] = truth
        before = time.thread_time()
        shown += tracker.push(frame, detections) if ahead else [(frame, tracker(frame, detections))]
        spent += time.thread_time() - before
    shown += tracker.flush()
    accumulator = motmetrics.MOTAccumulator(auto_id=True)
    for frame, detections in shown:
        truth = truths[frame.index]
        boxes = np.array(list(truth.values()), float).reshape(-1, 4)
        distances = 1 - box_iou(boxes, detections.xyxy.astype(float))
        distances[distances > 0.6] = np.nan
        accumulator.update(list(truth), [] if detections.tracker_id is None else detections.tracker_id, distances)
    names = ["mota", "idf1", "num_switches"]
    mota, idf1, switches = motmetrics.metrics.create().compute(accumulator, metrics=names).iloc[0].tolist()
    return mota, idf1, int(switches), spent / len(shown) * 1e3


def box_iou(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    """Intersection over union of boxes, (N, 4) and (M, 4) -> (N, M)."""
    top = np.maximum(first[:, None, :2], second[None, :, :2])
    bottom = np.minimum(first[:, None, 2:], second[None, :, 2:])
    common = np.prod(np.maximum(0, bottom - top), axis=2)
    areas = [np.prod(boxes[:, 2:] - boxes[:, :2], axis=1) for boxes in (first, second)]
    return common / (areas[0][:, None] + areas[1][None] - common)


def flow_mask(mask: MaskCrop, before: NDArray[np.uint8], now: NDArray[np.uint8], dis: cv2.DISOpticalFlow) -> MaskCrop:
    """A mask moved from one frame to another by OpenCV's DIS flow, for comparison."""
    flow = dis.calc(cv2.cvtColor(now, cv2.COLOR_BGR2GRAY), cv2.cvtColor(before, cv2.COLOR_BGR2GRAY), None)
    height, width = now.shape[:2]
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    full = mask.full(height, width).astype(np.uint8)
    return MaskCrop.from_full(cv2.remap(full, x + flow[..., 0], y + flow[..., 1], cv2.INTER_NEAREST))


def between(frames: Sequence[tuple[Frame, Detections]], every: int) -> dict[str, list[float]]:
    """Overlap of the masks in frames on which the network was not run with those that it finds there.

    Only objects of a score of 0.7 or more count. "frozen" is the last result, "moved" is the tracker's, "flow" is the
    last result moved by DIS flow.
    """
    thinned = []
    for number, (frame, _) in enumerate(frames):
        source = frames[number - number % every]
        thinned.append((replace(frame, detected_in=source[0].index), source[1]))
    dis = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
    overlaps: dict[str, list[float]] = {"frozen": [], "moved": [], "flow": []}
    for number, (_, moved) in enumerate(tracked(thinned)):
        if number % every == 0:
            continue
        (frame, truth), (start, last) = frames[number], frames[number - number % every]
        last = last.filter(min_confidence=0.5)
        flowed = [flow_mask(mask, start.image, frame.image, dis) for mask in last.masks]
        for one in truth.filter(min_confidence=0.7):
            for kind, masks in (("frozen", last.masks), ("moved", moved.masks), ("flow", flowed)):
                pairs = [mask_iou(one.masks[0], mask, (one.masks[0].area, mask.area)) for mask in masks]
                overlaps[kind].append(max(pairs, default=0.0))
    return overlaps


def report_clips(count: int) -> None:
    """Prints MOTA, IDF1 and time on generated clips."""
    settings = [{"rate": 15}, {"rate": 30}, {"rate": 8}, {"rate": 25, "every": 3}]
    for setting in settings:
        for ahead in (True, False):
            rows = [accuracy(SyntheticClip(seed=100 + seed, **setting), ahead) for seed in range(count)]
            mota, idf1, switches, spent = zip(*rows, strict=True)
            print(
                f"{setting} {'ahead ' if ahead else 'causal'}: MOTA {median(mota):.3f} (least {min(mota):.3f}), IDF1 "
                f"{median(idf1):.3f} (least {min(idf1):.3f}), {sum(switches)} switches, {median(spent):.2f} ms a frame",
                flush=True,
            )


def report_video(path: str, seconds: float | None, every: int) -> None:
    """Prints steadiness of a video before and after, or the overlaps in between."""
    model = load_model("lite", min_score=0.1)
    frames = list(segment_video(path, model, track=False, **({} if seconds is None else {"end": seconds})))
    if every > 1:
        for kind, values in between(frames, every).items():
            print(f"{path}, every {every}, {kind}: mean overlap {np.mean(values):.3f} of {len(values)} objects")
        return
    found = [(float(frame.time), detections.filter(min_confidence=0.5)) for frame, detections in frames]
    begun = time.thread_time()
    after = tracked(frames)
    spent = (time.thread_time() - begun) / len(frames) * 1e3
    shown = [(float(frame.time), detections) for frame, detections in after]
    classes = {
        number: name
        for _, detections in after
        for number, name in zip(detections.tracker_id.tolist(), detections.names, strict=True)
    }
    length = shown[-1][0] - shown[0][0]
    print(f"{path}: {len(frames)} frames, {length:.1f} s, {spent:.2f} ms a frame")
    print(f"  before: {steadiness(found)}; all classes: {len({n for _, d in found for n in d.names})}")
    print(f"  after:  {steadiness(shown)}; {len(classes) / length:.2f} identities a second")
    print(f"  objects: {count_words(Counter(classes.values()))}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=0, help="so many generated clips of each kind")
    parser.add_argument("--video", action="append", default=[], help="a video; may be given several times")
    parser.add_argument("--seconds", type=float, help="only so many seconds of it")
    parser.add_argument("--every", type=int, default=1, help="the network's results of every n-th frame only")
    arguments = parser.parse_args()
    if arguments.clips:
        report_clips(arguments.clips)
    for path in arguments.video:
        report_video(path, arguments.seconds, arguments.every)


if __name__ == "__main__":
    main()
