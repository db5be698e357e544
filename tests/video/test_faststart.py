"""Moving the index of an MP4 to its front."""

from __future__ import annotations

import struct
from pathlib import Path

import av
import pytest

from maskseg_cli.video.faststart import move_index_first
from tests.video.samples import make_video, truncated


def _packets(path: Path) -> list[tuple[int, int | None, bytes]]:
    with av.open(str(path)) as container:
        return [(packet.stream.index, packet.pts, bytes(packet)) for packet in container.demux() if packet.size]


@pytest.mark.parametrize("suffix", [".mp4", ".mov"])
@pytest.mark.parametrize("movflags", ["write_colr", "hybrid_fragmented+frag_keyframe+delay_moov"])
def test_all_packets_are_found_again_behind_the_index(tmp_path: Path, suffix: str, movflags: str) -> None:
    source = make_video(tmp_path / f"in{suffix}", sound="aac", b_frames=2, container={"movflags": movflags})
    target = tmp_path / f"out{suffix}"
    data = source.read_bytes()
    assert data.index(b"moov") > data.index(b"mdat")
    assert move_index_first(source, target)
    moved = target.read_bytes()
    assert moved.index(b"moov") < moved.index(b"mdat")
    assert len(moved) == len(data)
    assert _packets(target) == _packets(source)


def test_a_file_whose_index_is_first_already_is_left_alone(tmp_path: Path) -> None:
    source = make_video(tmp_path / "in.mp4")
    assert move_index_first(source, tmp_path / "first.mp4")
    assert not move_index_first(tmp_path / "first.mp4", tmp_path / "again.mp4")
    assert not (tmp_path / "again.mp4").exists()


def test_places_of_64_bits_move_too_and_those_that_would_not_fit_into_32_stay(tmp_path: Path) -> None:
    def file(table: bytes, layout: str, place: int) -> Path:
        inner = struct.pack(f">I4sII{layout}", 16 + struct.calcsize(f">{layout}"), table, 0, 1, place)
        for kind in (b"stbl", b"minf", b"mdia", b"trak", b"moov"):
            inner = struct.pack(">I4s", 8 + len(inner), kind) + inner
        ftyp = struct.pack(">I4s4s", 12, b"ftyp", b"isom")
        path = tmp_path / table.decode()
        # The media box has a size beyond 32 bits; the media are a hole in the file.
        with path.open("wb") as out:
            out.write(ftyp + struct.pack(">I4sQ", 1, b"mdat", 2**32 + 100))
            out.seek(12 + 2**32 + 100)
            out.write(inner)
        return path

    target = tmp_path / "out"
    assert not move_index_first(file(b"stco", "I", 2**32 - 10), target)
    assert not target.exists()


def test_no_mp4_at_all_is_left_alone(tmp_path: Path) -> None:
    for name, data in (("a", b""), ("b", b"RIFF" + bytes(100)), ("c", bytes(100))):
        (tmp_path / name).write_bytes(data)
        assert not move_index_first(tmp_path / name, tmp_path / "out")
    whole = make_video(tmp_path / "in.mp4")
    assert not move_index_first(truncated(whole, tmp_path / "cut.mp4", 0.5), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_target_that_cannot_be_written_leaves_none(tmp_path: Path) -> None:
    source = make_video(tmp_path / "in.mp4")
    with pytest.raises(OSError, match="directory"):
        move_index_first(source, tmp_path / "absent" / "out.mp4")
