//! Temporal's own clients, in Python, TypeScript and Rust: all that they can be asked for, once each, and
//! which calls that came to.

use crate::common::{deploy_bench, directory, python, temporal, typescript};
use anyhow::{Context, Result};
use expect_test::{expect, expect_file};
use refrain_e2e::host::output;
use refrain_e2e::{Host, order, paths};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;

/// A call that this host has not, to see what a client makes of that.
const UNKNOWN: &str = "CreateWorkflowRule";

const TABLE_HEAD: &str = "\
# Which of Temporal's clients called what. What is not here, no client has a call for; Temporal's command line
# has for most (`temporal/commands.txt`), and `python/mirror/requests` has every method of the server.
";

/// A host with all that the scenarios use. It writes down who calls what.
fn host(name: &str) -> Result<Host> {
    let host = Host::start(&directory(name), &["--log-level", "debug"])?;
    deploy_bench(&host)?;
    order::deploy_guest(&host, "rust/request-response", "desk")?;
    let create = ["operator", "search-attribute", "create", "--name", "Stage", "--type", "Keyword"];
    temporal(&host, &create)?;
    Ok(host)
}

fn in_python(host: &Host) -> Result<String> {
    let mut command = python("everything")?;
    command.args(["--address", &host.address()]);
    output(&mut command)?.or_fail("everything.py", &[])
}

fn in_typescript(host: &Host) -> Result<String> {
    output(typescript("everything")?.arg(host.address()))?.or_fail("everything.mjs", &[])
}

fn in_rust(host: &Host) -> Result<String> {
    let mut command = Command::new(paths::rust_client()?);
    output(command.arg(host.address()))?.or_fail("everything", &[])
}

/// Each method that a client called, and the clients that did.
fn methods(hosts: &[&Host]) -> Result<String> {
    let mut callers: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for host in hosts {
        for line in host.log()?.lines() {
            let quoted = |name: &str| {
                let rest = line.split_once(&format!("{name}=\""))?.1;
                Some(rest.split_once('"')?.0.to_owned())
            };
            let (Some(path), Some(client)) = (quoted("called method"), quoted("client")) else {
                continue;
            };
            let (service, method) =
                path.trim_start_matches('/').split_once('/').context("not a call")?;
            let service = service.rsplit('.').next().unwrap_or(service);
            if let Some(client) = client.strip_prefix("temporal-")
                && client != "cli"
                && method != UNKNOWN
            {
                let method = format!("{service}/{method}");
                callers.entry(method).or_default().insert(client.to_owned());
            }
        }
    }
    let mut table = String::from(TABLE_HEAD);
    for (method, clients) in callers {
        let has = |client| if clients.contains(client) { client } else { "-" };
        let (python, typescript) = (has("python"), has("typescript"));
        writeln!(table, "{method:<52} {python:<8} {typescript:<12} {}", has("rust"))?;
    }
    Ok(table)
}

/// The methods that a file of the server has.
fn answered(file: &str) -> Result<BTreeSet<String>> {
    let path = paths::root().join("host/server/src").join(file);
    let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let names = text.lines().filter_map(|it| it.trim().strip_prefix("async fn ")?.split_once('('));
    Ok(names.map(|(name, _)| name.to_owned()).collect())
}

/// No client calls all of them, and none asks for what is wrong. `differences` does.
#[test]
fn each_method_of_the_server_is_among_the_requests_that_temporals_server_is_sent_too() -> Result<()>
{
    let mut table = String::new();
    for file in std::fs::read_dir(paths::root().join("tests/clients/python/mirror/requests"))? {
        let file = file?.path();
        if file.extension().is_some_and(|it| it == "py") {
            table.push_str(&std::fs::read_to_string(&file)?);
        }
    }
    // Needs a setting of Temporal's server, so it is sent to another one.
    let clocks =
        std::fs::read_to_string(paths::root().join("tests/clients/python/mirror/clocks.py"))?;
    let mut methods = answered("frontend.rs")?;
    methods.extend(answered("operator.rs")?);
    methods.retain(|it| !table.contains(&format!("\"{it}\"")) && !clocks.contains(it.as_str()));
    assert!(methods.is_empty(), "not in the table: {methods:?}");
    Ok(())
}

