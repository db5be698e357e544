"""The command line: one file per command, which only wires rooms together."""
