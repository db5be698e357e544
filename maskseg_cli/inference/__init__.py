"""From pictures to `Detections`: the predictor, and what comes before and after the network."""
