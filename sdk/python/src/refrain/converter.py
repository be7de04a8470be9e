"""Values to bytes and back: JSON as Temporal's default converter has it, except that fields keep their order."""

from __future__ import annotations

import collections.abc
import dataclasses
import enum
import inspect
import json
import types as python
import typing
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from . import _host as host

JSON_PLAIN = b"json/plain"


class WrongType(TypeError):
    """A value is not what it has to be. The message says all; where we found it is of no interest."""


class RawValue:
    """A payload as it is, for handlers that take whatever comes."""

    def __init__(self, payload: Any) -> None:
        self.payload = payload


def to_payload(value: Any) -> Any:
    if isinstance(value, RawValue):
        return value.payload
    if value is None:
        return host.types.Payload([("encoding", b"binary/null")], b"")
    if isinstance(value, bytes):
        return host.types.Payload([("encoding", b"binary/plain")], value)
    try:
        text = _ENCODER.encode(value)
    except Exception as error:
        raise WrongType(
            f"a value of type {type(value).__name__} can't be written as JSON: {error}; "
            "use dataclasses, lists, dicts, strings, numbers"
        ) from error
    # Half a surrogate pair is written as Python's own JSON has it: `\ud800`.
    return host.types.Payload([("encoding", JSON_PLAIN)], text.encode(errors="backslashreplace"))


def from_payload(payload: Any, hint: Any = None) -> Any:
    if hint is RawValue:
        return RawValue(payload)
    encoding = dict(payload.metadata).get("encoding", b"binary/plain")
    match encoding:
        case b"json/plain" | b"json/protobuf":
            value = _from_json(payload.data)
            return value if hint is None else to_hint(hint, value)
        case b"binary/null":
            return None
        case b"binary/plain":
            return payload.data
    raise TypeError(f"unknown encoding `{encoding.decode(errors='replace')}`")


def to_payloads(values: Iterable[Any]) -> list[Any]:
    return [to_payload(value) for value in values]


def from_payloads(payloads: Sequence[Any], hints: Sequence[Any] | None = None) -> list[Any]:
    if hints is None:
        return [from_payload(payload) for payload in payloads]
    if not hints:
        # Who takes nothing is given nothing, as Temporal has it.
        return []
    padded = [*hints, *[None] * (len(payloads) - len(hints))]
    return [from_payload(payload, hint) for payload, hint in zip(payloads, padded)]


class PayloadConverter:
    """How values are read and written: one way for all. For headers and for `RawValue`."""

    default: typing.ClassVar[PayloadConverter]

    def to_payload(self, value: Any) -> Any:
        return to_payload(value)

    def to_payloads(self, values: Sequence[Any]) -> list[Any]:
        return to_payloads(values)

    def from_payload(self, payload: Any, type_hint: Any = None) -> Any:
        return from_payload(payload, type_hint)

    def from_payloads(self, payloads: Sequence[Any], type_hints: Sequence[Any] | None = None) -> list[Any]:
        return from_payloads(payloads, type_hints)


PayloadConverter.default = PayloadConverter()


class DataConverter:
    """Of clients and workers; here it has the one thing that workflows ask it for."""

    payload_converter: PayloadConverter = PayloadConverter.default
    default: typing.ClassVar[DataConverter]


DataConverter.default = DataConverter()


def default() -> DataConverter:
    return DataConverter.default


def value_to_type(hint: Any, value: Any, custom_converters: Sequence[Any] = ()) -> Any:
    """As `to_hint`."""
    return to_hint(hint, value)


def to_fields(values: Mapping[str, Any] | None) -> list[tuple[str, Any]]:
    return [(name, to_payload(value)) for name, value in (values or {}).items()]


