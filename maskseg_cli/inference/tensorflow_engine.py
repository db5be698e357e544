"""`TensorFlowEngine`: runs a `MaskRCNN` as TensorFlow graphs, on a CPU or a GPU."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.inference.engine import Segmented

if TYPE_CHECKING:
    from maskseg_cli.inference.test_time_augmentation import ViewInput
    from maskseg_cli.model.mask_rcnn import MaskRCNN


class TensorFlowEngine:
    """Runs a Keras model; a graph for any height and width is built at the first use of a batch size.

    Args:
        model: the network with its weights.

    Attributes:
        config: the options of the network.
    """

    def __init__(self, model: MaskRCNN) -> None:
        self.model = model
        self.config = model.config
        self._graphs: dict[int, Callable[..., Any]] = {}
        self._views: Any = None
        self._building = Lock()

    def run(self, images: NDArray[np.float32], anchors: NDArray[np.float32], windows: NDArray[np.float32]) -> Segmented:
        """Runs the whole network; see `Engine.run`."""
        return _to_numpy(self._graph(len(images))(images, anchors, windows))

    def run_views(self, views: Sequence[ViewInput], window: NDArray[np.float32]) -> Segmented:
        """Averages several views of one picture; see `Engine.run_views`."""
        from maskseg_cli.model.views import MultiViewNetwork, View

        with self._building:
            if self._views is None:
                self._views = MultiViewNetwork(self.model)
        return _to_numpy(self._views([View(*view) for view in views], window))

    def set_min_confidence(self, confidence: float) -> None:
        """Finds objects from this score on; the next call takes seconds, because it builds a new graph.

        Raises:
            UsageError: not between 0 and 1.
        """
        self.config = self.model.config = self.config.replace(detection_min_confidence=confidence)
        self._graphs.clear()
        self._views = None

    def _graph(self, batch: int) -> Callable[..., Any]:
        with self._building:  # threads that ask at the same time get the same graph
            if batch not in self._graphs:
                self._graphs[batch] = self._build_graph(batch)
            return self._graphs[batch]

    def _build_graph(self, batch: int) -> Callable[..., Any]:
        import tensorflow as tf

        signature = [
            tf.TensorSpec((batch, None, None, self.config.image_channel_count), tf.float32),
            tf.TensorSpec((None, 4), tf.float32),
            tf.TensorSpec((batch, 4), tf.float32),
        ]
        concrete = tf.function(self.model.call, input_signature=signature).get_concrete_function()
        return lambda *arrays: concrete(*(tf.constant(array) for array in arrays))


def _to_numpy(tensors: Sequence[Any]) -> Segmented:
    return Segmented(*(tensor.numpy() for tensor in tensors))
