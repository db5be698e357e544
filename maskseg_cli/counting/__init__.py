"""Counting: objects over time, lines that tracks cross, zones in which they stay, sizes in pixels and real units."""
