"""The page of all steps, and the files beside it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from maskseg_cli.inspection.image.step import Step
from maskseg_cli.media.atomic_file import utf8
from maskseg_cli.media.images import encode_image
from maskseg_cli.pages.elements import escaped, paragraph, tiles
from maskseg_cli.pages.legends import legend
from maskseg_cli.pages.page import page, section
from maskseg_cli.pages.thumbnails import encoded_uri

#: Names of the page and of the figures.
PAGE, FIGURES = "index.html", "trace.json"

#: Quality of JPEG files.
_QUALITY = 85


def step_files(
    steps: Sequence[Step], heading: str, facts: Sequence[tuple[str, str]], document: Any
) -> dict[str, bytes]:
    """The files of a folder: pictures, `trace.json`, and `index.html`, which is the last.

    Args:
        steps: in the order of the page.
        heading: over the page.
        facts: numbers above the steps, with their names.
        document: what `trace.json` holds before the figures of the steps.
    """
    files: dict[str, bytes] = {}
    sections = []
    for number, step in enumerate(steps, start=1):
        figures = []
        for panel in step.panels:
            suffix = ".png" if panel.lossless else ".jpg"
            name = f"{number:02}-{step.name}-{panel.name}{suffix}"
            files[name] = encode_image(panel.picture, suffix, _QUALITY)
            height, width = panel.picture.shape[:2]
            figures.append(
                f'<figure><img src="{encoded_uri(files[name], suffix)}" width="{width}" height="{height}" '
                f'alt="{escaped(panel.caption)}"><figcaption>{escaped(panel.caption)}</figcaption>'
                f"{legend(panel.keys)}</figure>"
            )
        kind = "steps pair" if step.columns == 2 else "steps"
        pictures = f'<div class="{kind}">{"".join(figures)}</div>' if figures else ""
        sections.append(
            section(
                f"{number}. {step.title}",
                paragraph(step.sentence),
                pictures,
                step.content,
                anchor=step.name,
            )
        )
    figures_by_step = {step.name: step.figures for step in steps}
    whole = {**document, "files": list(files), "steps": figures_by_step}
    files[FIGURES] = utf8(json.dumps(whole, ensure_ascii=False) + "\n")
    note = paragraph("Gray borders of pictures lie outside the photo, where the network may have padding.", "soft")
    content = [tiles(facts), _contents(steps), note, *sections]
    files[PAGE] = b"".join(_parts(heading, content))
    return files


def _parts(heading: str, content: Sequence[str]) -> Iterator[bytes]:
    return map(utf8, page(heading, heading, content))


def _contents(steps: Sequence[Step]) -> str:
    links = (
        f'<li><a href="#{escaped(step.name)}">{number}. {escaped(step.title)}</a></li>'
        for number, step in enumerate(steps, start=1)
    )
    return f'<ul class="legend">{"".join(links)}</ul>'