#[test]
fn all_that_the_clients_can_be_asked_for_is_answered() -> Result<()> {
    let (for_python, for_typescript) = (host("clients-python")?, host("clients-typescript")?);
    let for_rust = host("clients-rust")?;
    expect![[r#"
        healthy: True
        described: RUNNING new {'from': 'python'}
        started twice: WorkflowAlreadyStartedError
        the existing one: True
        result: {'text': 'grüße'}
        executed: 7
        signal after the end: NOT_FOUND
        no such workflow: NOT_FOUND
        nothing deployed: FAILED_PRECONDITION
        canceled: WorkflowFailureError `Workflow execution failed` <- CancelledError `Workflow cancelled`
        terminated: WorkflowFailureError `Workflow execution failed` <- TerminatedError `terminated by user via frontend`
        reset: after all
        history: True
        listed: ['both COMPLETED', 'canceled CANCELED', 'echo COMPLETED', 'terminated COMPLETED', 'terminated TERMINATED']
        counted: 5 3
        updated: charge-7
        accepted: charge-8 charge-8
        rejected: WorkflowUpdateFailedError `Workflow update failed` <- ApplicationError `NothingToPay: amount is 0, expected more`
        no such update: WorkflowUpdateFailedError
        query: 150
        unknown query: WorkflowQueryFailedError
        completed elsewhere: charge-elsewhere
        completed twice: NOT_FOUND
        total: 151
        update with start: charge-10
        total: 5
        schedule: created, paused, triggered, updated, listed, deleted
        activity: hello you
        failed activity: ActivityFailureError `Activity execution failed` <- ApplicationError `NobodyThere: nobody is there`
        open activity: RUNNING wait 1
        activity started twice: ActivityAlreadyStartedError
        completed by id: from outside
        told to cancel
        canceled activity: ActivityFailureError `Activity execution failed` <- CancelledError `Activity canceled`
        failed outside: ActivityFailureError `Activity execution failed` <- ApplicationError `broken`
        terminated activity: ActivityFailureError `Activity execution failed` <- TerminatedError `for good`
        activities: ['a3 COMPLETED', 'a4 CANCELED', 'a5 FAILED', 'a6 TERMINATED']
        counted: 2
        worker: temporal-python desk
        queue: 1 poller 500.0 a second
        partitions: 1
        deployments: ['bench', 'desk']
        versions: 1
        batches: ['batch']
        batch started twice: ALREADY_EXISTS
        batch stopped after its end: NOT_FOUND
        clusters: active
        namespaces: ['default']
        last event first: True
        deleted: NOT_FOUND
        no such method: UNIMPLEMENTED
    "#]].assert_eq(&in_python(&for_python)?);
    expect![[r#"
        described: RUNNING new {"from":"typescript"}
        started twice: WorkflowExecutionAlreadyStartedError
        the existing one: true
        result: {"text":"grüße"}
        signaled with start: 7
        signal after the end: WorkflowNotFoundError
        no such workflow: WorkflowNotFoundError
        nothing deployed: ServiceError
        canceled: WorkflowFailedError `Workflow execution cancelled` <- CancelledFailure `Workflow canceled`
        terminated: WorkflowFailedError `no longer needed` <- TerminatedFailure `no longer needed`
        reset: after all
        history: true
        listed: both COMPLETED, canceled CANCELLED, echo COMPLETED, terminated COMPLETED, terminated TERMINATED
        counted: 5 3
        updated: charge-7
        accepted: charge-8 charge-8
        completed twice: ActivityNotFoundError
        rejected: WorkflowUpdateFailedError `Workflow Update failed` <- ApplicationFailure `amount is 0, expected more`
        no such update: WorkflowUpdateFailedError
        query: 150
        unknown query: QueryNotRegisteredError
        total: 150
        update with start: charge-10
        total: 5
        scheduled twice: ScheduleAlreadyRunning
        wrong cron: TypeError
        schedule: created, paused, triggered, backfilled, updated, listed 1
        schedule after deletion: ScheduleNotFoundError
        activity: "done"
        failed attempt: broken
        told to cancel: ActivityCancelledError
        canceled activity: Activity canceled
        terminated activity: for good
        activities: 3 3
        unknown activity: ActivityNotFoundError ActivityNotFoundError `Not found`
    "#]].assert_eq(&in_typescript(&for_typescript)?);
    expect![[r#"
        described: Running new Some("rust") Some("an echo")
        started twice: AlreadyStarted AlreadyExists
        the existing one: true
        result: {"text":"grüße"}
        signaled with start: 7
        signal after the end: NotFound NotFound
        no such workflow: NotFound NotFound
        nothing deployed: Rpc FailedPrecondition
        canceled: Cancelled
        terminated: Terminated
        reset: "after all"
        history: true
        listed: both Completed, canceled Canceled, echo Completed, terminated Completed, terminated Terminated
        counted: 5 3
        updated: "charge-7"
        accepted: "charge-8" "charge-8" false
        completed twice: NotFound NotFound
        rejected: Failed
        no such update: Failed
        query: 150
        unknown query: Rpc
        total: 150
        update with start: "charge-10"
        started with start: "charge-11"
        total: 11
        scheduled twice: Rpc AlreadyExists
        paused: true Some("holiday")
        updated: Some("as it was") 10
        schedule after deletion: Rpc NotFound
        activity started twice: AlreadyStarted AlreadyExists
        activity: "done"
        failed activity: ActivityFailed
        told to cancel: true
        canceled activity: Cancelled
        open activity: Running 1 true false
        terminated activity: Terminated
        closed activity: Terminated true
        completed by id: "from outside"
        failed by id: ActivityFailed
        canceled by id: Cancelled
        unknown activity: NotFound NotFound
        activities: a1 Completed, a2 Failed, a3 Canceled, a4 Terminated, a5 Completed, a6 Failed, a7 Canceled
        counted: 7 4
    "#]].assert_eq(&in_rust(&for_rust)?);
    let table: PathBuf = paths::root().join("tests/clients/methods.txt");
    expect_file![table].assert_eq(&methods(&[&for_python, &for_typescript, &for_rust])?);
    // What they left is a history like any other.
    let shown = temporal(&for_python, &["workflow", "show", "--workflow-id", "desk"])?;
    assert!(shown.contains("WorkflowExecutionUpdateCompleted"), "{shown}");
    let shown = for_typescript.cli(&["workflow", "show", "--workflow-id", "desk"])?;
    assert!(shown.contains("WorkflowExecutionUpdateCompleted"), "{shown}");
    Ok(())
}
