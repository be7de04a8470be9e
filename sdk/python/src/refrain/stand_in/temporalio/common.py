"""Ours under Temporal's name."""

from refrain.common import *  # noqa: F403
