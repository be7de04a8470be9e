"""Holds this package against Temporal's, as it is installed: each name, each member, each parameter is there, or is left out for a
reason that is here. Needs `temporalio`.

    PYTHONPATH=src python test/names.py
"""

import dataclasses
import enum
import importlib
import inspect
import re
import unittest
from types import ModuleType
from typing import Any

MODULES = ["workflow", "common", "exceptions", "converter", "activity", "worker"]

#: What is theirs only, and why.
LEFT_OUT = {
    "types of types that no program names": "workflow: AnyType CallableAsyncNoParam CallableAsyncSingleParam CallableAsyncType "
    "CallableSyncNoParam CallableSyncOrAsyncReturnNoneType CallableSyncOrAsyncType CallableSyncSingleParam CallableType ClassType "
    "MethodAsyncNoParam MethodAsyncSingleParam MethodSyncNoParam MethodSyncOrAsyncNoParam MethodSyncOrAsyncSingleParam "
    "MethodSyncSingleParam MultiParamSpec ParamType ProtocolReturnType ReturnType SelfType "
    "common: SearchAttributeIndexedValueType SearchAttributeValueType "
    "activity: CallableType",
    "Nexus is not there": "workflow: NexusClient NexusOperationCancellationType NexusOperationHandle create_nexus_client "
    "signal_with_start_workflow "
    "common: NexusOperationCancellationState NexusOperationExecutionStatus NexusOperationIDConflictPolicy "
    "NexusOperationIDReusePolicy PendingNexusOperationExecutionState "
    "exceptions: NexusOperationAlreadyStartedError NexusOperationError "
    "converter: NexusSerializationContext",
    "marks for their web page": "workflow: EventGroup create_event_group",
    "there is no sandbox to reach out of": "workflow: extern_functions",
    "a run stays on its component": "workflow: ContinueAsNewVersioningBehavior "
    "common: AutoUpgradeVersioningOverride OneTimeVersioningOverride PinnedVersioningOverride VersioningOverride WorkerDeploymentVersion "
    "exceptions: InvalidVersioningOverrideError",
    "of clients": "common: ActivityIDConflictPolicy ActivityIDReusePolicy HeaderCodecBehavior QueryRejectCondition "
    "exceptions: ActivityAlreadyStartedError",
    "nothing is measured": "common: MetricCommon MetricCounter MetricGauge MetricGaugeFloat MetricHistogram "
    "MetricHistogramFloat MetricHistogramTimedelta",
    "every value is JSON, and a codec is the client's": "converter: ActivitySerializationContext AdvancedJSONEncoder "
    "BinaryNullPayloadConverter BinaryPlainPayloadConverter BinaryProtoPayloadConverter CompositePayloadConverter DefaultFailureConverter "
    "DefaultFailureConverterWithEncodedAttributes DefaultPayloadConverter EncodingPayloadConverter FailureConverter "
    "JSONPlainPayloadConverter JSONProtoPayloadConverter JSONTypeConverter JSONTypeConverterUnhandled PayloadCodec SerializationContext "
    "TransferTypeConverter WithSerializationContext WorkflowSerializationContext create_payload_validation_error decode_search_attributes "
    "decode_typed_search_attributes encode_search_attribute_values encode_search_attributes encode_typed_search_attribute_value "
    "transfer_type_convertible",
    "payloads are kept by reference without any setting": "converter: ExternalStorage StorageDriver StorageDriverActivityInfo "
    "StorageDriverClaim StorageDriverRetrieveContext StorageDriverSelectContext StorageDriverStoreContext StorageDriverWorkflowInfo "
    "StorageWarning",
}

#: Members and parameters of theirs that ours have not, and why.
PARTS_LEFT_OUT = {
    "marks for their web page": "event_groups",
    "a run stays on its component": "versioning_override initial_versioning_behavior get_current_deployment_version",
    "the host does not tell": "get_current_build_id "
    "is_target_worker_deployment_version_changed",
    "the next run begins at once": "backoff_start_interval",
    "the host runs the task itself": "disable_eager_execution",
    "values are not converted by the types of arguments": "arg_types",
    "the host makes the attempts": "StartLocalActivityInput.schedule_to_start_timeout StartLocalActivityInput.local_retry_threshold",
    "Nexus is not there": "start_nexus_operation start_signal_with_start_workflow start_system_nexus_operation intercept_nexus_operation",
    "of a worker's activities": "Interceptor.intercept_activity",
    "there is no sandbox to reach out of": "unsafe_extern_functions LoggerAdapter.unsafe_disable_sandbox",
    "no program sees a protobuf message": "from_proto apply_to_proto",
    "types are known by their names": "indexed_value_type origin_value_type value_type updated",
    "a handle is a future, not a task": "cancelling get_coro get_name get_stack print_stack set_name uncancel",
}


