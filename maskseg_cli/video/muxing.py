"""The options of FFmpeg's muxer for each container."""

from __future__ import annotations

from fractions import Fraction

from maskseg_cli.video.video_formats import OutputFormat


def muxer_options(output: OutputFormat, time_base: Fraction) -> dict[str, str]:
    """Options of the muxer.

    Args:
        output: the format of the file.
        time_base: of the pictures, in seconds.
    """
    if output.container in ("mp4", "mov"):
        # In fragments of at most a megabyte, which play even if the program is killed; at the end they become one plain
        # file. Sound may begin before 0. The offset of the pictures is stored in the movie's time scale: that of
        # milliseconds, the default, would cut the first picture, so it is as fine as that of the pictures.
        return {
            "movflags": "hybrid_fragmented+frag_keyframe+delay_moov",
            "frag_size": "1000000",
            "use_editlist": "1",
            "movie_timescale": str(time_base.denominator),
        }
    if output.container in ("matroska", "webm"):
        return {"cluster_size_limit": "1000000"}
    return {}
