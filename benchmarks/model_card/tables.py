"""The figures as Markdown tables, each for one part of the documents."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from benchmarks.model_card.accuracy import Figures
from benchmarks.model_card.misses import OUTCOMES

#: In a table of AP: what it is called, and its name in the figures.
_AREAS = ("APs", "APm", "APl")

#: AP of boxes, masks, and masks of small objects.
_SHORT = (("bbox", "AP"), ("segm", "AP"), ("segm", "APs"))

_LIBRARIES = {"tensorflow": "TensorFlow", "openvino": "OpenVINO"}

#: What is said of the photos on which the part `search` counts.
_PHOTOS = {"measured": "photos", "training": "photos of the training"}


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def percent(figure: float | None, digits: int = 1) -> str:
    """0.2934 -> "29.3"; "-" where nothing could be measured."""
    return "-" if figure is None else f"{100 * figure:.{digits}f}"


def signed(difference: float, digits: int = 1) -> str:
    """0.0123 -> "+1.2"; never "-0.0"."""
    text = f"{100 * difference:+.{digits}f}"
    return text if float(text) else f"{0:.{digits}f}"


def size_label(size: str, figures: Figures) -> str:
    """ "400 (default)"."""
    return f"{size} (default)" if int(size) == figures["model"]["default_size"] else size


def model_facts(figures: Figures) -> str:
    """The file itself."""
    model = figures["model"]
    return table(
        ("", ""),
        (
            ("file", f"`{model['file']}`"),
            ("bytes", f"{model['bytes']:,}"),
            ("SHA-256", f"`{model['sha256']}`"),
            ("parameters", f"{model['parameters']:,}, stored as {model['dtype']}"),
            ("classes", f"{model['classes']}, and the background"),
            ("default size", f"{model['default_size']}"),
        ),
    )


def _areas(figures: dict[str, float | None]) -> str:
    return " / ".join(percent(figures[area]) for area in _AREAS)


def _ap_row(label: str, found: Figures) -> list[str]:
    cells = [label]
    for kind in ("bbox", "segm"):
        cells += [percent(found[kind]["AP"]), percent(found[kind]["AP50"]), _areas(found[kind])]
    return [*cells, percent(found["voc_mAP50"])]


def ap_per_size(figures: Figures) -> str:
    """AP of boxes and masks at each size, and with six views."""
    columns = (
        *("`--size`", "box AP", "box AP50", "box AP small / medium / large"),
        *("mask AP", "mask AP50", "mask AP small / medium / large", "VOC mAP50"),
    )
    rows = [_ap_row(size_label(size, figures), found) for size, found in figures["accuracy"]["sizes"].items()]
    if "tta" in figures:
        rows.append(_ap_row(f"{figures['tta']['size']}, `--tta`", figures["tta"]))
    return f"{table(columns, rows)}\n\n{_photos(figures)}"


def _photos(figures: Figures) -> str:
    return (
        f"{figures['photos']} photos with {figures['objects']} objects; "
        f"maskseg {figures['versions']['maskseg']}, OpenVINO {figures['versions']['openvino']} in float32."
    )


def ap_per_class(figures: Figures) -> str:
    """AP of each class at the default settings."""
    rows = [
        (name, str(found["objects"]), percent(found["box_AP"]), percent(found["mask_AP"]))
        for name, found in figures["accuracy"]["per_class"].items()
    ]
    return table(("class", "objects", "box AP", "mask AP"), rows)


def missed(figures: Figures) -> str:
    """What became of the objects, by size and by group of classes, the worst last."""
    found = figures["misses"]
    rows = [(f"{name} objects", row) for name, row in found["sizes"].items()]
    rows += sorted(found["groups"].items(), key=lambda item: -item[1]["found"] / item[1]["objects"])
    cells = [
        (name, str(row["objects"]), *(percent(row[outcome] / row["objects"], 0) for outcome in OUTCOMES))
        for name, row in rows
    ]
    return table(("", "objects", "found, %", "taken for another class, %", "missed, %"), cells)


def ap_and_start(figures: Figures) -> str:
    """What training brought: the model and the weights that it started from, both looking for objects in one way."""
    start = figures["start"]
    rows = []
    for size, found in figures["accuracy"]["sizes"].items():
        if size in start["sizes"]:
            rows.append([size_label(size, figures), *_changes(start["sizes"][size], found)])
    settings = ", ".join(f"`{setting}`" for setting in start["settings"])
    own = ", ".join(
        f"{kind} AP {percent(start['own'][key]['AP'])}" for kind, key in (("box", "bbox"), ("mask", "segm"))
    )
    note = f"With {settings}, as in the model's file; at their own" if settings else "At their"
    note += f" default settings the starting weights have {own}."
    return f"{table(('`--size`', 'box AP', 'mask AP', 'mask AP of small objects'), rows)}\n\n{note}"


def _changes(before: Figures, after: Figures) -> list[str]:
    """ "27.0 → 29.3 (+2.3)" for the AP of boxes, masks, and masks of small objects."""
    cells = []
    for kind, figure in _SHORT:
        old, new = before[kind][figure], after[kind][figure]
        change = "" if None in (old, new) else f" ({signed(new - old)})"
        cells.append(f"{percent(old)} → {percent(new)}{change}")
    return cells


def precisions(figures: Figures) -> str:
    """AP and time of each engine and precision."""
    found = figures["precisions"]
    columns = ("engine", "`--precision`", "box AP", "mask AP", "mask AP of small objects", "whole call, ms")
    rows = [
        (
            _LIBRARIES[way["engine"]],
            way["precision"],
            *(percent(way[kind][figure]) for kind, figure in _SHORT),
            f"{way['whole_ms']:.0f}",
            f"{way['to_first']:.2f}",
        )
        for way in found["ways"]
    ]
    first = _LIBRARIES[found["ways"][0]["engine"]]
    note = (
        f"AP on {figures['photos']} photos. {_timing(found)} OpenVINO {figures['versions']['openvino']}, "
        f"TensorFlow {figures['versions']['tensorflow']}."
    )
    return f"{table((*columns, f'times {first}'), rows)}\n\n{note}"


def search(figures: Figures) -> str:
    """The earlier options of the search against those of the file."""
    found = figures["search"]
    groups = list(found["own"]["shown"])
    columns = ["options", "box AP", "mask AP", "mask AP of small objects", "VOC mAP50", "shown from"]
    columns += [f"right / wrong on {found['own']['shown'][group]['photos']} {_PHOTOS[group]}" for group in groups]
    rows = []
    for label, name in (("earlier", "earlier"), ("the file's own", "own")):
        row = found[name]
        shown = [f"{row['shown'][group]['right']:,} / {row['shown'][group]['wrong']:,}" for group in groups]
        ap = [*(row[kind][figure] for kind, figure in _SHORT), row["voc_mAP50"]]
        rows.append((label, *map(percent, ap), f"{row['min_score']:g}", *shown))
    settings = ", ".join(f"`{setting}`" for setting in found["settings"])
    return f"{table(columns, rows)}\n\nEarlier: {settings}."


def speed(figures: Figures) -> str:
    """Milliseconds a photo, and how they compare with the starting weights."""
    found = figures["speed"]
    to_start = found.get("to_start", {})
    columns = ["`--size`", "network, ms", "whole call, ms"]
    columns += ["network, times the start", "whole call, times the start"] if to_start else []
    rows = []
    for size in found["to_default"]:
        rows.append(_speed_row(size_label(size, figures), found["median_ms"][f"model {size}"], to_start.get(size)))
    measuring = f"{figures['model']['default_size']}, settings of `maskseg evaluate`"
    rows.append(_speed_row(measuring, found["median_ms"]["model measuring"], to_start.get("measuring")))
    if to_start and found["start_default"] != figures["model"]["default_size"]:
        default = str(figures["model"]["default_size"])
        label = f"{default} against the start's own default, {found['start_default']}"
        rows.append(_speed_row(label, found["median_ms"][f"model {default}"], to_start["default"]))
    engines = f"The model was computed by {_engine(found['engines']['model'])}"
    if to_start:
        engines += f", the starting weights by {_engine(found['engines']['start'])}"
    note = f"{_timing(found)} {engines}; OpenVINO {figures['versions']['openvino']}."
    return f"{table(columns, rows)}\n\n{note}"


def _speed_row(label: str, medians: dict[str, float], ratios: dict[str, float] | None) -> list[str]:
    cells = [label, *(f"{medians[kind]:.0f}" for kind in ("network", "whole"))]
    return cells + ([] if ratios is None else [f"{ratios[kind]:.2f}" for kind in ("network", "whole")])


def _timing(found: Figures) -> str:
    """How times were taken."""
    load = "" if found["load_average"] is None else f", load average {found['load_average']:.1f} before the run"
    return (
        f"Times are medians over {found['photos']} photos, each {found['rounds']} times, on "
        f"{_cores(found['cores'])}{load}; ratios are medians of the ratios of calls side by side."
    )


def _engine(name: str) -> str:
    """ "openvino int8" -> "OpenVINO in int8"."""
    library, precision = name.split(maxsplit=1)
    return f"{_LIBRARIES[library]} in {precision}"


def _cores(count: int) -> str:
    return "one processor core" if count == 1 else f"{count} processor cores"


def size_table(figures: Figures) -> str:
    """What `--size` trades: accuracy and time, for the page of `maskseg image`."""
    relative = figures["speed"]["to_default"]
    rows = []
    for size, found in figures["accuracy"]["sizes"].items():
        if size in relative:
            figures_of_size = (found["bbox"]["AP"], found["segm"]["AP"], found["segm"]["APs"])
            time = f"{relative[size]['whole']:.2f}"
            rows.append((size_label(size, figures), *map(percent, figures_of_size), time))
    return table(("`--size`", "box AP", "mask AP", "mask AP of small objects", "time of the default"), rows)


def ap_short(figures: Figures) -> str:
    """The default size and six views, for README.md."""
    size = str(figures["model"]["default_size"])
    found = [("`lite`", figures["accuracy"]["sizes"][size]), ("`lite --tta`", figures["tta"])]
    rows = [
        (label, *(percent(one[kind][figure]) for kind in ("bbox", "segm") for figure in ("AP", "AP50")))
        for label, one in found
    ]
    return table(("", "box AP", "box AP50", "mask AP", "mask AP50"), rows)


#: Part of a document -> what words it, and the figures that it needs.
TABLES: dict[str, tuple[Callable[[Figures], str], tuple[str, ...]]] = {
    "model-facts": (model_facts, ()),
    "ap-per-size": (ap_per_size, ("accuracy",)),
    "ap-per-class": (ap_per_class, ("accuracy",)),
    "missed": (missed, ("misses",)),
    "ap-and-start": (ap_and_start, ("accuracy", "start")),
    "precisions": (precisions, ("precisions",)),
    "search": (search, ("search",)),
    "ap-short": (ap_short, ("accuracy", "tta")),
    "speed": (speed, ("speed",)),
    "size-table": (size_table, ("accuracy", "speed")),
}


def parts(figures: dict[str, Any]) -> dict[str, str]:
    """Every table for which there are figures."""
    return {name: word(figures) for name, (word, needed) in TABLES.items() if all(part in figures for part in needed)}
