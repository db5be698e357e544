"""`Effects`: effects by the masks of objects, cut-outs and refined masks, as options of a run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from maskseg_cli.classes import chosen_classes, own_names
from maskseg_cli.config.value_types import conform
from maskseg_cli.drawing.effects.background_words import TRANSPARENT, background_files, check_background
from maskseg_cli.drawing.effects.kinds import HIDING, NAMES, PLACES, in_order, target_of
from maskseg_cli.errors import UsageError
from maskseg_cli.features.feature import Feature, RunParts
from maskseg_cli.near_names import did_you_mean
from maskseg_cli.option import option

if TYPE_CHECKING:
    from maskseg_cli.drawing.effects.choice import Choice
    from maskseg_cli.drawing.effects.hidden_gaps import HiddenGaps

#: The values of --draw.
DRAWN = ("all", "others", "none")


@dataclass(frozen=True)
class Effects(Feature):
    """See docs/effects.md."""

    heading: ClassVar[str] = "Effects and cut-outs"

    effect: tuple[str, ...] = option(
        (),
        "Change the picture by the masks: splash (the rest grey), blur or pixelate (hide objects), background (another "
        "one), outline (alone), spotlight (the rest dark). May be repeated; the effects follow each other.",
        choices=NAMES,
        metavar="EFFECT",
    )
    effect_on: str | None = option(
        None,
        "What the effects change.",
        choices=PLACES,
        default="objects for blur, pixelate and outline, the background for the others",
    )
    effect_classes: str | None = option(
        None,
        "Objects of these classes only count for effects and cut-outs, such as person,dog; everything is still found.",
        metavar="NAMES",
    )
    effect_strength: float = option(1.0, "How strong the effects are; 2 is twice as strong.", kind="number", least=0.1)
    background: str | None = option(
        None,
        "Another background: a colour (white, #ff8800), a picture, a video, transparent, or blur.",
        metavar="COLOR|FILE|transparent|blur",
    )
    draw: str | None = option(
        None,
        "Which objects are drawn: all, only those that the effects do not count, or none.",
        choices=DRAWN,
        default="none with effects, else all",
    )
    refine: bool = option(False, "Fit the edges of masks to the picture, for everything that is drawn and written.")
    cutout: str | None = option(
        None,
        "Also write each object as a picture of its own with a transparent background.",
        kind="path",
        metavar="DIR",
    )

    def __post_init__(self) -> None:
        names = (self.effect,) if isinstance(self.effect, str) else tuple(self.effect or ())
        object.__setattr__(self, "effect", names)
        for given, known, words in (
            *((name, NAMES, "There is no effect") for name in names),
            (self.effect_on, PLACES, "effect_on cannot be"),
            (self.draw, DRAWN, "draw cannot be"),
        ):
            if given is not None and given not in known:
                hint = did_you_mean(str(given), known, 1)
                raise UsageError(f"{words} {given!r}{hint}; there are {', '.join(known)}.")
        if not 0.1 <= conform("effect_strength", self.effect_strength, float) <= 100:
            raise UsageError(f"--effect-strength is a number from 0.1 to 100, not {self.effect_strength:g}.")
        if self.background is not None:
            object.__setattr__(self, "background", str(self.background))
            check_background(str(self.background))
        effects = self.all_effects
        if "outline" in effects and self.effect_on == "background":
            raise UsageError("An outline belongs to objects: --effect-on background cannot be used with it.")
        if not effects:
            for name in ("effect_on", "effect_classes", "effect_strength"):
                also_for_cutouts = name == "effect_classes" and self.cutout is not None
                if getattr(self, name) != getattr(type(self), name) and not also_for_cutouts:
                    raise UsageError(f"--{name.replace('_', '-')} belongs to --effect, which is not given.")

    @property
    def all_effects(self) -> tuple[str, ...]:
        """The names of the effects in the order in which they are applied."""
        return in_order(self.effect, self.effect_on, self.background)

    @property
    def writes(self) -> bool:
        """Whether objects are cut out, also of photos whose result exists."""
        return self.cutout is not None

    def inputs(self) -> list[Path]:
        """The picture or video of the background."""
        return background_files(self.background)

    @property
    def transparent(self) -> bool:
        """See `Feature.transparent`."""
        return self.background == TRANSPARENT

    def add_to(self, parts: RunParts) -> None:
        """See `Feature.add_to`.

        Raises:
            UsageError: a class that the network does not have, or a transparent picture of a camera.
        """
        if self.transparent and parts.kind == "camera":
            raise UsageError("--background transparent is for photos and videos: a live picture cannot be transparent.")
        effects = self.all_effects
        classes = own_names(self.effect_classes, parts.network_names)
        if classes is not None:
            chosen_classes(classes, parts.class_names)  # a wrong name is reported before the first frame
        from maskseg_cli.drawing.effects.choice import Choice

        choose = Choice(classes)
        if self.refine:
            from maskseg_cli.drawing.effects.refinement import Refinement

            parts.transforms.append(Refinement())
        if self.cutout is not None:
            from maskseg_cli.export.cutouts import Cutouts

            parts.sinks.append(Cutouts(self.cutout, choose, parts.overwrite, parts.skip_existing))
        drawn = self.draw or ("none" if effects else "all")
        parts.draws = drawn != "none"
        if drawn == "others":
            parts.drawn_objects = choose.others
        if not effects:
            return
        from maskseg_cli.drawing.effects.building import make_effect

        also = self._hidden_gaps(parts, choose).masks_of if self.hides and parts.kind == "video" else None
        for name in effects:
            parts.effects.append(
                make_effect(
                    name,
                    self.effect_on,
                    self.effect_strength,
                    self.background,
                    choose,
                    lambda: parts.drawing,
                    also or (lambda frame: ()),
                )
            )

    def _hidden_gaps(self, parts: RunParts, choose: Choice) -> HiddenGaps:
        """Adds what hides a tracked object in the frames too in which it was not found."""
        from maskseg_cli.drawing.effects.hidden_gaps import GapNotes, HiddenGaps

        gaps = HiddenGaps(choose)
        parts.transforms.append(gaps)
        if parts.reporter is not None:
            parts.sinks.append(GapNotes(gaps, parts.reporter))
        return gaps

    @property
    def hides(self) -> bool:
        """Whether an effect hides objects."""
        return any(name in HIDING and target_of(name, self.effect_on) == "objects" for name in self.effect)
