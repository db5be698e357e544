"""`maskseg inspect weights`: the arrays of a file, the health of its filters, the difference of two files."""
