"""What workflows and activities have in common, under the names of `temporalio.common`."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from enum import IntEnum
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar

from . import _host as host
from .converter import RawValue, from_payload, milliseconds, to_payload

T = TypeVar("T")

__all__ = [
    "MetricMeter",
    "Priority",
    "RawValue",
    "RetryPolicy",
    "SearchAttributeKey",
    "SearchAttributePair",
    "SearchAttributeUpdate",
    "SearchAttributes",
    "TypedSearchAttributes",
    "VersioningBehavior",
    "WorkflowIDConflictPolicy",
    "WorkflowIDReusePolicy",
]


@dataclass
class RetryPolicy:
    initial_interval: timedelta = timedelta(seconds=1)
    backoff_coefficient: float = 2.0
    #: None: 100 times the first one.
    maximum_interval: timedelta | None = None
    #: 0: no limit.
    maximum_attempts: int = 0
    non_retryable_error_types: Sequence[str] | None = None

    def _to_host(self) -> Any:
        return host.types.RetryPolicy(
            milliseconds(self.initial_interval),
            self.backoff_coefficient,
            milliseconds(self.maximum_interval),
            self.maximum_attempts,
            list(self.non_retryable_error_types or ()),
        )

    @staticmethod
    def _from_host(it: Any) -> RetryPolicy:
        longest = it.maximum_interval_ms
        return RetryPolicy(
            timedelta(milliseconds=it.initial_interval_ms),
            it.backoff_coefficient,
            None if longest is None else timedelta(milliseconds=longest),
            it.maximum_attempts,
            it.non_retryable_error_types,
        )


@dataclass(frozen=True)
class Priority:
    #: 1 is most urgent, 5 least.
    priority_key: int | None = None
    fairness_key: str | None = None
    fairness_weight: float | None = None

    default: ClassVar[Priority]

    def _to_host(self) -> Any:
        return host.types.Priority(self.priority_key, self.fairness_key, self.fairness_weight)

    @staticmethod
    def _from_host(it: Any) -> Priority:
        return Priority(it.key, it.fairness_key, it.fairness_weight)


Priority.default = Priority()


class WorkflowIDReusePolicy(IntEnum):
    ALLOW_DUPLICATE = 1
    ALLOW_DUPLICATE_FAILED_ONLY = 2
    REJECT_DUPLICATE = 3
    TERMINATE_IF_RUNNING = 4


class WorkflowIDConflictPolicy(IntEnum):
    """For clients; a workflow's children have no use for it."""

    UNSPECIFIED = 0
    FAIL = 1
    USE_EXISTING = 2
    TERMINATE_EXISTING = 3


class VersioningBehavior(IntEnum):
    """Not looked at: a run is pinned to its component, as the host's configuration says."""

    UNSPECIFIED = 0
    PINNED = 1
    AUTO_UPGRADE = 2


class MetricMeter:
    """For files that measure: takes all that Temporal's takes, and measures nothing."""

    def create_counter(self, name: str, description: str | None = None, unit: str | None = None) -> Any:
        return self

    create_gauge = create_gauge_float = create_counter
    create_histogram = create_histogram_float = create_histogram_timedelta = create_counter

    def add(self, value: Any, additional_attributes: Mapping[str, Any] | None = None) -> None:
        pass

    record = set = add

    def with_additional_attributes(self, additional_attributes: Mapping[str, Any]) -> MetricMeter:
        return self

    noop: ClassVar[MetricMeter]


MetricMeter.noop = MetricMeter()


class _Type(enum.Enum):
    TEXT = "Text"
    KEYWORD = "Keyword"
    INT = "Int"
    FLOAT = "Double"
    BOOL = "Bool"
    DATETIME = "Datetime"
    KEYWORD_LIST = "KeywordList"


