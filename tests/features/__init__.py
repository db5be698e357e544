"""Tests of features. Some put others in the place of `registry.FEATURES`, of which a command is built on its import."""

from maskseg_cli.cli import image, render, video, webcam  # noqa: F401  built before that, with their own options
