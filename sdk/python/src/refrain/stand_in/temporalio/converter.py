"""Ours under Temporal's name."""

from refrain.converter import *  # noqa: F403
