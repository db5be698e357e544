"""The list of weights that have names: what they are, and whether they are here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from maskseg_cli.checkpoints.registry import LITE, LITE_ABOUT, NAMES, cache_folder, location
from maskseg_cli.checkpoints.releases import RELEASES
from maskseg_cli.printable import printable


def named_weights() -> list[dict[str, Any]]:
    """Describes the weights of each name by values that JSON can hold.

    Returns:
        name; here, whether the file is; file, its path (None: there is no place for it); bytes, of the file or as
        published (None: unknown); about; published, box_ap and mask_ap on COCO val2017 in percent (None: there are
        none); licence (None: `maskseg weights info` reads it from the file).
    """
    rows: list[dict[str, Any]] = []
    for name in NAMES:
        path, release = location(name), RELEASES.get(name)
        here = path is not None and path.is_file()
        published = None
        if release is not None and release.box_ap is not None:
            published = {"box_ap": release.box_ap, "mask_ap": release.mask_ap}
        rows.append(
            {
                "name": name,
                "here": here,
                "file": None if path is None else str(path),
                "bytes": path.stat().st_size if path is not None and here else getattr(release, "size", None),
                "about": LITE_ABOUT if name == LITE or release is None else release.about,
                "published": published,
                "licence": None if release is None else release.licence,
            }
        )
    return rows


def as_lines(rows: list[dict[str, Any]]) -> Iterator[str]:
    """The rows of `named_weights` as lines of text, names in a column."""
    width = max(len(row["name"]) for row in rows) + 2
    for row in rows:
        size = "" if row["bytes"] is None else f" ({row['bytes'] / 1e6:,.1f} MB)"
        yield f"{row['name']:<{width}}{row['about']}{size}"
        if row["published"] is not None:
            box, mask = row["published"]["box_ap"], row["published"]["mask_ap"]
            yield f"{'':{width}}published: box AP {box:.1f}, mask AP {mask:.1f}"
        if row["here"]:
            yield printable(f"{'':{width}}here: {row['file']}")
        elif row["name"] in RELEASES:
            yield f"{'':{width}}not here yet: maskseg weights fetch {row['name']}"
        else:
            yield f"{'':{width}}not part of this installation: name a file with --weights FILE, or put one called"
            yield printable(f"{'':{width}}maskseg-lite-coco.npz into {cache_folder()}")
