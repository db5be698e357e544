"""Identities of objects across the frames of a video: which object is which, what it is, and where it was in between."""
