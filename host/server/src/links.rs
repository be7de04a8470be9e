//! What a start or a signal says that it belongs to. Tools follow it; the host only keeps it.

use crate::status::invalid;
use prost::Message;
use refrain_core::limits::{LINK_BYTES_MAX, LINKS_MAX};
use refrain_wire::api::common::v1::Link;
use refrain_wire::api::common::v1::link::Variant;
use refrain_wire::options::links_from_proto;
use tonic::Status;

/// As the real server: a link that leads nowhere is refused.
pub(crate) fn checked(links: Vec<Link>) -> Result<Vec<Vec<u8>>, Status> {
    if links.len() > LINKS_MAX {
        let found = links.len();
        return Err(invalid(format!("{found} links found, expected at most {LINKS_MAX}")));
    }
    for link in &links {
        let found = link.encoded_len();
        if found > LINK_BYTES_MAX {
            let text = format!("a link has {found} bytes, expected at most {LINK_BYTES_MAX}");
            return Err(invalid(text));
        }
        let (what, missing) = missing(link)?;
        if let Some(field) = missing {
            return Err(invalid(format!("a link to {what} has no {field}")));
        }
    }
    Ok(links_from_proto(&links))
}

/// What it is a link to, and which part of the way there is not said.
fn missing(link: &Link) -> Result<(&'static str, Option<&'static str>), Status> {
    const NAMESPACE: &str = "namespace";
    const RUN: &str = "run_id";
    let (what, parts) = match &link.variant {
        Some(Variant::WorkflowEvent(it)) => {
            let id = ("workflow_id", &it.workflow_id);
            ("a workflow", vec![(NAMESPACE, &it.namespace), id, (RUN, &it.run_id)])
        }
        Some(Variant::Activity(it)) => {
            let id = ("activity_id", &it.activity_id);
            ("an activity", vec![(NAMESPACE, &it.namespace), id, (RUN, &it.run_id)])
        }
        Some(Variant::NexusOperation(it)) => {
            let id = ("operation_id", &it.operation_id);
            ("a Nexus operation", vec![(NAMESPACE, &it.namespace), id, (RUN, &it.run_id)])
        }
        Some(Variant::BatchJob(it)) => ("a batch operation", vec![("job_id", &it.job_id)]),
        Some(Variant::Workflow(_) | Variant::Callback(_)) | None => {
            return Err(invalid(
                "a link leads to nothing known, expected an event of a workflow, an activity, a \
                 Nexus operation or a batch operation",
            ));
        }
    };
    Ok((what, parts.into_iter().find(|it| it.1.is_empty()).map(|it| it.0)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;
    use refrain_wire::api::common::v1::link::{BatchJob, WorkflowEvent};

    fn batch(job_id: String) -> Link {
        Link { variant: Some(Variant::BatchJob(BatchJob { job_id })) }
    }

    #[test]
    fn a_start_has_so_many_links_of_so_many_bytes() {
        let some = |n: usize| vec![batch("j".to_owned()); n];
        assert_eq!(checked(some(LINKS_MAX)).expect("not too many").len(), LINKS_MAX);
        checked(some(LINKS_MAX + 1)).expect_err("too many");
        let long = |bytes: usize| vec![batch("j".repeat(bytes - 6))];
        assert_eq!(long(LINK_BYTES_MAX)[0].encoded_len(), LINK_BYTES_MAX);
        checked(long(LINK_BYTES_MAX)).expect("not too long");
        checked(long(LINK_BYTES_MAX + 1)).expect_err("too long");
    }

    #[test]
    fn a_link_that_leads_nowhere_is_refused() {
        let event = WorkflowEvent { namespace: "ns".to_owned(), ..Default::default() };
        let links = [
            Link::default(),
            batch(String::new()),
            Link { variant: Some(Variant::WorkflowEvent(event)) },
        ];
        let refused = links.map(|it| checked(vec![it]).expect_err("nowhere").message().to_owned());
        expect![[r#"
            a link leads to nothing known, expected an event of a workflow, an activity, a Nexus operation or a batch operation
            a link to a batch operation has no job_id
            a link to a workflow has no workflow_id"#]]
        .assert_eq(&refused.join("\n"));
    }
}
