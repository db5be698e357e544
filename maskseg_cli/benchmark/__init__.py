"""Measures what this machine needs for a photo: each stage, the start of the program, and memory."""
