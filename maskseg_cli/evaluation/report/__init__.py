"""The report of an evaluation: one web page that needs no network, one concept a file."""
