"""The page's sections about what training makes of the data: boxes, inputs, mini masks, augmentation, targets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from maskseg_cli.inspection.data.content_sections import binned_chart
from maskseg_cli.messages import counted
from maskseg_cli.pages.charts import bar_chart
from maskseg_cli.pages.elements import paragraph, pictures
from maskseg_cli.pages.page import section
from maskseg_cli.pages.thumbnails import Thumbnail

Shown = Sequence[Thumbnail]


def sheet_section(shown: Shown, total: int) -> str:
    """Photos with their masks."""
    return section(
        "Photos with their objects",
        paragraph(
            f"{counted(len(shown), 'photo')} of {total:,}, evenly chosen, with the masks, boxes and classes that "
            "training gets. A mask beside its object, or an object without one, shows an error of the annotations."
        ),
        pictures(shown, "pair steps"),
        anchor="photos",
    )


def box_section(figures: Mapping[str, Any], shown: Shown) -> str:
    """Boxes of the file against boxes of the masks."""
    found = figures["boxes"]
    if not found["compared"]:
        text = "No object has both an outline and a box in the file: boxes are computed from the masks."
        return section("Boxes", paragraph(text), anchor="boxes")
    return section(
        "Boxes computed from masks, and given ones",
        paragraph(
            f"The IoU of the box in the file with the box computed from the mask, for {found['compared']:,} objects: "
            f"{found['mean']:.3f} on average, below 0.9 for {found['below_0.9']:,}, below 0.5 for "
            f"{found['below_half']:,}, where training takes the mask's box. A low value is a wrong box or a wrong mask."
        ),
        binned_chart(found["histogram"], "IoU of both boxes", "objects", 860),
        paragraph("The worst: the mask and its box in green, the box of the file dashed in orange."),
        pictures(shown, "sheet"),
        anchor="boxes",
    )


def input_section(figures: Mapping[str, Any], shown: Shown) -> str:
    """What the network gets."""
    network = figures["network"]
    return section(
        "What the network gets",
        paragraph(
            f"Photos after the resize ({network['resize']}), with a batch's padding. The dashed yellow line is "
            "the window, the photo without padding; objects are green, regions to ignore orange. Anchors and "
            "regions lie in this picture."
        ),
        pictures(shown, "pair steps"),
        anchor="inputs",
    )


def mini_mask_section(figures: Mapping[str, Any], shown: Shown) -> str:
    """What mini masks lose."""
    found = figures["mini_masks"]
    if not found["measured"]:
        return section("Mini masks", paragraph("No object has an outline."), anchor="mini-masks")
    rows, columns = found["shape"]
    return section(
        "Mini masks against full masks",
        paragraph(
            f"Training keeps each mask as {rows} x {columns} cells over its box (mini_mask_shape). Of "
            f"{found['measured']:,} objects the mask that comes back from its cells has an IoU of {found['mean']:.4f} "
            f"with the full one on average, {found['least']:.3f} at least; it is below 0.95 for "
            f"{found['below_0.95']:,}."
        ),
        binned_chart(found["histogram"], "IoU of the full mask with the one that comes back", "objects", 860),
        paragraph(
            "The worst of the objects of 1,000 pixels or more: the full mask (green) with its box, the cells of its "
            "mini mask over that box, and the mask that comes back (orange)."
        ),
        pictures(shown, "steps"),
        anchor="mini-masks",
    )


def augmentation_section(groups: Sequence[Shown]) -> str:
    """The same photos several times."""
    return section(
        "Augmentation",
        paragraph(
            "The same photo as training may get it in different turns: zoomed, cut, mirrored and recoloured, its masks "
            "with it. The first of each row is the photo as it is. maskseg train --no-augment leaves this out."
        ),
        *(pictures(group, "sheet") for group in groups),
        anchor="augmentation",
    )


def anchor_section(figures: Mapping[str, Any], shown: Shown) -> str:
    """Anchors as objects, background, or neutral."""
    found = figures["anchors"]
    if not found["images"]:
        return section("Anchors", paragraph("There is no photo with objects."), anchor="anchors")
    objects, below = found["objects"], found["below_threshold"]
    share = f"{below / objects:.0%}" if objects else "none"
    bars = [
        (f"{name} pixels", one["below"] / one["objects"], f"{one['below'] / one['objects']:.0%} of {one['objects']:,}")
        for name, one in found["below_by_network_size"].items()
        if one["objects"]
    ]
    return section(
        "Training targets: anchors",
        paragraph(
            f"Over {counted(found['images'], 'photo')}: a step takes {found['positives_per_image'].get('mean', 0):.1f} "
            f"anchors of a photo for objects on average, "
            f"{found['positive_share'].get('mean', 0):.1%} of those that it trains on."
        ),
        f'<div class="pair">{binned_chart(found["positives_per_image"]["histogram"], "anchors for objects", "photos")}'
        f"{binned_chart(found['positive_share']['histogram'], 'share of anchors for objects', 'photos')}</div>",
        paragraph(
            f"{share} of {objects:,} objects have no anchor with an IoU of {found['threshold']:g} or more; their best "
            "anchor counts for them all the same, but it is the only one, and the network must correct it far. Where "
            "this share is high among small objects, they are too small for this network: a larger --size helps."
        ),
        bar_chart(bars, "share of objects without a fitting anchor, by size in the input", 1.0),
        binned_chart(found["best_iou"]["histogram"], "IoU of an object with its best anchor", "objects", 860),
        paragraph(
            "At the left the anchors that count as objects (green) and the objects' boxes (white, dashed); at the "
            "right some neutral anchors, on which the network is not trained (blue), and some of the background that "
            "was sampled (orange)."
        ),
        pictures(shown, "steps"),
        anchor="anchors",
    )


def region_section(figures: Mapping[str, Any], shown: Shown, masks: Shown, origin: str) -> str:
    """Regions of interest with refined boxes and mask targets."""
    found = figures["regions"]
    if not found["images"]:
        return section("Regions", paragraph("There is no photo with objects."), anchor="regions")
    return section(
        "Training targets: regions, refined boxes and masks",
        paragraph(
            f"{origin} Of {counted(found['images'], 'photo')} a step takes "
            f"{found['regions_per_image'].get('mean', 0):.0f} regions each on average, {found['positive_share']:.0%} "
            f"of which show an object; {found['objects_without_proposal']:,} of {found['objects']:,} objects are shown "
            "by no proposal with an IoU of 0.5 or more."
        ),
        paragraph(
            "Regions that show an object (green, dashed), the boxes to which the network shall refine them (white), "
            "and some background (orange)."
        ),
        pictures(shown, "pair steps"),
        paragraph("Single regions, each beside the mask that the network shall find in it."),
        pictures(masks, "sheet"),
        anchor="regions",
    )
