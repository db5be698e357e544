"""The report of a run: one web page with counts, crossings, zones, sizes and pictures."""
