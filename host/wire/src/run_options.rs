//! What can be changed of a run while it is open, and the overrides of Temporal's worker versioning.

use crate::DecodeError;
use crate::api::deployment::v1::WorkerDeploymentVersion;
use crate::api::enums::v1::VersioningBehavior;
use crate::api::workflow::v1 as pb;
use crate::api::workflow::v1::versioning_override::{
    OneTimeOverride, Override as PbOverride, PinnedOverride, PinnedOverrideBehavior,
};
use crate::options::{priority_from_proto, priority_to_proto};
use crate::{time_skipping, wkt};
use refrain_core::options::{OptionsChange, Override, RunOptions, Version};

fn refused(words: impl Into<String>) -> DecodeError {
    DecodeError::Refused(words.into())
}

/// Of a run that is to start.
pub fn override_of_start_from_proto(
    it: Option<pb::VersioningOverride>,
) -> Result<Option<Override>, DecodeError> {
    let versioning = override_from_proto(it)?;
    has_own_version(versioning.as_ref())?;
    match &versioning {
        Some(Override::OneTime(it)) if it.deployment.is_empty() || it.build_id.is_empty() => {
            Err(refused("target_deployment_version is not set in a one_time override"))
        }
        _ => Ok(versioning),
    }
}

/// Errors: a new run has no version yet that could be left out. In Temporal's words.
pub(crate) fn has_own_version(versioning: Option<&Override>) -> Result<(), DecodeError> {
    match versioning {
        Some(Override::Pinned(it)) if it.build_id.is_empty() => {
            Err(refused("must provide version if override is pinned."))
        }
        Some(Override::Pinned(_) | Override::OneTime(_) | Override::AutoUpgrade) | None => Ok(()),
    }
}

/// A pinned version may be left out, and is the run's own then: its texts are empty. So may one for
/// one time, which is what is deployed then, or only its deployment, which is the run's queue.
pub fn override_from_proto(
    it: Option<pb::VersioningOverride>,
) -> Result<Option<Override>, DecodeError> {
    let Some(it) = it else { return Ok(None) };
    Ok(Some(match &it.r#override {
        Some(PbOverride::Pinned(pinned)) => {
            if pinned.behavior != PinnedOverrideBehavior::Pinned as i32 {
                return Err(refused(
                    "must specify pinned override behavior if override is pinned.",
                ));
            }
            match &pinned.version {
                Some(version) => Override::Pinned(version_from_proto(version)?),
                None => {
                    let (deployment, build_id) = (String::new(), String::new());
                    Override::Pinned(Version { deployment, build_id })
                }
            }
        }
        Some(PbOverride::AutoUpgrade(true)) => Override::AutoUpgrade,
        Some(PbOverride::OneTime(one_time)) => {
            let it = one_time.target_deployment_version.clone().unwrap_or_default();
            let (deployment, build_id) = (it.deployment_name, it.build_id);
            Override::OneTime(Version { deployment, build_id })
        }
        Some(PbOverride::AutoUpgrade(false)) | None => old_override(&it)?,
    }))
}

fn version_from_proto(it: &WorkerDeploymentVersion) -> Result<Version, DecodeError> {
    if it.deployment_name.is_empty() || it.build_id.is_empty() {
        return Err(refused("a version has a deployment_name and a build_id, and one is not set"));
    }
    Ok(Version { deployment: it.deployment_name.clone(), build_id: it.build_id.clone() })
}

/// As older clients say it.
#[allow(deprecated, reason = "older clients say it so")]
fn old_override(it: &pb::VersioningOverride) -> Result<Override, DecodeError> {
    match VersioningBehavior::try_from(it.behavior) {
        Ok(VersioningBehavior::AutoUpgrade) => Ok(Override::AutoUpgrade),
        Ok(VersioningBehavior::Pinned) => {
            // A digest has no dot.
            let (deployment, build_id) = it.pinned_version.rsplit_once('.').ok_or_else(|| {
                refused(
                    "must provide deployment (deprecated) or pinned version if behavior is 'PINNED'",
                )
            })?;
            let (deployment, build_id) = (deployment.to_owned(), build_id.to_owned());
            Ok(Override::Pinned(Version { deployment, build_id }))
        }
        Ok(VersioningBehavior::Unspecified) | Err(_) => {
            Err(refused("override behavior is required"))
        }
    }
}

