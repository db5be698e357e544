"""Measures how the cost of maskseg grows: with the size of the photo, the objects in it, the batch, a video's length.

python -m benchmarks.performance, from the folder of the checkout, measures everything, draws the plots of
docs/images/performance-*.svg and, with --fill, writes the tables into docs/performance.md.
"""
