"""The same plays on two servers. `mirror.workflow` and what it is made of are a guest's."""

from pathlib import Path

__path__.append(str(Path(__file__).parents[4] / "guest-examples/python/mirror"))
