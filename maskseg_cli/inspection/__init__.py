"""Looks into a photo's way through the network, a data set, and a weights file; writes pictures and a page."""
