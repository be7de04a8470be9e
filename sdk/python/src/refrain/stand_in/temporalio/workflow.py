"""Ours under Temporal's name."""

from refrain.workflow import *  # noqa: F403
