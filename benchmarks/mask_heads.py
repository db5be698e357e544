"""Times the mask heads fcn and unet against each other: a picture's masks, and a step of training.

    python benchmarks/mask_heads.py [--rounds 30] [--objects 8] [--steps 10] [--weights lite]

Both heads do the same work turn by turn in one run, so that both meet the same state of the machine; the ratio is the
median of the ratios of the turns. The training steps are those of examples/recipes/shapes-fcn.toml and
shapes-unet.toml, which start from the weights of `lite`; --steps 0 leaves them out, and no weights are needed.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

RECIPES = Path(__file__).resolve().parents[1] / "examples" / "recipes"
HEADS = ("fcn", "unet")

#: Where pooled features of so many channels come from.
SOURCES = {128: "lite's trunk", 256: "a ResNet's FPN"}


def interleaved(jobs: dict[str, Callable[[], Any]], rounds: int) -> dict[str, list[float]]:
    """Milliseconds of each job in each round, after two rounds to warm up."""
    times: dict[str, list[float]] = {name: [] for name in jobs}
    for turn in range(rounds + 2):
        for name, job in jobs.items():
            start = time.perf_counter()
            job()
            if turn > 1:
                times[name].append(1000 * (time.perf_counter() - start))
    return times


def show(title: str, times: dict[str, list[float]]) -> None:
    """A line: medians, and how the second compares with the first."""
    first, second = times.values()
    ratio = statistics.median(b / a for a, b in zip(first, second, strict=True))
    medians = ", ".join(f"{name} {statistics.median(values):.1f} ms" for name, values in times.items())
    print(f"{title}: {medians}; unet takes {ratio:.2f} times as long as fcn")


def time_heads(channels: int, num_classes: int, objects: int, rounds: int) -> None:
    """The heads alone, on the pooled features of one picture's objects."""
    import numpy as np
    import tensorflow as tf

    from maskseg_cli.config import COCO
    from maskseg_cli.model.mask_head import build_fcn_mask_head
    from maskseg_cli.model.unet_mask_head import build_unet_mask_head

    features = tf.constant(np.random.default_rng(0).normal(size=(objects, 14, 14, channels)), tf.float32)
    jobs = {}
    made = (
        build_fcn_mask_head(channels, COCO.replace(num_classes=num_classes)),
        build_unet_mask_head(channels, num_classes),
    )
    for name, head in zip(HEADS, made, strict=True):
        print(f"{name}, {channels} channels, {num_classes} classes: {head.count_params():,} parameters")
        run = tf.function(lambda features, head=head: tf.sigmoid(head(features, training=False)))
        jobs[name] = lambda run=run: run(features).numpy()
    show(f"masks of {objects} objects, {channels} channels ({SOURCES[channels]})", interleaved(jobs, rounds))


def recipe_step(recipe: Path, weights: str, folder: Path) -> Callable[[], Any]:
    """One optimizer step of a recipe after the other, as `maskseg train` makes them."""
    from maskseg_cli.training.choices import make_choices
    from maskseg_cli.training.layer_selection import select_layers, trainable_variables
    from maskseg_cli.training.optimizer import make_optimizer
    from maskseg_cli.training.recipes import read_recipe
    from maskseg_cli.training.run import open_trainer
    from maskseg_cli.training.step import GradientStep

    choices, options = make_choices("shapes", output=folder, **{**read_recipe(recipe), "init": weights})
    with open_trainer(choices, options) as opened:
        trainer = opened
    stage = options.stages[-1]
    select_layers(trainer.model, stage.layers)
    learning = trainable_variables(trainer.model)
    optimizer = make_optimizer(options.optimizer, learning, options.momentum, options.weight_decay, options.clip_norm)
    step = GradientStep(trainer.model, learning, optimizer, seed=options.seed)
    inputs, numbers = trainer.batches(0), iter(range(10**9))
    return lambda: step(inputs, options.accumulate, stage.learning_rate, next(numbers))


def time_steps(weights: str, rounds: int) -> None:
    """Whole training steps of the two recipes: pictures, network, losses, gradients and update."""
    with tempfile.TemporaryDirectory() as folder:
        steps = {name: recipe_step(RECIPES / f"shapes-{name}.toml", weights, Path(folder) / name) for name in HEADS}
        show("a step of training", interleaved(steps, rounds))


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints a line for each measurement."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--rounds", type=int, default=30, help="of the heads alone")
    parser.add_argument("--objects", type=int, default=8, help="of a picture")
    parser.add_argument("--steps", type=int, default=10, help="of training; 0: none")
    parser.add_argument("--weights", default="lite", help="that training starts from")
    chosen = parser.parse_args(arguments)

    from maskseg_cli.model.tensorflow_start import import_tensorflow

    import_tensorflow()
    time_heads(128, 4, chosen.objects, chosen.rounds)
    time_heads(256, 81, chosen.objects, chosen.rounds)
    if chosen.steps:
        time_steps(chosen.weights, chosen.steps)


if __name__ == "__main__":
    main()
