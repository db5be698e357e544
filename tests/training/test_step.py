"""One optimizer step, on a network that is small but whole."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from maskseg_cli.config import LOSSES
from maskseg_cli.model.anchors import AnchorCache
from maskseg_cli.training.layer_selection import select_layers, trainable_variables
from maskseg_cli.training.losses import total_loss
from maskseg_cli.training.optimizer import make_optimizer
from maskseg_cli.training.step import GradientStep, picture_losses

from .tiny import CONFIG, batches, put_back, tiny_model, values

SEED = 3


class Learner:
    """A network and a step of plain gradient descent; one graph for all tests here."""

    def __init__(self) -> None:
        self.model = tiny_model()
        select_layers(self.model, "all")
        self.learning = trainable_variables(self.model)
        optimizer = make_optimizer("sgd", self.learning, momentum=0.0, weight_decay=0, clip_norm=0)
        self.step = GradientStep(self.model, self.learning, optimizer, seed=SEED)
        self.initial = values(self.model)

    def gradients(self, batch: Mapping[str, Any], number: int) -> list[np.ndarray]:
        """Those of one micro-batch, without a graph and without `GradientStep`."""
        anchors = tf.constant(AnchorCache(CONFIG)(*batch["image"].shape[1:3]))
        with tf.GradientTape() as tape:
            found = picture_losses(self.model, batch, anchors, tf.constant([SEED, number * 1000]))
            total = total_loss(found, CONFIG.loss_weights)
        return [
            np.asarray(gradient) for gradient in tape.gradient(total, [variable.value for variable in self.learning])
        ]


@pytest.fixture(scope="module")
def shared_learner() -> Learner:
    return Learner()


@pytest.fixture
def learner(shared_learner: Learner) -> Learner:
    put_back(shared_learner.model, shared_learner.initial)
    return shared_learner


def empty_batch() -> dict[str, Any]:
    """A picture without objects."""
    batch = dict(next(batches()(0)))
    for name in ("boxes", "class_ids", "masks", "weights", "has_mask"):
        batch[name] = batch[name][:, :0]
    return batch


def test_two_accumulated_pictures_give_their_mean_gradient(learner: Learner) -> None:
    pictures = list(itertools.islice(batches()(0), 2))
    # step number 5 of the run: its micro-batches are 10 and 11
    one, two = learner.gradients(pictures[0], 10), learner.gradients(pictures[1], 11)
    losses = learner.step(iter(pictures), 2, 0.5, 5)
    mean = [(a + b) / 2 for a, b in zip(one, two, strict=True)]
    for variable, gradient in zip(learner.learning, mean, strict=True):
        old = learner.initial[variable.path]
        np.testing.assert_allclose(np.asarray(variable), old - 0.5 * gradient, atol=2e-6, err_msg=variable.path)
    assert losses["gradient_norm"] == pytest.approx(math.sqrt(sum((g**2).sum() for g in mean)), rel=1e-4)
    assert not np.allclose(one[0], two[0])
    # nothing is left over for the next step
    put_back(learner.model, learner.initial)
    again = learner.step(iter(pictures), 2, 0.5, 5)
    assert again == pytest.approx(losses, rel=1e-6)


def test_the_losses_have_their_names_and_sum(learner: Learner) -> None:
    losses = learner.step(batches()(0), 1, 0.0, 0)
    assert set(losses) == {"loss", "gradient_norm", "clipped_norm", *LOSSES}
    assert losses["loss"] == pytest.approx(sum(losses[name] for name in LOSSES), rel=1e-5)
    assert all(value > 0 for value in losses.values())
    for name, array in values(learner.model).items():
        np.testing.assert_array_equal(array, learner.initial[name])


def test_the_samples_follow_from_the_number_of_the_step(learner: Learner) -> None:
    first, again, other = (learner.step(batches()(0), 1, 0.0, number) for number in (7, 7, 8))
    # not to the last bit: threads sum in any order unless a run asks for TensorFlow's determinism, as `train` does
    assert again == pytest.approx(first, rel=1e-5)
    assert other != pytest.approx(first, rel=1e-5)
    # far into a run
    assert math.isfinite(learner.step(batches()(0), 1, 0.0, 40_000_000)["loss"])


def test_pictures_without_objects_teach_background_alone(learner: Learner) -> None:
    losses = learner.step(iter([empty_batch()]), 1, 0.01, 0)
    assert losses["rpn_bbox_loss"] == losses["mrcnn_bbox_loss"] == losses["mrcnn_mask_loss"] == 0
    assert losses["rpn_class_loss"] > 0
    assert losses["mrcnn_class_loss"] > 0
    assert all(np.isfinite(array).all() for array in values(learner.model).values())


def test_a_picture_full_of_crowd_teaches_nothing(learner: Learner) -> None:
    batch = empty_batch()
    height, width = batch["image"].shape[1:3]
    batch["boxes"] = tf.constant([[[0.0, 0.0, height - 1, width - 1]]])
    batch["class_ids"] = tf.constant([[-1]])
    batch["masks"] = tf.ones((1, 1, *CONFIG.mini_mask_shape))
    batch["weights"] = batch["has_mask"] = tf.ones((1, 1))
    losses = learner.step(iter([batch]), 1, 0.1, 0)
    assert set(losses.values()) == {0.0}


def test_the_loss_falls(learner: Learner) -> None:
    pictures: Iterator[Mapping[str, Any]] = itertools.cycle(itertools.islice(batches()(0), 4))
    losses = [learner.step(pictures, 1, 0.15, number)["loss"] for number in range(16)]
    assert np.mean(losses[-4:]) < 0.8 * np.mean(losses[:4]), losses


def test_a_rate_without_measure_shows_in_the_losses(learner: Learner) -> None:
    steps = [learner.step(batches()(0), 1, 1e20, number) for number in range(2)]
    assert not all(math.isfinite(value) for value in steps[-1].values())


def test_a_batch_of_two_is_the_mean_of_its_pictures(learner: Learner) -> None:
    both = next(batches(batch=2)(0))
    anchors = tf.constant(AnchorCache(CONFIG)(*both["image"].shape[1:3]))
    found = picture_losses(learner.model, both, anchors, tf.constant([SEED, 0]))
    # picture i of a batch draws its samples from (seed, number + i)
    alone = [
        picture_losses(
            learner.model,
            {name: part[i : i + 1] for name, part in both.items()},
            anchors,
            tf.constant([SEED, i]),
        )
        for i in range(2)
    ]
    for name in LOSSES:
        assert float(found[name]) == pytest.approx(float(alone[0][name] + alone[1][name]) / 2, rel=1e-4), name