@dataclass(frozen=True)
class SearchAttributeKey(Generic[T]):
    """The name of a search attribute and what it holds; it must be registered in the namespace."""

    name: str
    type: _Type

    @staticmethod
    def for_text(name: str) -> SearchAttributeKey[str]:
        return SearchAttributeKey(name, _Type.TEXT)

    @staticmethod
    def for_keyword(name: str) -> SearchAttributeKey[str]:
        return SearchAttributeKey(name, _Type.KEYWORD)

    @staticmethod
    def for_int(name: str) -> SearchAttributeKey[int]:
        return SearchAttributeKey(name, _Type.INT)

    @staticmethod
    def for_float(name: str) -> SearchAttributeKey[float]:
        return SearchAttributeKey(name, _Type.FLOAT)

    @staticmethod
    def for_bool(name: str) -> SearchAttributeKey[bool]:
        return SearchAttributeKey(name, _Type.BOOL)

    @staticmethod
    def for_datetime(name: str) -> SearchAttributeKey[datetime]:
        return SearchAttributeKey(name, _Type.DATETIME)

    @staticmethod
    def for_keyword_list(name: str) -> SearchAttributeKey[Sequence[str]]:
        return SearchAttributeKey(name, _Type.KEYWORD_LIST)

    def value_set(self, value: T) -> SearchAttributeUpdate:
        return SearchAttributeUpdate(self, value)

    def value_unset(self) -> SearchAttributeUpdate:
        return SearchAttributeUpdate(self, None)


@dataclass(frozen=True)
class SearchAttributeUpdate:
    key: SearchAttributeKey[Any]
    #: None takes the attribute away.
    value: Any

    def _to_host(self) -> tuple[str, Any]:
        payload = to_payload(_in_utc(self.value) if isinstance(self.value, datetime) else self.value)
        payload.metadata.append(("type", self.key.type.value.encode()))
        return self.key.name, payload


def _in_utc(it: datetime) -> str:
    """As guests in other languages write it, so that they can share a history."""
    if it.tzinfo is None:
        raise ValueError(f"{it} has no time zone, expected one in a search attribute")
    precision = "milliseconds" if it.microsecond % 1000 == 0 else "microseconds"
    return it.astimezone(timezone.utc).isoformat(timespec=precision).replace("+00:00", "Z")


class SearchAttributePair(NamedTuple):
    key: SearchAttributeKey[Any]
    value: Any


#: The older form: a list of values for each name.
SearchAttributes = dict[str, list[Any]]


@dataclass(frozen=True)
class TypedSearchAttributes:
    search_attributes: Sequence[SearchAttributePair] = field(default_factory=list)

    empty: ClassVar[TypedSearchAttributes]

    def __iter__(self) -> Iterator[SearchAttributePair]:
        return iter(self.search_attributes)

    def __len__(self) -> int:
        return len(self.search_attributes)

    def __contains__(self, key: object) -> bool:
        return any(pair.key == key for pair in self.search_attributes)

    def __getitem__(self, key: SearchAttributeKey[T]) -> Any:
        for pair in self.search_attributes:
            if pair.key == key:
                return pair.value
        raise KeyError(key.name)

    def get(self, key: SearchAttributeKey[T], default: Any = None) -> Any:
        return self[key] if key in self else default

    def _to_host(self) -> list[tuple[str, Any]]:
        return [pair.key.value_set(pair.value)._to_host() for pair in self.search_attributes]

    @staticmethod
    def _from_host(fields: Sequence[tuple[str, Any]]) -> TypedSearchAttributes:
        pairs = []
        for name, payload in fields:
            kind = dict(payload.metadata).get("type", b"Keyword").decode()
            key: SearchAttributeKey[Any] = SearchAttributeKey(name, _Type(kind))
            value = from_payload(payload, datetime if key.type is _Type.DATETIME else None)
            pairs.append(SearchAttributePair(key, value))
        return TypedSearchAttributes(pairs)


TypedSearchAttributes.empty = TypedSearchAttributes()


def search_attributes_to_host(it: TypedSearchAttributes | SearchAttributes | None) -> list[tuple[str, Any]]:
    if it is None:
        return []
    if isinstance(it, TypedSearchAttributes):
        return it._to_host()
    return [(name, to_payload(values)) for name, values in it.items()]
