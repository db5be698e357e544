"""How the channels of a sound track are arranged, and how they are mixed down to stereo."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: FFmpeg's names of the arrangements that its resampler mixes down, and that PyAV can describe without a crash.
_USUAL = re.compile(
    r"mono|stereo|downmix|2\.1|3\.[01]|3\.0\(back\)|4\.[01]|quad(\(side\))?|5\.[01](\(side\))?|6\.0(\(front\))?|"
    r"6\.1(\((back|front)\))?|hexagonal|7\.0(\(front\))?|7\.1(\(wide(-side)?\))?|octagonal"
)

#: The profile of AAC whose decoder may arrange the channels in another way than the file says.
_CHANGING_PROFILE = "xHE-AAC"

#: Of a channel in the middle, and of one at the back or side, in the ear on its side: half of the power.
_HALF = np.float32(0.5**0.5)


def keep_layout(layout: Any) -> Any:
    """Keeps a channel layout of PyAV for ever, and returns it.

    PyAV 18 copies a layout without the list of channels that it may point to, and both copies free that list: the
    second time ends the process. A layout that is never freed (100 bytes) avoids it. It must be called for the layout
    of a decoder or frame whose channels may be in an unusual order, before that decoder or frame is freed.
    """
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(layout))
    return layout


def layout_of(context: Any) -> Any:
    """The channel layout of a sound track's decoder, as PyAV's `AudioLayout`; see `keep_layout`."""
    return keep_layout(context.layout)


def is_usual(layout: Any) -> bool:
    """Whether the channels are in one of the orders that FFmpeg's resampler mixes down, such as stereo or 5.1."""
    return _USUAL.fullmatch(layout.name) is not None


def may_change(context: Any) -> bool:
    """Whether a decoder may return channels in an unusual order although the file does not say so."""
    return context.name == "aac_latm" or context.profile == _CHANGING_PROFILE


def channels_in_words(layout: Any) -> str:
    """The channels for a note.

    Example:
        >>> import av
        >>> [channels_in_words(av.AudioLayout(name)) for name in ("5.1(side)", "8 channels")]
        ['5.1 channels', '8 channels']
    """
    name = layout.name.split("(")[0].strip()
    if name.startswith("ambisonic"):
        return f"{layout.nb_channels} channels (ambisonic)"
    if name[:1].isdigit() and "channel" not in name:
        return f"{name} channels"
    return f"{layout.nb_channels} channels"


def positions_of(layout: Any) -> tuple[str, ...]:
    """FFmpeg's names of the channels' positions, in the order of the channels: ("FL", "FR", "LFE", ...)."""
    return tuple(channel.name for channel in layout.channels)


def stereo_weights(positions: Sequence[str]) -> NDArray[np.float32]:
    """The share of each channel in left and right, float32 (2, N); no sum of a row is above 1, so nothing clips.

    Left, right and middle positions as in ITU-R BS.775, without the low frequencies (LFE); ambisonic sound as two
    wide cardioid microphones to the left and right hear it; channels without a position in turn left and right.

    Example:
        >>> stereo_weights(["FL", "FR", "FL", "FR"]).tolist()
        [[0.5, 0.0, 0.5, 0.0], [0.0, 0.5, 0.0, 0.5]]
    """
    columns = [_shares(position, number) for number, position in enumerate(positions)]
    weights = np.array(columns, np.float32).T.reshape(2, len(columns))
    return weights / max(1.0, float(np.abs(weights).sum(axis=1).max(initial=0)))


def _shares(position: str, number: int) -> tuple[float, float]:
    if position.startswith("AMBI"):
        # The first is the pressure, the second the difference between left and right; the others are up and front.
        return {"AMBI0": (0.65, 0.65), "AMBI1": (0.35, -0.35)}.get(position, (0.0, 0.0))
    if position.startswith("LFE"):
        return 0.0, 0.0
    if position in ("FL", "DL", "FLC", "WL"):
        return 1.0, 0.0
    if position in ("FR", "DR", "FRC", "WR"):
        return 0.0, 1.0
    if position.endswith("L"):
        return float(_HALF), 0.0
    if position.endswith("R"):
        return 0.0, float(_HALF)
    if position.endswith("C"):
        return float(_HALF), float(_HALF)
    return (1.0, 0.0) if number % 2 == 0 else (0.0, 1.0)
