"""The command line: one file per command, which only wires rooms together."""

from maskseg_cli.cli.interrupts import exit_at_signals, is_the_program

if is_the_program():
    exit_at_signals()
