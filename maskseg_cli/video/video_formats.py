"""The formats of output videos, and the format that the name of an output means."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from maskseg_cli.config.value_types import check_count, conform
from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.option import option
from maskseg_cli.times import rate_of
from maskseg_cli.video.codecs import ALIASES, CODECS, GIF, VideoCodec
from maskseg_cli.video.video_sources import has_number


@dataclass(frozen=True)
class EncodeOptions:
    """The user's options for an output.

    Attributes:
        codec: one of `CODECS` or `FRAME_CODECS`, or FFmpeg's name of its encoder; None is the format's default.
        crf: constant quality, lower is better: 0..51 for H.264, 0..63 for VP9, 1..31 for MPEG-4; None: the default.
        fps: a constant frame rate (25, "29.97", "30000/1001"), by repeating and dropping frames; None keeps the times.
        fourcc: the tag of four letters by which the file names its codec, such as `XVID`.
        sound: keep the source's sound.
        quality: of JPEG frames, 1..100.
        transparent: pictures have an alpha channel, which only WebM (VP9) and PNG frames can hold.
    """

    codec: str | None = option(None, "Another codec: h264, h265, vp9, av1, mpeg4, mjpeg or ffv1.", metavar="NAME")
    crf: int | None = option(
        None,
        "Quality: lower is better and larger. 0 to 51 for H.264, 0 to 63 for VP9, 1 to 31 for MPEG-4.",
        kind="whole",
        least=0,
        most=63,
        metavar="N",
    )
    fps: Fraction | None = option(
        None, "Constant frame rate of the result: frames are repeated or left out, the length stays.", kind="rate"
    )
    fourcc: str | None = option(None, "Four letters that name the codec: XVID, mp4v.", metavar="TAG")
    sound: bool = option(True, "Keep the sound.", flags=("--audio/--no-audio",))
    quality: int = 95
    transparent: bool = False

    def __post_init__(self) -> None:
        if self.fps is not None:
            object.__setattr__(self, "fps", rate_of(self.fps))
        conform("crf", self.crf, int | None)
        conform("sound", self.sound, bool)
        check_count("quality", self.quality, 100)


#: Codec name for a folder of frames -> extension of the frames.
FRAME_CODECS = {"png": ".png", "jpeg": ".jpg", "jpg": ".jpg", "mjpeg": ".jpg"}

_NO_ALPHA = "{} cannot be transparent: write a .webm file (VP9), or PNG frames (frames/%06d.png)."

#: Names of frames in a folder for which the user gave no pattern.
FRAME_PATTERN = "%06d"


@dataclass(frozen=True)
class OutputFormat:
    """The format of an output.

    Attributes:
        suffix: of the file, ".mp4"; of each frame's file for a folder of frames.
        container: FFmpeg's name of the file's format; "frames" for a folder of pictures.
        codec: how pictures are compressed.
        codecs: names of all codecs that the container supports, the default first.
        constant_rate: the container stores one frame rate and no times.
        clock: the time base to which the container rounds times, in seconds; None if it supports any.
        sound_copied: codecs of sound that are copied: those that common players play in this container.
        sound_encoder: encoder for other sound; None if the container has no sound.
        tag: the fourcc by which the file names the codec; None is FFmpeg's choice.
        edit_list: sound may begin before the first picture, and players skip that part.
    """

    suffix: str
    container: str
    codec: VideoCodec
    codecs: tuple[str, ...] = ()
    constant_rate: bool = False
    clock: Fraction | None = None
    sound_copied: frozenset[str] = frozenset()
    sound_encoder: str | None = None
    tag: str | None = None
    edit_list: bool = False

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder of pictures, not one file."""
        return self.container == "frames"

    @property
    def even(self) -> bool:
        """Whether width and height must be even."""
        return "420" in self.codec.pix_fmt


_MP4_SOUND = frozenset({"aac", "mp3", "ac3", "eac3", "alac"})
_PCM = frozenset({"pcm_s16le", "pcm_s24le", "pcm_s32le", "pcm_f32le", "pcm_u8"})
_MKV_SOUND = _MP4_SOUND | _PCM | {"opus", "vorbis", "flac", "dts", "mp2", "truehd", "wavpack"}
_H264 = CODECS["h264"]
_MP4 = OutputFormat(
    ".mp4",
    "mp4",
    _H264,
    ("h264", "h265", "vp9", "av1", "mpeg4"),
    sound_copied=_MP4_SOUND,
    sound_encoder="aac",
    edit_list=True,
)
_MILLISECOND = Fraction(1, 1000)

#: Extension -> format.
FORMATS: dict[str, OutputFormat] = {
    ".mp4": _MP4,
    ".m4v": replace(_MP4, suffix=".m4v"),
    ".mov": replace(
        _MP4,
        suffix=".mov",
        container="mov",
        codecs=("h264", "h265", "mpeg4", "mjpeg"),
        sound_copied=_MP4_SOUND | (_PCM - {"pcm_u8"}),
    ),
    ".mkv": OutputFormat(
        ".mkv", "matroska", _H264, tuple(CODECS), clock=_MILLISECOND, sound_copied=_MKV_SOUND, sound_encoder="aac"
    ),
    ".webm": OutputFormat(
        ".webm",
        "webm",
        CODECS["vp9"],
        ("vp9", "av1"),
        clock=_MILLISECOND,
        sound_copied=frozenset({"opus", "vorbis"}),
        sound_encoder="libopus",
    ),
    # AAC in AVI is beyond its specification and silent in many players; MP3 plays everywhere.
    ".avi": OutputFormat(
        ".avi",
        "avi",
        CODECS["mpeg4"],
        ("mpeg4", "mjpeg", "h264", "ffv1"),
        constant_rate=True,
        sound_copied=frozenset({"mp3", "mp2", "ac3", "pcm_s16le", "pcm_u8"}),
        sound_encoder="libmp3lame",
    ),
    ".gif": OutputFormat(".gif", "gif", GIF, ("gif",), clock=Fraction(1, 100)),
}


