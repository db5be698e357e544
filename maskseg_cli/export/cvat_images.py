"""`CvatImages`: a sink that writes one XML file for photos, "CVAT for images 1.1"."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from maskseg_cli.detections import Detections, MaskCrop
from maskseg_cli.errors import MasksegError
from maskseg_cli.export.cvat_xml import FOOTER, attribute, header, score_attribute
from maskseg_cli.export.object_rows import ObjectRows
from maskseg_cli.frame import Frame
from maskseg_cli.media.atomic_file import utf8

#: In place of the number of an image, until it is written.
_ID = b'<image id="" '


class CvatImages(ObjectRows):
    """Writes an `image` element a picture, in one line, with a `mask` an object: holes and parts are kept exactly.

    What people have marked with a box alone is a `box`.

    Args:
        path, resume: as `ObjectRows` takes them.
        scores: whether labels have an attribute for scores.
    """

    def __init__(self, path: str | Path, resume: bool = False, scores: bool = True) -> None:
        super().__init__(path, resume)
        self._scores = scores
        self._class_names: tuple[str, ...] = ()

    def start(self, class_names: tuple[str, ...]) -> None:
        """Takes the class names, background first."""
        self._class_names = class_names

    def header(self) -> bytes:
        """The labels."""
        return header(self._class_names, "annotation", self._scores)

    def footer(self) -> bytes:
        """The end of the document."""
        return FOOTER

    def numbered(self, rows: bytes, number: int) -> bytes:
        """Puts in the number of the image."""
        return rows.replace(_ID, f'<image id="{number}" '.encode(), 1)

    def rows(self, frame: Frame, detections: Detections) -> bytes:
        """The element of one picture."""
        height, width = detections.image_size
        parts = [f'{_ID.decode()}name={attribute(frame.source)} width="{width}" height="{height}">']
        for i, (name, mask) in enumerate(zip(detections.names, detections.masks, strict=True)):
            h, w = mask.bitmap.shape
            score = score_attribute(detections.confidence[i])
            # The best score comes first and lies on top; of marked objects it is the last.
            source, z_order = ("auto", len(detections) - i) if score else ("manual", i)
            begin = f'label={attribute(name)} source="{source}" occluded="0"'
            if mask.area:
                runs = ", ".join(map(str, row_runs(mask)))
                parts.append(
                    f'<mask {begin} rle="{runs}" left="{mask.left}" top="{mask.top}" width="{w}" height="{h}" '
                    f'z_order="{z_order}">{score}</mask>'
                )
            elif not score:
                x1, y1, x2, y2 = detections.xyxy[i].tolist()
                sides = f'xtl="{x1:.2f}" ytl="{y1:.2f}" xbr="{x2:.2f}" ybr="{y2:.2f}"'
                parts.append(f'<box {begin} {sides} z_order="{z_order}"></box>')
        return utf8("".join(parts) + "</image>\n")

    def read_rows(self) -> Iterator[tuple[str, bytes]]:
        """The images of the file.

        Raises:
            MasksegError: it holds something else.
        """
        with self.path.open("rb") as lines:
            if not lines.readline().startswith(b"<?xml") or not lines.readline().startswith(b"<annotations>"):
                raise MasksegError(f"{self.path} is no CVAT file that could be continued: --overwrite replaces it.")
            for line in lines:
                if line.startswith(b"<image "):
                    try:
                        image = ElementTree.fromstring(line)
                    except ElementTree.ParseError as error:
                        raise MasksegError(f"{self.path} is damaged: --overwrite replaces it.") from error
                    number = f'<image id="{image.get("id", "")}" '.encode()
                    yield image.get("name", ""), line.replace(number, _ID, 1)


def row_runs(mask: MaskCrop) -> list[int]:
    """Lengths of runs of 0 and 1 in turn, 0 first, along the rows of the crop.

    Example:
        >>> row_runs(MaskCrop(5, 5, np.array([[True, True], [False, True]])))
        [0, 2, 1, 1]
    """
    flat = np.concatenate([[False], mask.bitmap.ravel()])
    changes = np.flatnonzero(flat[1:] != flat[:-1])
    return [int(n) for n in np.diff(np.concatenate([[0], changes, [mask.bitmap.size]]))]
