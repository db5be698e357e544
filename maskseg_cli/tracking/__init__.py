"""Identities of objects across the frames of a video: which is which, what it is, where it was in between."""
