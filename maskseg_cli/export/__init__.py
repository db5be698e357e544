"""What was found, in other programs' formats and in words: one file per format."""
