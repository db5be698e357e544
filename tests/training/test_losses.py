"""The five losses, against sums written out in NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from maskseg_cli.training.losses import (
    mrcnn_bbox_loss,
    mrcnn_class_loss,
    mrcnn_mask_loss,
    rpn_bbox_loss,
    rpn_class_loss,
    total_loss,
)

SEEDS = st.integers(0, 10**6)
fast = settings(max_examples=30)


def softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits.astype(float) - logits.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def sigmoid(logits: Any) -> Any:
    return 1 / (1 + np.exp(-np.asarray(logits, float)))


def robust(difference: float) -> float:
    return 0.5 * difference**2 if abs(difference) < 1 else abs(difference) - 0.5


def average(terms: list[float]) -> float:
    return sum(terms) / len(terms) if terms else 0.0


def some_weights(rng: np.random.Generator, count: int) -> np.ndarray:
    return (rng.uniform(0.1, 1, count) * (rng.random(count) < 0.7)).astype(np.float32)


@fast
@given(seed=SEEDS, outputs=st.sampled_from([1, 2]), weighted=st.booleans())
def test_rpn_class_loss(seed: int, outputs: int, weighted: bool) -> None:
    rng = np.random.default_rng(seed)
    count = int(rng.integers(0, 12))
    match = rng.integers(-1, 2, count).astype(np.int32)
    logits = rng.normal(0, 3, (count, outputs)).astype(np.float32)
    weights = some_weights(rng, count) if weighted else np.ones(count, np.float32)
    terms = []
    for label, row, weight in zip(match, logits, weights, strict=True):
        if label and weight:
            is_object = softmax(row)[1] if outputs == 2 else sigmoid(row[0])
            terms.append(-weight * np.log(is_object if label == 1 else 1 - is_object))
    found = rpn_class_loss(match, logits, weights if weighted else None)
    assert found.shape == ()
    np.testing.assert_allclose(found, average(terms), rtol=1e-4, atol=1e-5)


@fast
@given(seed=SEEDS, weighted=st.booleans())
def test_rpn_bbox_loss(seed: int, weighted: bool) -> None:
    rng = np.random.default_rng(seed)
    count = int(rng.integers(0, 12))
    match = rng.integers(-1, 2, count).astype(np.int32)
    wanted, deltas = rng.normal(0, 1, (2, count, 4)).astype(np.float32)
    weights = some_weights(rng, count) if weighted else np.ones(count, np.float32)
    terms = [
        weight * average([robust(d) for d in a - b])
        for label, a, b, weight in zip(match, wanted, deltas, weights, strict=True)
        if label == 1 and weight
    ]
    found = rpn_bbox_loss(wanted, match, deltas, weights if weighted else None)
    np.testing.assert_allclose(found, average(terms), rtol=1e-4, atol=1e-5)


@fast
@given(seed=SEEDS, weighted=st.booleans(), partial=st.sampled_from(["all", "picture", "region"]), soft=st.booleans())
def test_mrcnn_class_loss(seed: int, weighted: bool, partial: str, soft: bool) -> None:
    rng = np.random.default_rng(seed)
    count, classes = int(rng.integers(0, 9)), 5
    class_ids = (rng.integers(0, classes, count) * rng.integers(0, 2, count)).astype(np.int32)
    logits = rng.normal(0, 3, (count, classes)).astype(np.float32)
    weights = some_weights(rng, count) if weighted else np.ones(count, np.float32)
    complete = rng.random((count, classes) if partial == "region" else classes) < 0.5
    teacher = softmax(rng.normal(0, 3, (count, classes))) * (rng.random((count, 1)) < 0.5)
    terms = []
    for i, row in enumerate(softmax(logits)):
        probability = row[class_ids[i]]
        if partial != "all" and class_ids[i] == 0:
            known = complete[i] if partial == "region" else complete
            probability = row[0] + sum(row[c] for c in range(1, classes) if not known[c])
        loss = -np.log(probability)
        if soft and teacher[i].any():
            loss = sum(t * np.log(t / p) for t, p in zip(teacher[i], row, strict=True))
        if weights[i]:
            terms.append(weights[i] * loss)
    found = mrcnn_class_loss(
        class_ids,
        logits,
        weights if weighted else None,
        None if partial == "all" else complete,
        teacher.astype(np.float32) if soft else None,
    )
    np.testing.assert_allclose(found, average(terms), rtol=1e-3, atol=1e-4)


@fast
@given(seed=SEEDS, weighted=st.booleans())
def test_mrcnn_bbox_loss(seed: int, weighted: bool) -> None:
    rng = np.random.default_rng(seed)
    count = int(rng.integers(0, 9))
    class_ids = rng.integers(0, 4, count).astype(np.int32)
    wanted = rng.normal(0, 1, (count, 4)).astype(np.float32)
    deltas = rng.normal(0, 1, (count, 4, 4)).astype(np.float32)
    weights = some_weights(rng, count) if weighted else np.ones(count, np.float32)
    terms = [
        weights[i] * average([robust(d) for d in wanted[i] - deltas[i, class_ids[i]]])
        for i in range(count)
        if class_ids[i] and weights[i]
    ]
    found = mrcnn_bbox_loss(wanted, class_ids, deltas, weights if weighted else None)
    np.testing.assert_allclose(found, average(terms), rtol=1e-4, atol=1e-5)


@fast
@given(seed=SEEDS, weighted=st.booleans())
def test_mrcnn_mask_loss(seed: int, weighted: bool) -> None:
    rng = np.random.default_rng(seed)
    count = int(rng.integers(0, 5))
    masks = rng.integers(0, 2, (count, 3, 4)).astype(np.float32)
    logits = rng.normal(0, 3, (count, 3, 4)).astype(np.float32)
    weights = some_weights(rng, count) if weighted else np.ones(count, np.float32)
    right = np.where(masks == 1, sigmoid(logits), 1 - sigmoid(logits))
    terms = [weights[i] * -np.log(right[i]).mean() for i in range(count) if weights[i]]
    found = mrcnn_mask_loss(masks, logits, weights if weighted else None)
    np.testing.assert_allclose(found, average(terms), rtol=1e-4, atol=1e-5)


def zeros(*shape: int) -> np.ndarray:
    return np.zeros(shape, np.float32)


def ids(*numbers: int) -> np.ndarray:
    return np.array(numbers, np.int32)


#: Name -> (loss as a function of the network's answer, that answer), with nothing in it to learn from.
NOTHING: dict[str, tuple[Callable[[tf.Tensor], tf.Tensor], np.ndarray]] = {
    "rpn class, all neutral": (lambda x: rpn_class_loss(ids(0, 0), x), zeros(2, 1) + 9),
    "rpn class, no anchors": (lambda x: rpn_class_loss(ids(), x), zeros(0, 2)),
    "rpn box, no objects": (lambda x: rpn_bbox_loss(zeros(2, 4), ids(0, -1), x), zeros(2, 4) + 9),
    "class, no regions": (lambda x: mrcnn_class_loss(ids(), x), zeros(0, 3)),
    "class, no weights": (lambda x: mrcnn_class_loss(ids(1, 0), x, zeros(2)), zeros(2, 3) + 99),
    "box, background only": (lambda x: mrcnn_bbox_loss(zeros(2, 4), ids(0, 0), x), zeros(2, 3, 4) + 9),
    "box, no regions": (lambda x: mrcnn_bbox_loss(zeros(0, 4), ids(), x), zeros(0, 3, 4)),
    "mask, no regions": (lambda x: mrcnn_mask_loss(zeros(0, 2, 2), x), zeros(0, 2, 2)),
    "mask, boxes only": (lambda x: mrcnn_mask_loss(zeros(1, 2, 2), x, zeros(1)), zeros(1, 2, 2) + 9),
}


@pytest.mark.parametrize("name", NOTHING)
@pytest.mark.parametrize("graph", [False, True])
def test_nothing_to_learn_from_is_no_loss_and_no_gradient(name: str, graph: bool) -> None:
    loss, answer = NOTHING[name]
    call = tf.function(loss) if graph else loss
    variable = tf.constant(answer)
    with tf.GradientTape() as tape:
        tape.watch(variable)
        found = call(variable)
    assert float(found) == 0
    assert (np.asarray(tape.gradient(found, variable)) == 0).all()


@pytest.mark.parametrize("size", [0.0, 1e4, -1e4])
def test_gradients_are_finite_whatever_the_network_answers(size: float) -> None:
    rng = np.random.default_rng(0)
    signs = np.sign(rng.normal(size=(4, 5, 4))).astype(np.float32) * size
    answer = tf.constant(signs)
    class_ids, complete = ids(0, 1, 0, 4), np.array([True, False, True, True, False])
    teacher = np.eye(5, dtype=np.float32)[[0, 1, 2, 3]]
    with tf.GradientTape() as tape:
        tape.watch(answer)
        parts = {
            "rpn_class_loss": rpn_class_loss(ids(1, -1, 1, 0), answer[:, 0, :2])
            + rpn_class_loss(ids(1, -1, 1, 0), answer[:, 0, :1]),
            "rpn_bbox_loss": rpn_bbox_loss(zeros(4, 4), ids(1, -1, 1, 0), answer[:, 0]),
            "mrcnn_class_loss": mrcnn_class_loss(class_ids, answer[..., 0], None, complete)
            + mrcnn_class_loss(class_ids, answer[..., 0], None, None, teacher),
            "mrcnn_bbox_loss": mrcnn_bbox_loss(zeros(4, 4), class_ids, answer),
            "mrcnn_mask_loss": mrcnn_mask_loss(zeros(4, 5, 4), answer),
        }
        total = total_loss(parts, {})
    assert np.isfinite(total)
    assert np.isfinite(tape.gradient(total, answer)).all()


def test_background_does_not_push_away_what_was_not_annotated() -> None:
    logits = tf.constant([[0.0, 2.0, 1.0]])
    complete = np.array([True, False, True])
    with tf.GradientTape() as tape:
        tape.watch(logits)
        loss = mrcnn_class_loss(ids(0), logits, None, complete)
    gradient = tape.gradient(loss, logits).numpy()[0]
    assert gradient[1] < 0 < gradient[2]  # descent raises class 1, lowers class 2


def test_a_teacher_that_agrees_is_no_loss() -> None:
    logits = np.random.default_rng(0).normal(size=(3, 5)).astype(np.float32)
    assert float(mrcnn_class_loss(ids(0, 1, 2), logits, None, None, softmax(logits).astype(np.float32))) < 1e-6
    certain = np.eye(5, dtype=np.float32)[[0, 1, 2]]
    soft = mrcnn_class_loss(ids(4, 4, 4), logits, None, None, certain)
    np.testing.assert_allclose(soft, mrcnn_class_loss(ids(0, 1, 2), logits), rtol=1e-5)


def test_smaller_weights_pull_less() -> None:
    logits = np.random.default_rng(0).normal(size=(3, 2, 2)).astype(np.float32)
    full = float(mrcnn_mask_loss(zeros(3, 2, 2), logits))
    third = float(mrcnn_mask_loss(zeros(3, 2, 2), logits, zeros(3) + 0.3))
    assert third == pytest.approx(0.3 * full)


def test_a_batch_of_pictures_counts_as_one() -> None:
    rng = np.random.default_rng(0)
    match, logits = ids(1, -1, 0, 1, -1, -1), rng.normal(size=(6, 2)).astype(np.float32)
    wanted, deltas = rng.normal(size=(2, 6, 4)).astype(np.float32)
    one = rpn_class_loss(match, logits), rpn_bbox_loss(wanted, match, deltas)
    pair = match.reshape(2, 3)
    two = (
        rpn_class_loss(pair, logits.reshape(2, 3, 2)),
        rpn_bbox_loss(wanted.reshape(2, 3, 4), pair, deltas.reshape(2, 3, 4)),
    )
    np.testing.assert_allclose(one, two, rtol=1e-5)


def test_total_loss() -> None:
    parts = {"rpn_class_loss": tf.constant(2.0), "mrcnn_mask_loss": tf.constant(3.0)}
    assert float(total_loss(parts, {"mrcnn_mask_loss": 0.5})) == 3.5
