"""Requests that a careful client never sends, and some that it does: a table of what is asked of both servers.

Of each method: a request that is right, and what is changed in it, by dotted names; `None` leaves a field out. Text
in braces is filled in by `refusals`.
"""

from mirror.requests.activities import ACTIVITIES, STANDALONE
from mirror.requests.lists import LISTS
from mirror.requests.method import Fields, Method
from mirror.requests.operators import BATCHES, NAMESPACES, WORKERS
from mirror.requests.schedules import SCHEDULES
from mirror.requests.workflows import WORKFLOWS

__all__ = ["FAMILIES", "Fields", "Method"]

FAMILIES: dict[str, list[Method]] = {
    "workflows": WORKFLOWS,
    "lists": LISTS,
    "schedules": SCHEDULES,
    "activities": ACTIVITIES,
    "standalone": STANDALONE,
    "batches": BATCHES,
    "workers": WORKERS,
    "namespaces": NAMESPACES,
}
