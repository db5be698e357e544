"""How FFmpeg is asked to write each container."""

from __future__ import annotations

from fractions import Fraction

from maskseg_cli.video.video_formats import OutputFormat


def muxer_options(output: OutputFormat, time_base: Fraction) -> dict[str, str]:
    """Options of the muxer.

    Args:
        output: what is being written.
        time_base: the clock of the pictures.
    """
    if output.container in ("mp4", "mov"):
        # In pieces of at most a megabyte, which a player can show even if the program is killed; made one whole at the
        # end. Sound may begin before 0. How late the pictures begin is told on the clock of the whole film, which
        # counts milliseconds, and so cuts them off, unless it is as fine as theirs.
        return {
            "movflags": "hybrid_fragmented+frag_keyframe+delay_moov",
            "frag_size": "1000000",
            "use_editlist": "1",
            "movie_timescale": str(time_base.denominator),
        }
    if output.container in ("matroska", "webm"):
        return {"cluster_size_limit": "1000000"}
    return {}
