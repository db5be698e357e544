"""HEIC and AVIF: read with pillow-heif; without it a sentence, and a count of what is passed over."""

from __future__ import annotations

import importlib.util
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import features

from maskseg_cli.errors import MasksegError
from maskseg_cli.media import images as images_module
from maskseg_cli.media.heif import heif_format
from maskseg_cli.media.images import decode_photo, read_image
from maskseg_cli.media.input_files import find_sources
from maskseg_cli.media.outputs import plan_outputs
from maskseg_cli.media.readable_photos import readable_photos
from maskseg_cli.reporter import Reporter

from .pictures import QUARTERS, Image, save

needs_heif = pytest.mark.skipif(
    importlib.util.find_spec("pillow_heif") is None, reason="pillow-heif is not installed: pip install maskseg[heif]"
)
needs_avif = pytest.mark.skipif(not features.check("avif"), reason="this PIL was built without AVIF")


class Notes(Reporter):
    def __init__(self) -> None:
        self.warned: list[str] = []

    def warn(self, sentence: str) -> None:
        self.warned.append(sentence)


def start(*brands: str) -> bytes:
    names = "".join(brands).encode()
    return (8 + len(names)).to_bytes(4, "big") + b"ftyp" + names[:4] + bytes(4) + names[4:]


def test_formats_by_their_first_bytes() -> None:
    assert heif_format(start("heic", "mif1")) == heif_format(start("mif1", "heic")) == "HEIC"
    assert heif_format(start("avif", "mif1")) == heif_format(start("mif1", "avif")) == "AVIF"
    assert heif_format(start("isom", "avif")) is None


def without_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("maskseg_cli.media.readable_photos.can_read", lambda kind: False)
    monkeypatch.setattr("maskseg_cli.media.heif.can_read", lambda kind: False)


def test_without_the_package_they_are_counted_or_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without_package(monkeypatch)
    for name in ("a.heic", "B.HEIF", "c.avif"):
        (tmp_path / name).write_bytes(start("avif" if name == "c.avif" else "heic", "mif1") + bytes(99))
    with pytest.raises(
        MasksegError, match=r"3 HEIC or AVIF photos cannot be read without .*pip install 'maskseg\[heif\]'"
    ):
        readable_photos(find_sources([str(tmp_path)]))
    (tmp_path / "d.png").write_bytes(save(Image.fromarray(QUARTERS), "PNG"))
    notes = Notes()
    found = readable_photos(find_sources([str(tmp_path)]), notes)
    assert [source.relative.name for source in found] == ["d.png"]
    assert notes.warned == [
        "Note: 3 HEIC or AVIF photos cannot be read without the package pillow-heif: pip install 'maskseg[heif]'."
    ]
    assert len(readable_photos(find_sources([str(tmp_path / "a.heic")]), notes)) == 1
    with pytest.raises(MasksegError, match=r"a\.heic is a HEIC photo, which needs the package pillow-heif: pip"):
        read_image(tmp_path / "a.heic")
    with pytest.raises(MasksegError, match=r"c\.avif is an AVIF photo, which needs"):
        read_image(tmp_path / "c.avif")


def test_results_are_jpegs(tmp_path: Path) -> None:
    (tmp_path / "a.HEIC").write_bytes(start("heic"))
    [job] = plan_outputs(find_sources([str(tmp_path)]))
    assert job.target == tmp_path / "a_maskseg.jpg"


def test_results_of_photos_that_a_telephone_stores_twice_are_kept_apart(tmp_path: Path) -> None:
    (tmp_path / "a.HEIC").write_bytes(start("heic"))
    (tmp_path / "a.avif").write_bytes(start("avif"))
    (tmp_path / "a.jpg").write_bytes(save(Image.fromarray(QUARTERS), "JPEG"))
    (tmp_path / "b.heic").write_bytes(start("heic"))
    sources = find_sources([str(tmp_path)])
    for output, end in ((None, "_maskseg"), (str(tmp_path / "out"), "")):
        names = {job.source.relative.name: job.target.name for job in plan_outputs(sources, output) if job.target}
        assert names == {
            "a.HEIC": f"a.HEIC{end}.jpg",
            "a.avif": f"a.avif{end}.jpg",
            "a.jpg": f"a{end}.jpg",
            "b.heic": f"b{end}.jpg",
        }


@pytest.mark.parametrize("kind", [pytest.param("HEIF", marks=needs_heif), pytest.param("AVIF", marks=needs_avif)])
def test_they_are_read_upright_with_their_metadata(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if kind == "HEIF":
        import pillow_heif

        pillow_heif.register_heif_opener()
    image = Image.fromarray(QUARTERS)
    exif = image.getexif()
    exif[0x010F], exif[0x0112] = "Maker", 6
    data = save(image, kind, exif=exif.tobytes(), quality=95)
    read = decode_photo(data)
    assert read.image.shape == (96, 64, 3)
    expected = np.rot90(QUARTERS, -1)[..., ::-1].astype(int)
    assert np.abs(read.image - expected).mean() < 12
    assert read.metadata.main[0x010F][1].rstrip(b"\0") == b"Maker"
    with pytest.raises(MasksegError, match="damaged"):
        decode_photo(data[: len(data) // 3])
    monkeypatch.setattr(images_module, "MAX_PIXELS", 100)
    with pytest.raises(MasksegError, match=r"(64 x 96|96 x 64) pixels"):
        decode_photo(io.BytesIO(data).getvalue())
