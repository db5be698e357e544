"""The network: one concept per file, readable beside the papers; it depends on no file, path or command."""
