//! The TypeScript SDK: a file that was written for Temporal's, built as it stands.

use crate::common::{directory, task_failure};
use anyhow::Result;
use expect_test::expect;
use refrain_e2e::{Host, order};
use serde_json::Value;

const QUEUE: &str = "names";

fn host(name: &str) -> Result<Host> {
    let host = Host::start(&directory(name), &[])?;
    order::deploy_guest(&host, "typescript/temporal-names", QUEUE)?;
    Ok(host)
}

fn start(host: &Host, workflow_type: &str) -> Result<()> {
    let args = ["workflow", "start", "--workflow-id", workflow_type, "--type", workflow_type];
    host.cli(&[&args[..], &["--task-queue", QUEUE]].concat()).map(drop)
}

#[test]
fn a_file_of_temporals_sdk_finds_its_names_and_those_of_the_web() -> Result<()> {
    let host = host("typescript-names")?;
    start(&host, "everything")?;
    let result = host.cli(&["workflow", "result", "--workflow-id", "everything"])?;
    expect![[r#"
        {"stored":["one","two","nobody"],"trigger":"pulled","ticks":3,"given":"given up","canceled":true,"url":["shop.example",["7","8"]],"copy":["1970-01-01T00:00:00.000Z",2],"uuids":[36,36,36],"dice":true,"elapsed":true,"bytes":"grün","base64":"refrain"}
    "#]].assert_eq(&result);

    start(&host, "approval")?;
    let signal = ["workflow", "signal", "--workflow-id", "approval", "--name", "approve"];
    host.cli(&[&signal[..], &["--input", r#""ann""#]].concat())?;
    let result = host.cli(&["workflow", "result", "--workflow-id", "approval"])?;
    expect![[r#"
        {"by":"ann"}
    "#]]
    .assert_eq(&result);
    let by =
        host.cli(&["workflow", "query", "--workflow-id", "approval", "--type", "approvedBy"])?;
    expect![[r#"
        "ann"
    "#]]
    .assert_eq(&by);
    assert!(host.log()?.contains(r#"alerts.raise ["approved",1]"#), "{}", host.log()?);
    Ok(())
}

#[test]
fn the_stack_of_a_failure_names_the_authors_file_and_line() -> Result<()> {
    let host = host("typescript-stack")?;
    let text = |it: &Value| it.as_str().unwrap_or_default().to_owned();
    start(&host, "failure")?;
    let failed = host.try_cli(&["workflow", "result", "--workflow-id", "failure"])?;
    assert_eq!(failed.code, Some(1), "{failed:?}");
    let history = host.history("failure")?;
    let failed = history.iter().find_map(|it| it.get("workflowExecutionFailedEventAttributes"));
    let stack = failed.map(|it| text(&it["failure"]["stackTrace"]).replace("    at", "at"));
    expect![[r#"
            at checked (temporal-names/workflow.ts:94)
            at <anonymous> (temporal-names/workflow.ts:100)"#]]
    .assert_eq(&stack.unwrap_or_default());

    // A mistake fails the task alone, and says where it is too.
    start(&host, "mistake")?;
    let message = text(&task_failure(&host, "mistake")?["failure"]["message"]);
    let said = message.split(';').next().unwrap_or_default();
    expect![[r#"
        [W0201] guest failed: wasm trap: wasm `unreachable` instruction executed: TypeError: cannot read property 'name' of undefined
            at <anonymous> (temporal-names/workflow.ts:106)"#]].assert_eq(said);
    Ok(())
}
