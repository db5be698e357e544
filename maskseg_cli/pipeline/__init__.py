"""Runs over photos, videos and cameras: from the source through the network to the sinks."""
