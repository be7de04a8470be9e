"""Ours under Temporal's name. What is for other programs can be named, not used."""

from refrain.common import *  # noqa: F403

from . import some_elsewhere

NAMES = (
    "ActivityIDConflictPolicy ActivityIDReusePolicy AutoUpgradeVersioningOverride HeaderCodecBehavior "
    "MetricCommon MetricCounter MetricGauge MetricGaugeFloat MetricHistogram MetricHistogramFloat "
    "MetricHistogramTimedelta OneTimeVersioningOverride PinnedVersioningOverride QueryRejectCondition "
    "VersioningOverride WorkerDeploymentVersion"
)

__getattr__ = some_elsewhere(__name__, NAMES.split())