/// As history has it: the new form only.
pub fn override_to_proto(it: &Override) -> pb::VersioningOverride {
    let version = |it: &Version| {
        let (deployment_name, build_id) = (it.deployment.clone(), it.build_id.clone());
        Some(WorkerDeploymentVersion { build_id, deployment_name })
    };
    let r#override = match it {
        Override::Pinned(it) => {
            let behavior = PinnedOverrideBehavior::Pinned as i32;
            PbOverride::Pinned(PinnedOverride { behavior, version: version(it) })
        }
        Override::AutoUpgrade => PbOverride::AutoUpgrade(true),
        Override::OneTime(it) => {
            PbOverride::OneTime(OneTimeOverride { target_deployment_version: version(it) })
        }
    };
    pb::VersioningOverride { r#override: Some(r#override), ..Default::default() }
}

/// As describe shows it: with what older clients read.
#[allow(deprecated, reason = "older clients read it")]
pub fn override_shown(it: &Override) -> pb::VersioningOverride {
    let (behavior, pinned_version) = match it {
        Override::Pinned(it) => {
            (VersioningBehavior::Pinned, format!("{}.{}", it.deployment, it.build_id))
        }
        Override::AutoUpgrade => (VersioningBehavior::AutoUpgrade, String::new()),
        Override::OneTime(_) => (VersioningBehavior::Unspecified, String::new()),
    };
    let behavior = behavior as i32;
    pb::VersioningOverride { behavior, pinned_version, ..override_to_proto(it) }
}

pub fn to_proto(options: &RunOptions) -> pb::WorkflowExecutionOptions {
    let has_priority = options.priority != Default::default();
    pb::WorkflowExecutionOptions {
        versioning_override: options.versioning.as_ref().map(override_to_proto),
        priority: has_priority.then(|| priority_to_proto(&options.priority)),
        time_skipping_config: options.time_skipping.as_ref().map(time_skipping::to_proto),
    }
}

pub fn from_proto(it: pb::WorkflowExecutionOptions) -> Result<RunOptions, DecodeError> {
    Ok(RunOptions {
        versioning: override_from_proto(it.versioning_override)?,
        priority: priority_from_proto(it.priority)?,
        time_skipping: time_skipping::from_proto(it.time_skipping_config),
    })
}

