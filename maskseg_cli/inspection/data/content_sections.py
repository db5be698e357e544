"""The page's sections about the whole data set: overview, classes, sizes, problems; from the figures alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from maskseg_cli.datasets.problems import BadRecord
from maskseg_cli.inspection.data.statistics import SIZE_LIMITS, SIZE_NAMES
from maskseg_cli.messages import counted
from maskseg_cli.pages.axes import HALF
from maskseg_cli.pages.charts import bar_chart, histogram
from maskseg_cli.pages.elements import escaped, folded, paragraph, table, tiles
from maskseg_cli.pages.page import section

#: Bars that are always seen; the others open at a click.
_BARS = 30

#: Bad records of a kind on the page; problems.csv has all.
_RECORDS = 20


def overview(figures: Mapping[str, Any], name: str) -> str:
    """The first lines: what was looked at, and the largest numbers."""
    classes = figures["classes"]
    used = sum(one["objects"] > 0 for one in classes.values())
    facts = [
        ("photos", f"{figures['images']:,}"),
        ("objects", f"{figures['objects']:,}"),
        ("classes with objects", f"{used} of {len(classes)}"),
        ("regions to ignore", f"{figures['ignored_regions']:,}"),
        ("only boxed", f"{figures['boxed_only']:,}"),
        ("photos without objects", f"{figures['images_without_objects']:,}"),
        ("bad records", f"{sum(one['count'] for one in figures['problems'].values()):,}"),
    ]
    network = figures["network"]
    text = (
        f"This is what maskseg train reads from {name} for the network {network['model']}: every figure counts what "
        f"training gets, after bad records were left out or mended. Beside this page lie the same figures (data.json), "
        f"every bad record (problems.csv), and the pictures in full size."
    )
    return paragraph(text) + tiles(facts)


def problem_section(figures: Mapping[str, Any], records: Sequence[BadRecord], decoded: int) -> str:
    """Every kind of problem with its first records."""
    problems = figures["problems"]
    others = "" if decoded >= figures["images"] else "; of the others the headers were read (--decode reads all)"
    looked = f"The pixels of {decoded:,} of {figures['images']:,} photos were decoded{others}."
    if not problems:
        return section("Problems", paragraph("No bad record was found."), paragraph(looked), anchor="problems")
    rows = [(f"{one['what']} ({one['done']})", kind, one["count"]) for kind, one in problems.items()]
    lists = []
    for kind, one in problems.items():
        own = [record for record in records if record.kind == kind][:_RECORDS]
        more = f" (the first {len(own)} of {one['count']})" if one["count"] > len(own) else ""
        lines = [": ".join(filter(None, (record.name, record.value))) for record in own]
        items = "".join(f"<li>{escaped(line)}</li>" for line in lines if line)
        if items:
            lists.append(folded(f"{kind}: {one['count']}{more}", f"<ul>{items}</ul>"))
    return section(
        "Problems",
        paragraph(
            "What is wrong with the data, by kind, and what training does about it. problems.csv names every record."
        ),
        paragraph(looked),
        table(("what is wrong, and what is done about it", "kind", "records"), rows),
        *lists,
        anchor="problems",
    )


def class_section(figures: Mapping[str, Any]) -> str:
    """Objects of each class, classes without any, and images by class."""
    classes = figures["classes"]
    ranked = sorted(classes.items(), key=lambda item: -item[1]["objects"])
    bars = [
        (
            name,
            float(one["objects"]),
            f"{one['objects']:,} ({one['images']:,})",
        )
        for name, one in ranked
        if one["objects"]
    ]
    absent = [name for name, one in classes.items() if not one["objects"]]
    most = bars[0][1] if bars else 1.0
    parts = [
        paragraph("How many objects each class has, and in brackets in how many photos. Few objects are learnt badly."),
        bar_chart(bars[:_BARS], "objects by class", most),
    ]
    if len(bars) > _BARS:
        parts.append(folded(f"{len(bars) - _BARS} more classes", bar_chart(bars[_BARS:], "objects by class", most)))
    if absent:
        names = ", ".join(absent)
        parts.append(paragraph(f"Classes without an object: {names}.", "note"))
    ignored = [(name, one["ignored"]) for name, one in classes.items() if one["ignored"]]
    if ignored:
        parts.append(folded("Regions to ignore (crowds) by class", table(("class", "regions"), ignored)))
    return section("Classes", *parts, anchor="classes")


def size_section(figures: Mapping[str, Any]) -> str:
    """Objects per image, object sizes before and after the resize, image sizes."""
    per_image, sizes, images = figures["objects_per_image"], figures["object_sizes"], figures["image_sizes"]
    limit = figures["images_over_limit"]
    groups = [(name, *(f"{_group(sizes, frame, name)}" for frame in ("original", "network"))) for name in SIZE_NAMES]
    commonest = ", ".join(f"{one['width']} x {one['height']} ({one['images']:,})" for one in images["commonest"])
    over = (
        f" In {counted(limit['images'], 'photo')} there are more than {limit['limit']}: a training step takes the "
        "largest."
        if limit["images"]
        else ""
    )
    charts = [
        binned_chart(per_image["histogram"], "objects in a photo", "photos"),
        binned_chart(sizes["original"]["histogram"], "square root of an object's area, pixels of the photo", "objects"),
        binned_chart(sizes["network"]["histogram"], "square root of an object's area, pixels of the input", "objects"),
        binned_chart(images["ratios"]["histogram"], "width / height of a photo", "photos"),
        binned_chart(images["widths"]["histogram"], "width of a photo, pixels", "photos"),
        binned_chart(images["heights"]["histogram"], "height of a photo, pixels", "photos"),
    ]
    small, large = (round(limit**0.5) for limit in SIZE_LIMITS)
    return section(
        "Objects and photos by size",
        paragraph(
            "Objects per photo, sizes of objects in the photo and after the resize for the network, and sizes of the "
            f"photos.{over} Sizes beyond the right edge of a chart count in its last column."
        ),
        f'<div class="pair">{"".join(charts)}</div>',
        table(
            ("objects", "in the photo", "as the network sees them"),
            groups,
            f"COCO's groups: small has an area below {small} x {small} pixels, large from {large} x {large} on",
        ),
        paragraph(f"The commonest sizes of photos, width x height: {commonest}."),
        anchor="sizes",
    )


def _group(sizes: Mapping[str, Any], frame: str, name: str) -> str:
    count, total = sizes[frame]["groups"][name], sum(sizes[frame]["groups"].values())
    return f"{count:,} ({count / total:.0%})" if total else "0"


def binned_chart(found: Mapping[str, Any], x_title: str, y_title: str, width: int = HALF) -> str:
    """The histogram of `figures`: a mapping with "counts" and "edges".

    Args:
        found: from data.json.
        x_title, y_title: what is counted, and by what.
        width: in units of the viewBox; two of the default width stand side by side.
    """
    return histogram(found["counts"], found["edges"], f"{y_title} by {x_title}", x_title, y_title, width=width)
