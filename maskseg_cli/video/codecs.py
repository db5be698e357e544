"""The video codecs of outputs, with settings that leave most of the processor to the network."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class VideoCodec:
    """A video codec and the settings of its encoder.

    Attributes:
        title: its name in messages.
        encoder: FFmpeg's name of the encoder.
        options: its settings.
        crf: default quality; None if the codec has no such setting.
        best, worst: the ends of that scale.
        pix_fmt: the pixel format of the encoder: "yuv420p" (limited range), "yuva420p" (with alpha), "yuvj420p" (full)
            or "bgr0".
        ticks: the finest time base that it supports, in ticks a second.
        fourccs: tags by which files name it, most usual first; --fourcc chooses the codec by them.
    """

    title: str
    encoder: str
    options: dict[str, str] = field(default_factory=dict)
    crf: int | None = None
    best: int = 0
    worst: int = 51
    pix_fmt: str = "yuv420p"
    ticks: int = 900_000
    fourccs: tuple[str, ...] = ()


# Most of the processor is for the network. Superfast with veryfast's look-ahead (mbtree) takes two thirds of the time
# of veryfast at nearly its size; the simplest search for motion takes an eighth off that, for files 8 % larger. Without
# B-frames packets leave in the order of time: a video that ends early loses nothing in its middle, and no player needs
# an edit list to start at 0.
#: The values of --codec.
CODECS: dict[str, VideoCodec] = {
    "h264": VideoCodec(
        "H.264",
        "libx264",
        {"preset": "superfast", "bf": "0", "rc-lookahead": "10", "x264-params": "mbtree=1:me=dia:subme=0"},
        crf=21,
        fourccs=("H264", "AVC1", "X264"),
    ),
    "h265": VideoCodec(
        "H.265",
        "libx265",
        {"preset": "superfast", "x265-params": "log-level=none:bframes=0"},
        crf=25,
        fourccs=("HVC1", "HEV1", "HEVC", "H265", "X265"),
    ),
    "vp9": VideoCodec(
        "VP9",
        "libvpx-vp9",
        {"deadline": "realtime", "cpu-used": "7", "row-mt": "1", "b": "0", "lag-in-frames": "0"},
        crf=32,
        worst=63,
        fourccs=("VP90", "VP09"),
    ),
    "av1": VideoCodec(
        "AV1",
        "libsvtav1",
        {"preset": "10", "svtav1-params": "pred-struct=1:rtc=1"},
        crf=35,
        worst=63,
        fourccs=("AV01",),
    ),
    "mpeg4": VideoCodec(
        "MPEG-4",
        "mpeg4",
        crf=3,
        best=1,
        worst=31,
        ticks=65535,
        fourccs=("XVID", "DIVX", "DX50", "FMP4", "MP4V"),
    ),
    "mjpeg": VideoCodec("Motion JPEG", "mjpeg", crf=3, best=1, worst=31, pix_fmt="yuvj420p", fourccs=("MJPG",)),
    "ffv1": VideoCodec("FFV1", "ffv1", {"level": "3"}, pix_fmt="bgr0", fourccs=("FFV1",)),
}
#: The only codec of .gif files.
GIF = VideoCodec("GIF", "gif", pix_fmt="pal8")
#: Other names of these codecs.
ALIASES = {"hevc": "h265", "avc": "h264", "x264": "h264", "x265": "h265", "libaom-av1": "av1", "xvid": "mpeg4"}
