"""Ours under Temporal's name: interceptors. Whatever else is there can be named, not used."""

from refrain.worker import *  # noqa: F403
from refrain.worker import __getattr__ as __getattr__

#: It has modules, none of them in a file.
__path__: list[str] = []
