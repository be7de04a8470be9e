//! Temporal's HTTP API: what `curl` can do, and the document that describes it.

use crate::common::{directory, python};
use anyhow::{Context, Result};
use expect_test::expect;
use refrain_e2e::host::output;
use refrain_e2e::{Host, order};

/// What the host said of its port for HTTP.
pub(crate) fn http_address(host: &Host) -> Result<String> {
    let said = host.log()?;
    let line = said.lines().find_map(|it| it.trim_start().strip_prefix("HTTP "));
    Ok(line.context("no port for HTTP")?.trim().to_owned())
}

#[test]
fn a_workflow_is_driven_by_http_alone_and_every_answer_is_as_the_openapi_document_says()
-> Result<()> {
    let host = Host::start(&directory("http-api"), &["--http-port", "0"])?;
    order::deploy_guest(&host, "rust/request-response", "desk")?;
    let said = output(python("http_api")?.arg(http_address(&host)?))?;
    expect![[r#"
        at all places: True
        started: True WORKFLOW_EXECUTION_STATUS_RUNNING
        refused: amount is 0, expected more
        total: [0]
        described: WORKFLOW_EXECUTION_STATUS_RUNNING {'fields': {'owner': 'ann'}}
        result: [[0]]
        whole: {'payloads': [{'data': 'MA==', 'metadata': {'encoding': 'anNvbi9wbGFpbg=='}}]}
        listed: ['desk/1']
        counted: {'count': '1'}
        404 {'code': 5, 'details': [{'@type': 'type.googleapis.com/temporal.api.errordetails.v1.NotFoundFailure'}], 'message': 'workflow execution `nobody` not found'}
        400 {'code': 3, 'message': 'a parameter is `pageSize=many`, expected a whole number'}
        a parameter that nobody knows: 200
        twice: 409 ['@type', 'firstExecutionRunId', 'runId', 'startRequestId']
        400 {'code': 3, 'message': "text is not JSON of `temporal.api.workflowservice.v1.StartWorkflowExecutionRequest`: unrecognized field name 'workflowTyp'"}
        400 {'code': 3, 'message': 'the body is not a JSON object'}
        405 {'code': 12, 'message': '`/api/v1/namespaces/default/workflows/x` does not take DELETE; `/openapi.json` says what does'}
        404 {'code': 5, 'message': 'there is nothing at `/workflows`; `/openapi.json` says what there is'}
        403 {'code': 7, 'message': "the request comes from a page of `https://evil.example`, and pages of other sites can't call this server"}
        403 {'code': 7, 'message': 'the request is for the host `evil.example`, expected `localhost`, an IP address or a name given with --http-host'}
        413
    "#]].assert_eq(&said.or_fail("http_api.py", &[])?);
    Ok(())
}
