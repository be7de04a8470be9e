"""Ours under Temporal's name. What is for other programs can be named, not used."""

from refrain.exceptions import *  # noqa: F403

from . import some_elsewhere

NAMES = (
    "ActivityAlreadyStartedError InvalidVersioningOverrideError NexusOperationAlreadyStartedError "
    "NexusOperationError"
)

__getattr__ = some_elsewhere(__name__, NAMES.split())
