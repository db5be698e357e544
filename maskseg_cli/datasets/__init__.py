"""Annotated pictures, read and checked for training and for evaluation."""
