"""The network: one concept a file, readable beside the papers; it knows no path, no file and no command."""
