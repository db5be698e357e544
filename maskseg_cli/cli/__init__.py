"""The command line: one file per command, which only wires rooms together."""

from maskseg_cli.cli.interrupts import exit_at_signals

exit_at_signals()
