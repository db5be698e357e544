"""Photos, videos and cameras on their way from the source through the network to the sinks."""
