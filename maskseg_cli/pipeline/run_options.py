"""Options of the network and of drawing, which `process_images`, `process_video` and `process_camera` share."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from maskseg_cli.classes import own_names
from maskseg_cli.drawing.drawing_options import DrawingOptions
from maskseg_cli.errors import UsageError
from maskseg_cli.features.feature import Feature
from maskseg_cli.inference.model_options import ModelOptions, everyday_options
from maskseg_cli.near_names import did_you_mean
from maskseg_cli.reporter import Reporter

if TYPE_CHECKING:
    from maskseg_cli.inference.predictor import Predictor

#: A network: its name, a weights file, its options, or one that is loaded already.
Model: TypeAlias = "str | Path | ModelOptions | Predictor"

#: One photo, video, folder or pattern, or several of them.
Sources = str | Path | Sequence[str | Path]


Options = TypeVar("Options")


def take_options(
    options: dict[str, Any], kind: Callable[..., Options], base: Options | None = None, names: Sequence[str] = ()
) -> Options:
    """Removes the keywords that are fields of a class of options, and returns an instance with them.

    Args:
        options: keywords by name; those taken are removed.
        kind: a dataclass.
        base: gives the other fields; None: their defaults.
        names: fields that are not taken.

    Example:
        >>> options = {"alpha": 0.3, "every": 2}
        >>> take_options(options, DrawingOptions).alpha, options
        (0.3, {'every': 2})
    """
    fields = [field.name for field in dataclasses.fields(kind) if field.name not in names]  # type: ignore[arg-type]
    chosen = {name: options.pop(name) for name in fields if name in options}
    return kind(**chosen) if base is None else dataclasses.replace(base, **chosen)  # type: ignore[type-var]


def refuse_unknown(options: Mapping[str, Any], *kinds: type) -> None:
    """Raises an error if keywords are left that no class of options has.

    Raises:
        UsageError: it names one of them, and a field of `kinds` that is near.
    """
    known = sorted({field.name for kind in kinds for field in dataclasses.fields(kind)})
    for name in options:
        raise UsageError(f"There is no option {name!r}{did_you_mean(name, known, most=1)}.")


def split_options(
    model: Model, options: Mapping[str, Any], *others: type, features: Sequence[Feature] = ()
) -> tuple[ModelOptions | Predictor, DrawingOptions]:
    """Sorts keyword options of a run into those of the network and those of drawing.

    Args:
        model: what the caller gave as `model`.
        options: fields of `ModelOptions` and of `DrawingOptions` by name; `drawing=DrawingOptions(...)` gives the
            fields of the second kind that are not given by name. The options in a file `config` count where none is
            given.
        others: further classes of options of the same function, whose fields the error for an unknown one may name.
        features: give drawing options that neither the caller nor the file `config` gives, and know names of classes.

    Raises:
        UsageError: an unknown option (near ones are named), or an option of the network for one that is loaded already.

    Example:
        >>> split_options("lite", {"classes": "dog", "alpha": 0.3})[0].classes
        'dog'
    """
    left = {**everyday_options(options["config"]), **options} if options.get("config") else dict(options)
    drawing = _drawing(left, features)
    chosen = {
        name: left.pop(name) for name in [field.name for field in dataclasses.fields(ModelOptions)] if name in left
    }
    refuse_unknown(left, ModelOptions, DrawingOptions, *others)
    if not isinstance(model, (str, Path, ModelOptions)):
        if not hasattr(model, "class_names"):
            raise UsageError(f"model is a name such as lite, a weights file or a loaded network, not {model!r}.")
        with_options = getattr(model, "with_options", None)
        if with_options is not None:
            if "classes" in chosen:
                chosen["classes"] = _own_names(chosen["classes"], features)
            return with_options(**chosen), drawing
        if chosen:
            raise UsageError(f"{', '.join(chosen)}: the network is loaded already; give load_model these options.")
        return model, drawing
    if isinstance(model, ModelOptions):
        network = dataclasses.replace(model, **chosen)
    else:
        network = ModelOptions(model=model, **chosen)
    return dataclasses.replace(network, classes=_own_names(network.classes, features)), drawing


def _drawing(options: dict[str, Any], features: Sequence[Feature]) -> DrawingOptions:
    """Removes the drawing options. In a `DrawingOptions` as a whole, what is not the default counts as given."""
    base = options.pop("drawing", None)
    usual = DrawingOptions()
    for feature in features:
        for name, value in feature.drawing_defaults().items():
            if base is None or getattr(base, name) == getattr(usual, name):
                options.setdefault(name, value)
    return take_options(options, DrawingOptions, base)


def _own_names(classes: Any, features: Sequence[Feature]) -> Any:
    """Chosen classes by the network's own names."""
    for feature in features:
        classes = own_names(classes, feature.network_names)
    return classes


def predictor_loader(
    model: ModelOptions | Predictor, batch: int = 1, throughput: bool = False, reporter: Reporter | None = None
) -> Callable[[], Predictor]:
    """A function that loads the network; at once where `model` is loaded already.

    Args:
        batch: pictures of equal size that the network takes at once.
        throughput: several threads will call it at the same time.
        reporter: told what takes long while the network is loaded.
    """
    if not isinstance(model, ModelOptions):
        return lambda: model

    def load() -> Predictor:
        from maskseg_cli.inference.loading import load_predictor  # OpenCV is loaded when there is work only

        return load_predictor(model, batch, throughput, reporter)

    return load


def as_arguments(sources: Sources) -> list[str]:
    """Sources as the words of a command line.

    Raises:
        UsageError: another kind of value, or an empty text, which would be the current folder.
    """
    words: list[Any] = [sources]
    if isinstance(sources, Iterable) and not isinstance(sources, (str, bytes)):
        words = list(sources)
    for word in words:
        if not isinstance(word, (str, Path)) or not str(word):
            raise UsageError(f"A source is a path or a list of paths, not {word!r}.")
    return [str(word) for word in words]