/// What the mask names is taken from the options; what is absent there is taken away. In
/// Temporal's words.
pub fn change_from_proto(
    options: Option<pb::WorkflowExecutionOptions>,
    mask: Option<wkt::FieldMask>,
) -> Result<OptionsChange, DecodeError> {
    let mask = mask.ok_or_else(|| refused("UpdateMask is required"))?;
    let options = options.unwrap_or_default();
    let mut change = OptionsChange::default();
    for path in &mask.paths {
        let (field, part) = path.split_once('.').unwrap_or((path, ""));
        let priority = || priority_from_proto(options.priority.clone());
        match (field, part) {
            ("versioning_override", _) => {
                change.versioning = Some(override_from_proto(options.versioning_override.clone())?);
            }
            ("priority", "") => {
                let priority = priority()?;
                change.priority_key = Some(priority.key);
                change.fairness_key = Some(priority.fairness_key);
                change.fairness_weight = Some(priority.fairness_weight);
            }
            ("priority", "priority_key") => change.priority_key = Some(priority()?.key),
            ("priority", "fairness_key") => change.fairness_key = Some(priority()?.fairness_key),
            ("priority", "fairness_weight") => {
                change.fairness_weight = Some(priority()?.fairness_weight);
            }
            ("time_skipping_config", "") => {
                let config = options.time_skipping_config.clone();
                change.time_skipping = Some(time_skipping::asked(config)?);
            }
            ("time_skipping_config", _) => {
                return Err(refused(
                    "error applying update_options: time_skipping_config doesn't support partial update",
                ));
            }
            _ => {
                return Err(refused(format!(
                    "error parsing UpdateMask: proto: invalid path \"{path}\" for message \"temporal.api.workflow.v1.WorkflowExecutionOptions\""
                )));
            }
        }
    }
    Ok(change)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::common::v1::Priority as PbPriority;
    use expect_test::expect;

    fn pinned(behavior: i32) -> pb::VersioningOverride {
        let version =
            WorkerDeploymentVersion { build_id: "b".to_owned(), deployment_name: "d".to_owned() };
        let pinned = PinnedOverride { behavior, version: Some(version) };
        pb::VersioningOverride {
            r#override: Some(PbOverride::Pinned(pinned)),
            ..Default::default()
        }
    }

    #[allow(deprecated, reason = "older clients say it so")]
    fn old(behavior: i32, pinned_version: &str) -> pb::VersioningOverride {
        let pinned_version = pinned_version.to_owned();
        pb::VersioningOverride { behavior, pinned_version, ..Default::default() }
    }

    #[test]
    fn what_the_mask_names_is_changed_or_refused_in_temporals_words() {
        let mut text = String::new();
        let mut say = |mask: &str, versioning: Option<pb::VersioningOverride>, key: i32| {
            let options = pb::WorkflowExecutionOptions {
                versioning_override: versioning,
                priority: Some(PbPriority { priority_key: key, ..Default::default() }),
                time_skipping_config: Some(Default::default()),
            };
            let paths = mask.split(',').filter(|it| !it.is_empty()).map(str::to_owned).collect();
            let said = match change_from_proto(Some(options), Some(wkt::FieldMask { paths })) {
                Ok(it) => {
                    format!(
                        "{:?} {:?} {:?} {:?}",
                        it.versioning, it.priority_key, it.fairness_key, it.time_skipping
                    )
                }
                Err(error) => error.to_string(),
            };
            text += &format!("{mask}: {said}\n");
        };
        say("", None, 2);
        say("priority", None, 2);
        say("priority.priority_key", None, 0);
        say("priority.fairnessKey", None, 2);
        say("versioning_override", None, 2);
        say("versioning_override", Some(pinned(1)), 2);
        say("versioning_override", Some(pinned(0)), 2);
        say("versioning_override,priority.priority_key", Some(old(1, "d.e.b")), 2);
        say("versioning_override", Some(old(1, "")), 2);
        say("versioning_override", Some(old(2, "")), 2);
        say("versioning_override", Some(old(0, "")), 2);
        say("time_skipping_config", None, 2);
        say("time_skipping_config.enabled", None, 2);
        say("*", None, 2);
        expect![[r#"
            : None None None None
            priority: None Some(Some(2)) Some("") None
            priority.priority_key: None Some(None) None None
            priority.fairnessKey: error parsing UpdateMask: proto: invalid path "priority.fairnessKey" for message "temporal.api.workflow.v1.WorkflowExecutionOptions"
            versioning_override: Some(None) None None None
            versioning_override: Some(Some(Pinned(Version { deployment: "d", build_id: "b" }))) None None None
            versioning_override: must specify pinned override behavior if override is pinned.
            versioning_override,priority.priority_key: Some(Some(Pinned(Version { deployment: "d.e", build_id: "b" }))) Some(Some(2)) None None
            versioning_override: must provide deployment (deprecated) or pinned version if behavior is 'PINNED'
            versioning_override: Some(Some(AutoUpgrade)) None None None
            versioning_override: override behavior is required
            time_skipping_config: None None None Some(Some(TimeSkipping { enabled: false, fast_forward: None, disable_propagation: false, max_skips: 200 }))
            time_skipping_config.enabled: error applying update_options: time_skipping_config doesn't support partial update
            *: error parsing UpdateMask: proto: invalid path "*" for message "temporal.api.workflow.v1.WorkflowExecutionOptions"
        "#]].assert_eq(&text);
        let no_mask = change_from_proto(None, None).map_err(|it| it.to_string());
        assert_eq!(no_mask, Err("UpdateMask is required".to_owned()));
    }
}
