"""Ours under Temporal's name. What is for other programs can be named, not used."""

from refrain.converter import *  # noqa: F403

from . import some_elsewhere

NAMES = (
    "AdvancedJSONEncoder BinaryNullPayloadConverter BinaryPlainPayloadConverter "
    "BinaryProtoPayloadConverter CompositePayloadConverter DefaultFailureConverter "
    "DefaultFailureConverterWithEncodedAttributes DefaultPayloadConverter EncodingPayloadConverter "
    "ExternalStorage FailureConverter JSONPlainPayloadConverter JSONProtoPayloadConverter "
    "JSONTypeConverter PayloadCodec SerializationContext StorageDriver WithSerializationContext "
    "WorkflowSerializationContext"
)

__getattr__ = some_elsewhere(__name__, NAMES.split())