def words(reasons: dict[str, str]) -> set[str]:
    return {word for text in reasons.values() for word in text.split()}


def left_out(module: str) -> set[str]:
    names: set[str] = set()
    for text in LEFT_OUT.values():
        of = ""
        for word in text.split():
            if word.endswith(":"):
                of = word[:-1]
            elif of == module:
                names.add(word)
    return names


def load(module: str) -> tuple[ModuleType, ModuleType]:
    return importlib.import_module(f"refrain.{module}"), importlib.import_module(f"temporalio.{module}")


def public(module: ModuleType) -> dict[str, Any]:
    """What is theirs, not what they import."""
    found = {name: getattr(module, name) for name in dir(module) if not name.startswith("_") and name != "TYPE_CHECKING"}
    return {name: it for name, it in found.items() if not inspect.ismodule(it) and is_of_temporal(it)}


def is_of_temporal(it: Any) -> bool:
    return str(getattr(it, "__module__", None) or "temporalio").startswith("temporalio")


def parameters(fn: Any) -> set[str]:
    """Those of `execute_...` are those of `start_...`."""
    own = inspect.signature(fn).parameters.values()
    names = {it.name for it in own if it.kind is not inspect.Parameter.VAR_KEYWORD}
    if any(it.name == "options" for it in own):
        names |= parameters(getattr(inspect.getmodule(fn), fn.__name__.replace("execute_", "start_")))
    return names - {"self", "cls"}


def members(cls: type) -> set[str]:
    names = {it for it in dir(cls) if not it.startswith("_") and is_of_temporal(getattr(cls, it))}
    if dataclasses.is_dataclass(cls):
        names |= {it.name for it in dataclasses.fields(cls)}
    return {it for it in names | set(getattr(cls, "__annotations__", {})) if not it.startswith("_")}


def is_in(part: str, cls: type) -> bool:
    """Also what only its objects have."""
    return hasattr(cls, part) or any(re.search(rf"\b{part}\b", inspect.getsource(it)) for it in cls.__mro__ if is_ours(it))


def is_ours(cls: type) -> bool:
    return cls.__module__.startswith("refrain")


class Names(unittest.TestCase):
    def test_every_name_is_there_or_left_out_for_a_reason(self) -> None:
        for module in MODULES:
            ours, theirs = load(module)
            # What is not there of `worker` can be named, not used.
            known = vars(ours) if module == "worker" else {it: None for it in dir(ours)}
            missing = {name for name in public(theirs) if name not in known}
            if module == "worker":
                missing = {name for name in missing if "Workflow" in name and name.endswith("Interceptor")}
            with self.subTest(module):
                self.assertEqual(missing, left_out(module))

    def test_every_parameter_and_member_is_there_or_left_out_for_a_reason(self) -> None:
        excused, missing, met = words(PARTS_LEFT_OUT), [], set()
        # Of the others, workflows use little, and by its names.
        for module in ["workflow", "common", "exceptions", "worker"]:
            ours, theirs = load(module)
            for name, it in public(theirs).items():
                own = vars(ours).get(name)
                if own is None or not callable(it):
                    continue
                if inspect.isclass(it):
                    if issubclass(it, enum.Enum):
                        continue
                    parts = {part for part in members(it) if not is_in(part, own)}
                else:
                    parts = parameters(it) - parameters(own)
                for part in parts:
                    reasons = {part, f"{name}.{part}"} & excused
                    met |= reasons
                    if not reasons:
                        missing.append(f"{module}.{name}.{part}")
        self.assertEqual(sorted(missing), [])
        self.assertEqual(sorted(excused - met), [], "excused, but it is not missing")

    def test_what_is_no_list_of_interceptors_is_refused_in_words(self) -> None:
        from refrain import worker

        class Mine(worker.WorkflowInboundInterceptor):
            pass

        self.assertEqual(worker.inbound_classes([Mine]), [Mine])
        for listed, told in [(worker, "expected a list of"), ([1], "expected an `Interceptor`")]:
            with self.assertRaisesRegex(TypeError, told):
                worker.inbound_classes(listed)

    def test_choices_have_the_same_values(self) -> None:
        for module in MODULES:
            ours, theirs = load(module)
            for name, it in public(theirs).items():
                own = vars(ours).get(name)
                if inspect.isclass(it) and issubclass(it, enum.Enum) and own is not None and name != "VersioningIntent":
                    with self.subTest(name):
                        self.assertEqual({e.name: e.value for e in own}, {e.name: e.value for e in it})


if __name__ == "__main__":
    unittest.main()
