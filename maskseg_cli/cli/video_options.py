"""The options of `maskseg video` that say which frames are read and how they are written."""

from __future__ import annotations

import click

from maskseg_cli.cli.options import gather
from maskseg_cli.cli.parameters import FrameRate, Seconds, Whole
from maskseg_cli.cli.sections import section

#: Passes `reading`, the fields of `ReadingOptions` by name, to the command.
reading_options = gather(
    "reading",
    dict,
    [
        section("Which frames"),
        click.option("--start", "reading_start", type=Seconds(), help="Begin here: 90.5, 1:30 or 1:02:03."),
        click.option("--end", "reading_end", type=Seconds(), help="End here."),
        click.option(
            "--max-frames",
            "reading_max_frames",
            type=Whole(min=1),
            metavar="N",
            help="Write at most so many frames.",
        ),
        click.option(
            "--every",
            "reading_every",
            type=Whole(min=1),
            default=1,
            show_default=True,
            metavar="N",
            help="Run the network on every N-th frame only; those in between keep its result. About N times faster.",
        ),
        click.option("--drop", "reading_drop", is_flag=True, help="With --every: leave the frames in between out."),
        click.option(
            "--batch",
            "reading_batch",
            type=Whole(min=1),
            default=1,
            show_default=True,
            metavar="N",
            help="Frames that the network takes at once.",
        ),
        click.option(
            "--stream",
            "reading_stream",
            type=Whole(min=0),
            metavar="N",
            help="Number of the stream with the pictures, where a file has several. Otherwise the film is chosen.",
        ),
    ],
)


#: Passes `writing`, `format` and the fields of `EncodeOptions` by name, to the command.
writing_options = gather(
    "writing",
    dict,
    [
        section("Format of the results"),
        click.option(
            "--format",
            "writing_format",
            type=click.Choice(["mp4", "mov", "mkv", "avi", "webm", "gif", "png", "jpg"]),
            help="Format of the results; png and jpg are folders of single frames. Otherwise the source's own.",
        ),
        click.option(
            "--codec",
            "writing_codec",
            metavar="NAME",
            help="Another codec: h264, h265, vp9, av1, mpeg4, mjpeg or ffv1.",
        ),
        click.option(
            "--crf",
            "writing_crf",
            type=Whole(0, 63),
            metavar="N",
            help="Quality: lower is better and larger. 0 to 51 for H.264, 0 to 63 for VP9, 1 to 31 for MPEG-4.",
        ),
        click.option(
            "--fps",
            "writing_fps",
            type=FrameRate(),
            help="Constant frame rate of the result: frames are repeated or left out, the length stays.",
        ),
        click.option("--fourcc", "writing_fourcc", metavar="TAG", help="Four letters that name the codec: XVID, mp4v."),
        click.option("--audio/--no-audio", "writing_audio", default=True, help="Keep the sound."),
    ],
)