def format_for(path: str | Path, options: EncodeOptions | None = None) -> OutputFormat:
    """Finds the format that the name of an output means.

    A name ending in "/", an existing folder, or a printf pattern ("out/%06d.jpg") is a folder of numbered PNG or
    JPEG frames; any other name is a video file by its extension.

    Args:
        path: the output as the user wrote it.
        options: see `EncodeOptions`.

    Raises:
        UsageError: an unknown extension or codec, or a codec or quality that this kind of file cannot have.
        MasksegError: this FFmpeg lacks the encoder.

    Example:
        >>> format_for("out.webm").codec.title
        'VP9'
        >>> format_for("frames/%05d.jpg").suffix
        '.jpg'
    """
    options = options or EncodeOptions()
    if str(path).endswith(("/", "\\")) or Path(path).is_dir() or names_frames(Path(path)):
        return _frame_format(path, options)
    suffix = Path(path).suffix.lower()
    found = FORMATS.get(suffix)
    if found is None:
        known = " ".join(FORMATS)
        raise UsageError(
            f"{path} ends in no video format that can be written ({known}); a folder of frames is written {path}/."
        )
    name = _codec_name(options, found)
    codec = GIF if name == "gif" else CODECS[name]
    if options.crf is not None:
        if codec.crf is None:
            raise UsageError(f"{codec.title} has no quality to choose; leave --crf out.")
        if not codec.best <= options.crf <= codec.worst:
            raise UsageError(
                f"--crf is {codec.best} (best) to {codec.worst} (smallest) for {codec.title}, not {options.crf}."
            )
    if options.transparent:
        if found.container != "webm" or name != "vp9":
            raise UsageError(_NO_ALPHA.format(path))
        codec = replace(codec, pix_fmt="yuva420p", options={**codec.options, "auto-alt-ref": "0"})
    _check_encoder(codec)
    return replace(found, codec=codec, tag=_tag(name, options.fourcc, found))


def frame_pattern(path: str | Path, suffix: str) -> Path:
    """The printf pattern of the frames' files, for an output that is a folder of frames."""
    path = Path(path)
    return path if names_frames(path) else path / f"{FRAME_PATTERN}{suffix}"


def names_frames(path: Path) -> bool:
    """Whether a path is a pattern of numbered frames (`frames/%06d.png`); a video may be called `a%05d.mp4`."""
    return has_number(path.name) and path.suffix.lower() not in ("", *FORMATS)


def _frame_format(path: str | Path, options: EncodeOptions) -> OutputFormat:
    if options.crf is not None:
        raise UsageError("Frames as pictures have no --crf.")
    suffix = Path(path).suffix.lower() if names_frames(Path(path)) else ""
    if options.codec is not None:
        wanted = FRAME_CODECS.get(options.codec.lower())
        if wanted is None or (suffix and {suffix, wanted} not in ({".jpg", ".jpeg"}, {wanted})):
            raise UsageError(f"Frames are written as PNG or JPEG, so the codec of {path} cannot be {options.codec}.")
        suffix = suffix or wanted
    suffix = suffix or ".png"
    if suffix not in (".png", ".jpg", ".jpeg"):
        raise UsageError(f"Frames are written as .png or .jpg, not as {suffix}.")
    if options.transparent and suffix != ".png":
        raise UsageError(_NO_ALPHA.format(path))
    title = "PNG" if suffix == ".png" else "JPEG"
    return OutputFormat(suffix, "frames", VideoCodec(title, "", pix_fmt="bgr24"))


def _codec_name(options: EncodeOptions, output: OutputFormat) -> str:
    name = options.codec.lower() if options.codec else None
    by_encoder = {codec.encoder: name for name, codec in CODECS.items()}
    if name is not None:
        name = ALIASES.get(name, by_encoder.get(name, name))
        if name not in CODECS and name != "gif":
            raise UsageError(f"There is no codec {options.codec} here; known are {', '.join(CODECS)}.")
    if options.fourcc is not None:
        tags = {tag: key for key, codec in CODECS.items() for tag in codec.fourccs}
        meant = tags.get(options.fourcc.upper())
        if meant is None or (name is not None and meant != name):
            usual = ", ".join(tags) if meant is None else ", ".join(CODECS[name or meant].fourccs)
            raise UsageError(f"{options.fourcc} is no tag for this codec; known are {usual}.")
        name = meant
    name = name or output.codecs[0]
    if name not in output.codecs:
        raise UsageError(f"A {output.suffix} file cannot hold {name}; it can hold {', '.join(output.codecs)}.")
    return name


def _tag(name: str, fourcc: str | None, output: OutputFormat) -> str | None:
    if fourcc is not None and output.container == "avi":
        return fourcc.upper()
    if output.container == "avi" and name == "mpeg4":
        return "XVID"
    if output.container in ("mp4", "mov") and name == "h265":
        return "hvc1"  # the only one that Apple's players open
    return None


def _check_encoder(codec: VideoCodec) -> None:
    import av

    try:
        av.Codec(codec.encoder, "w")
    except (ValueError, av.FFmpegError) as error:
        raise MasksegError(
            f"FFmpeg here cannot write {codec.title} (it lacks the encoder {codec.encoder}): "
            "choose another --codec, or install PyAV anew with pip install --force-reinstall av."
        ) from error
