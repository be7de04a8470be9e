"""Ours under Temporal's name."""

from refrain.exceptions import *  # noqa: F403
