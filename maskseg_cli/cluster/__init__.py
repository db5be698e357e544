"""Ray: the connection to a cluster, and blocks of work on its machines. Knows no photo and no network."""
