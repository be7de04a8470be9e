"""Ours under Temporal's name."""

from refrain.activity import *  # noqa: F403
