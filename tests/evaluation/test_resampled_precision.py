"""AP of many samples at once is that of each sample by itself."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maskseg_cli.evaluation import resampled_precision as module
from maskseg_cli.evaluation.coco_ap import average_precision
from maskseg_cli.evaluation.resampled_precision import resampled_precision
from tests.evaluation.plain_precision import class_precision
from tests.evaluation.random_sets import random_set


@settings(max_examples=20)
@given(st.integers(0, 2**31), st.integers(1, 9), st.sampled_from([1, 300, 200_000]))
def test_it_is_the_precision_of_each_sample(seed: int, samples: int, at_once: int) -> None:
    dataset, rows = random_set(seed)
    weights = np.random.default_rng(seed).integers(0, 3, (samples, len(dataset.images)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_AT_ONCE", at_once)
        for matches in average_precision(dataset, rows, "bbox", dataset.categories).matches.classes:
            found = resampled_precision(matches, weights)
            for row, each in zip(found, weights, strict=True):
                expected = class_precision(matches, each)
                if expected is None:
                    assert np.isnan(row).all()
                else:
                    np.testing.assert_allclose(row, expected, rtol=0, atol=1e-12)
