"""Answers as plain values in which only that differs which matters: no times, no ids of runs.

What is left out, and why, is in `known.toml`.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure
from temporalio.api.history.v1 import History, HistoryEvent

from mirror.stage import event_name

# As it stands in the workflow ids of schedules.
TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z")
IN_ANOTHER_HISTORY = ("parent_initiated_event_id", "external_initiated_event_id")
WORKFLOW_TASKS = {"WORKFLOW_TASK_SCHEDULED", "WORKFLOW_TASK_STARTED", "WORKFLOW_TASK_COMPLETED"}


class Scrub:
    """Of one scenario on one server."""

    def __init__(self, nature: Mapping[str, str], run_ids: Mapping[str, str]) -> None:
        #: Fields that differ by nature: what is shown instead, by their names.
        self.nature = nature
        #: What runs are called, by their ids.
        self.run_ids = run_ids
        self.events: dict[int, str] = {}

    def history(self, history: History) -> dict[str, Any]:
        """The events by type and number, in order."""
        self.events = {}
        counts: dict[str, int] = {}
        for event in history.events:
            name = event_name(event)
            counts[name] = counts.get(name, 0) + 1
            # Which of the tasks it was depends on how many there were.
            label = name if name in WORKFLOW_TASKS else f"{name} {counts[name]}"
            self.events[event.event_id] = label
        told: dict[str, Any] = {}
        for event in history.events:
            label = self.events[event.event_id]
            # The first of each is looked at, the others come as they come.
            if label not in told:
                told[label] = self.event(event)
        self.events = {}
        return told

    def event(self, event: HistoryEvent) -> dict[str, Any]:
        fields = self.message(event)
        kind = event.WhichOneof("attributes")
        attributes = fields.pop(kind) if kind else {}
        return {**fields, **attributes}

    def message(self, message: Message) -> Any:
        if isinstance(message, Payload):
            return self.payload(message)
        if isinstance(message, Timestamp):
            return "<time>"
        if isinstance(message, Duration):
            return f"{message.ToTimedelta().total_seconds()} s"
        if isinstance(message, Failure):
            return self.failure(message)
        return {field.name: self.field(field, value) for field, value in message.ListFields()}

    def failure(self, failure: Failure) -> dict[str, Any]:
        fields = {field.name: self.field(field, value) for field, value in failure.ListFields()}
        fields.pop("stack_trace", None)
        if failure.source in ("PythonSDK", "refrain-rust"):
            fields["source"] = "<sdk>"
        return fields

    def field(self, field: FieldDescriptor, value: Any) -> Any:
        if field.name in self.nature:
            return self.nature[field.name]
        if field.message_type and field.message_type.GetOptions().map_entry:
            inner = field.message_type.fields_by_name["value"]
            if field.name == "request_id_infos":
                return sorted((self.one(inner, it) for it in value.values()), key=str)
            return {key: self.one(inner, value[key]) for key in sorted(value)}
        if field.is_repeated:
            return [self.one(field, it) for it in value]
        return self.one(field, value)

    def one(self, field: FieldDescriptor, value: Any) -> Any:
        if field.type == FieldDescriptor.TYPE_MESSAGE:
            return self.message(value)
        if field.type == FieldDescriptor.TYPE_ENUM:
            known = field.enum_type.values_by_number.get(value)
            return known.name if known else value
        if field.type == FieldDescriptor.TYPE_BYTES:
            return "<bytes>"
        if field.name in IN_ANOTHER_HISTORY:
            return "<event>"
        if field.name.endswith("event_id"):
            return self.events.get(value, f"<event {value}>" if self.events else "<event>")
        if isinstance(value, str):
            return self.string(value)
        return value

    def string(self, value: str) -> str:
        for run_id, name in self.run_ids.items():
            value = value.replace(run_id, name)
        return TIME.sub("<time>", value)

    def payload(self, payload: Payload) -> Any:
        metadata = {key: value.decode() for key, value in sorted(payload.metadata.items())}
        encoding = metadata.pop("encoding", "none")
        if encoding != "json/plain":
            return {"encoding": encoding, **metadata, "data": payload.data.decode(errors="replace")}
        value = self.plain(json.loads(payload.data))
        return {**metadata, "json": value} if metadata else value

    def plain(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.string(value)
        if isinstance(value, list):
            return [self.plain(it) for it in value]
        if isinstance(value, dict):
            return {key: self.plain(it) for key, it in value.items()}
        return value

    def kept(self, value: Any) -> Any:
        return self.message(value) if isinstance(value, Message) else self.plain(value)