def from_fields(fields: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    return {name: from_payload(payload) for name, payload in fields}


def first(hint: Any) -> collections.abc.Callable[[Sequence[Any]], Any]:
    """What reads a result: none or one payload."""
    return lambda payloads: from_payload(payloads[0], hint) if payloads else None


def milliseconds(duration: timedelta | float | None) -> int | None:
    """Of a `timedelta`, or of a number of seconds."""
    if duration is None:
        return None
    seconds = duration.total_seconds() if isinstance(duration, timedelta) else duration
    if seconds < 0:
        raise ValueError(f"a duration is {seconds} s, expected none below 0")
    return round(seconds * 1000)


class _Encoder(json.JSONEncoder):
    def default(self, o: Any) -> Any:
        if dataclasses.is_dataclass(o) and not isinstance(o, type):
            # One level: what is in the fields comes here again.
            return {field.name: getattr(o, field.name) for field in dataclasses.fields(o)}
        if isinstance(o, (datetime, date)):
            return o.isoformat()
        if isinstance(o, uuid.UUID):
            return str(o)
        if callable(getattr(o, "model_dump", None)):
            return o.model_dump(mode="json")
        if callable(getattr(o, "dict", None)):
            return o.dict()
        if isinstance(o, collections.abc.Iterable):
            # Bytes too, as numbers.
            return list(o)
        return super().default(o)


_ENCODER = _Encoder(separators=(",", ":"), ensure_ascii=False)


_DECODER = json.JSONDecoder()


def _from_json(data: bytes) -> Any:
    """As `json.loads`, which looks for other encodings and for white space around it; that takes longer than most values."""
    try:
        text = data.decode()
        value, end = _DECODER.raw_decode(text)
        if end == len(text):
            return value
    except ValueError:
        pass
    return json.loads(data)


def to_hint(hint: Any, value: Any) -> Any:
    """The value that JSON was made of, by its type. Raises `TypeError` if it is another."""
    if type(value) is hint:
        return value
    if hint is Any or hint is object:
        return value
    if hint is None or hint is type(None):
        return _checked(value is None, "None", value) and None
    if isinstance(hint, typing.TypeVar):
        return value
    hint = getattr(hint, "__supertype__", hint)
    alias: Any = getattr(typing, "TypeAliasType", ())
    if isinstance(hint, alias):
        return to_hint(hint.__value__, value)
    origin: Any = typing.get_origin(hint) or hint
    args = typing.get_args(hint)
    if origin is typing.Annotated:
        return to_hint(args[0], value)
    if origin is typing.Literal:
        return _checked(value in args, hint, value) and value
    if origin is typing.Union or origin is python.UnionType:
        return _to_one_of(args, hint, value)
    if not isinstance(origin, type):
        return value
    made: Any = origin
    if origin in (int, float):
        is_number = isinstance(value, (int, float)) and not (isinstance(value, bool) and origin is float)
        return _checked(is_number, hint, value) and origin(value)
    if origin in (bool, str):
        return _checked(isinstance(value, origin), hint, value) and value
    if origin is bytes:
        return _checked(isinstance(value, list), "a list of numbers", value) and bytes(value)
    if issubclass(origin, enum.Enum):
        return origin(value)
    if issubclass(origin, (datetime, date)):
        return _checked(isinstance(value, str), "a date in ISO 8601", value) and origin.fromisoformat(value)
    if origin is uuid.UUID:
        return uuid.UUID(value)
    if dataclasses.is_dataclass(origin):
        return _to_dataclass(origin, value)
    if typing.is_typeddict(origin):
        _checked(isinstance(value, dict), hint, value)
        hints = typing.get_type_hints(origin)
        return {name: to_hint(hints[name], one) if name in hints else one for name, one in value.items()}
    if callable(getattr(origin, "model_validate", None)):
        return made.model_validate(value)
    if callable(getattr(origin, "parse_obj", None)):
        return made.parse_obj(value)
    if issubclass(origin, collections.abc.Mapping):
        _checked(isinstance(value, dict), hint, value)
        key, one = args if len(args) == 2 else (Any, Any)
        return {_to_key(key, name): to_hint(one, it) for name, it in value.items()}
    if issubclass(origin, tuple):
        return _to_tuple(origin, args, hint, value)
    if issubclass(origin, collections.abc.Iterable):
        _checked(isinstance(value, list), hint, value)
        items = [to_hint(args[0], one) for one in value] if args else value
        return items if inspect.isabstract(origin) else made(items)
    return value


def _checked(holds: bool, expected: Any, value: Any) -> bool:
    if not holds:
        raise WrongType(f"expected {getattr(expected, '__name__', expected)}, got {value!r}")
    return True


def _to_one_of(hints: Sequence[Any], union: Any, value: Any) -> Any:
    for hint in hints:
        try:
            return to_hint(hint, value)
        except Exception:
            continue
    raise WrongType(f"expected {union}, got {value!r}")


def _to_key(hint: Any, name: str) -> Any:
    if hint in (int, float):
        return hint(name)
    if hint is bool:
        return {"true": True, "false": False}[name]
    if isinstance(hint, type) and issubclass(hint, enum.Enum) and issubclass(hint, int):
        return hint(int(name))
    return to_hint(hint, name)


def _to_tuple(origin: type, args: Sequence[Any], hint: Any, value: Any) -> Any:
    _checked(isinstance(value, list), hint, value)
    if hasattr(origin, "_fields"):
        hints = typing.get_type_hints(origin)
        return origin(*[to_hint(hints.get(name, Any), it) for name, it in zip(origin._fields, value)])
    if len(args) == 2 and args[1] is ...:
        return tuple(to_hint(args[0], one) for one in value)
    if not args:
        return tuple(value)
    _checked(len(args) == len(value), hint, value)
    return tuple(to_hint(arg, one) for arg, one in zip(args, value))


#: Looked up once for each class.
_hints_of_dataclasses: dict[type, dict[str, Any]] = {}


def _to_dataclass(cls: Any, value: Any) -> Any:
    _checked(isinstance(value, dict), f"an object with the fields of {cls.__name__}", value)
    if (hints := _hints_of_dataclasses.get(cls)) is None:
        hints = _hints_of_dataclasses[cls] = typing.get_type_hints(cls)
    given: dict[str, Any] = {}
    later: dict[str, Any] = {}
    for field in dataclasses.fields(cls):
        if field.name not in value:
            continue
        try:
            it = to_hint(hints[field.name], value[field.name])
        except Exception as error:
            raise WrongType(f"field `{field.name}` of {cls.__name__}: {error}") from error
        (given if field.init else later)[field.name] = it
    made = cls(**given)
    for name, it in later.items():
        object.__setattr__(made, name, it)
    return made
