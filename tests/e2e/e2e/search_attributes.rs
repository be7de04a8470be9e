//! Search attributes and memo: registered, set from a guest, shown, and asked by.

use crate::common::{
    directory, python, start_with, summary, task_failure, temporal, temporal_json, try_temporal,
};
use anyhow::{Context, Result};
use expect_test::expect;
use refrain_e2e::host::{eventually, output};
use refrain_e2e::parcel::ATTRIBUTES;
use refrain_e2e::{Host, order};
use serde_json::{Value, json};

const QUEUE: &str = "parcels";

/// A host that registers the names when it starts.
fn host(name: &str) -> Result<Host> {
    let flags = ATTRIBUTES.map(|it| ["--search-attribute", it]);
    Host::start(&directory(name), &flags.concat())
}

fn start(host: &Host, id: &str, kind: &str, inputs: &[&str]) -> Result<()> {
    start_with(host, id, kind, QUEUE, inputs)
}

fn ids(found: &Value) -> Vec<String> {
    let of = |it: &Value| it["execution"]["workflowId"].as_str().map(str::to_owned);
    let mut ids: Vec<String> = found.as_array().into_iter().flatten().filter_map(of).collect();
    ids.sort();
    ids
}

fn listed(host: &Host, query: &str) -> Result<Vec<String>> {
    Ok(ids(&host.json(&["workflow", "list", "--query", query])?))
}

/// A parcel of one language on its way, as it is packed and as it is shipped.
fn a_parcel_is_found(language: &str) -> Result<()> {
    let host = host(&format!("search-attributes-{language}"))?;
    order::deploy_guest(&host, &format!("{language}/search-attributes"), QUEUE)?;
    start(&host, "parcel-1", "parcel", &["3", "\"7 Elm Street, North\""])?;
    start(&host, "parcel-2", "parcel", &["1", "\"9 Oak Lane\""])?;
    eventually("both are packed", || {
        Ok((listed(&host, "Stage = 'packing'")?.len() == 2).then_some(()))
    })?;

    for (query, expected) in [
        ("Items = 3", &["parcel-1"][..]),
        ("Items >= 1 AND Items < 3", &["parcel-2"]),
        ("Weight BETWEEN 1 AND 2", &["parcel-2"]),
        ("Express = true", &["parcel-1"]),
        ("NOT Express = true", &["parcel-2"]),
        ("Due > '2026-12-24T00:00:00Z'", &["parcel-1", "parcel-2"]),
        ("Labels = 'gift' AND Address = 'street'", &["parcel-1"]),
        ("Address = 'oak elm'", &["parcel-1", "parcel-2"]),
        ("Labels IS NULL", &[]),
        (
            "WorkflowId STARTS_WITH 'parcel-' AND Stage NOT IN ('shipped')",
            &["parcel-1", "parcel-2"],
        ),
    ] {
        assert_eq!(listed(&host, query)?, expected, "{query}");
        let theirs = temporal_json(&host, &["workflow", "list", "--query", query])?;
        assert_eq!(ids(&theirs), expected, "{query}");
    }

    host.cli(&["workflow", "signal", "--workflow-id", "parcel-1", "--name", "shipped"])?;
    let result = order::result(&host, "parcel-1")?;
    let result: Value = serde_json::from_str(&result)?;
    assert_eq!(result, json!({ "stage": "shipped", "items": 3, "labels": null, "memo": 0 }));
    assert_eq!(listed(&host, "Stage = 'shipped'")?, ["parcel-1"]);
    assert_eq!(listed(&host, "Labels = 'gift'")?, ["parcel-2"]);
    assert_eq!(listed(&host, "Labels IS NULL AND ExecutionStatus = 'Completed'")?, ["parcel-1"]);
    let count = ["workflow", "count", "--query", "Items > 0 GROUP BY ExecutionStatus"];
    let counted = temporal_json(&host, &count)?;
    assert_eq!(counted["count"], "2", "{counted}");
    assert_eq!(counted["groups"].as_array().map(Vec::len), Some(2), "{counted}");

    let described = temporal_json(&host, &["workflow", "describe", "--workflow-id", "parcel-1"])?;
    let info = &described["workflowExecutionInfo"];
    let fields = &info["searchAttributes"]["indexedFields"];
    let names: Vec<&String> = fields.as_object().context("attributes")?.keys().collect();
    let set: Vec<_> = names.iter().filter(|it| !is_of_versions(it)).collect();
    assert_eq!(set, [&"Address", &"Due", &"Express", &"Items", &"Stage", &"Weight"]);
    let shown = temporal(&host, &["workflow", "describe", "--workflow-id", "parcel-2"])?;
    assert!(shown.contains("Stage") && shown.contains("packing"), "{shown}");

    let history = host.history("parcel-1")?;
    expect![[r#"
         1 workflow execution started
         2 workflow task scheduled
         3 workflow task started
         4 workflow task completed
         5 upsert workflow search attributes
         6 workflow properties modified
         7 workflow execution signaled shipped
         8 workflow task scheduled
         9 workflow task started
        10 workflow task completed
        11 upsert workflow search attributes
        12 workflow properties modified
        13 workflow execution completed
    "#]]
    .assert_eq(&summary(&history));
    let theirs = temporal_json(&host, &["workflow", "show", "--workflow-id", "parcel-1"])?;
    assert_eq!(theirs["events"].as_array().map(Vec::len), Some(history.len()));
    Ok(())
}

#[test]
fn a_rust_parcel_is_found_by_what_it_says_of_itself() -> Result<()> {
    a_parcel_is_found("rust")
}

#[test]
fn a_typescript_parcel_is_found_by_what_it_says_of_itself() -> Result<()> {
    a_parcel_is_found("typescript")
}

#[test]
fn a_python_parcel_is_found_by_what_it_says_of_itself() -> Result<()> {
    a_parcel_is_found("python")
}

/// What a parcel has said of itself goes along with each run of its chain.
fn a_parcel_is_forwarded(language: &str) -> Result<()> {
    let host = host(&format!("search-attributes-forwarded-{language}"))?;
    order::deploy_guest(&host, &format!("{language}/search-attributes"), QUEUE)?;
    start(&host, "parcel-1", "forwarded", &["2"])?;
    let result: Value = serde_json::from_str(&order::result(&host, "parcel-1")?)?;
    let expected = json!({ "stage": "sorting", "items": 3, "memo": ["from"] });
    assert_eq!(result, expected);
    assert_eq!(listed(&host, "Stage = 'sorting' AND Items = 3")?.len(), 2);
    assert_eq!(listed(&host, "Stage = 'packing' AND Items = 3")?.len(), 1);
    let described = temporal_json(&host, &["workflow", "describe", "--workflow-id", "parcel-1"])?;
    let memo = &described["workflowExecutionInfo"]["memo"]["fields"];
    let names: Vec<_> = memo.as_object().context("a memo")?.keys().collect();
    assert_eq!(names, ["from"]);
    let started = &host.history("parcel-1")?[0]["workflowExecutionStartedEventAttributes"];
    assert!(started["memo"]["fields"]["from"].is_object(), "{started}");
    let attributes = &started["searchAttributes"]["indexedFields"];
    assert!(attributes["Stage"].is_object() && attributes["Items"].is_object(), "{started}");
    let shown = host.cli(&["workflow", "show", "--workflow-id", "parcel-1"])?;
    assert!(shown.contains("forwarded(0)"), "{shown}");
    Ok(())
}

#[test]
fn what_a_rust_parcel_says_of_itself_goes_along_with_continue_as_new() -> Result<()> {
    a_parcel_is_forwarded("rust")
}

#[test]
fn what_a_typescript_parcel_says_of_itself_goes_along_with_continue_as_new() -> Result<()> {
    a_parcel_is_forwarded("typescript")
}

#[test]
fn typescript_reads_attributes_by_names_as_lists_and_by_keys_with_their_types() -> Result<()> {
    let host = host("search-attributes-named")?;
    order::deploy_guest(&host, "typescript/search-attributes", QUEUE)?;
    start(&host, "parcel-1", "named", &[])?;
    expect![[r#"{"searchAttributes":{"Due":["2026-12-24T18:00:00.000Z"],"Items":[3],"Labels":["fragile"],"Stage":["packing"]},"isDate":true,"typed":["Due: DATETIME","Items: INT","Labels: TEXT","Stage: TEXT"],"items":3,"labels":["fragile"],"ofAnotherType":null}"#]]
    .assert_eq(&order::result(&host, "parcel-1")?);
    Ok(())
}

#[test]
fn a_name_that_is_not_registered_fails_the_task_until_it_is() -> Result<()> {
    let host = host("search-attributes-misnamed")?;
    order::deploy_guest(&host, "rust/search-attributes", QUEUE)?;
    start(&host, "misnamed-1", "misnamed", &[])?;
    let failed = task_failure(&host, "misnamed-1")?;
    assert_eq!(failed["cause"], "WORKFLOW_TASK_FAILED_CAUSE_BAD_SEARCH_ATTRIBUTES");
    temporal(
        &host,
        &["operator", "search-attribute", "create", "--name", "Stagge", "--type", "Keyword"],
    )?;
    order::result(&host, "misnamed-1")?;
    assert_eq!(listed(&host, "Stagge = 'packing'")?, ["misnamed-1"]);
    Ok(())
}

#[test]
fn names_are_registered_listed_and_removed() -> Result<()> {
    let host = host("search-attributes-registry")?;
    host.cli(&["search-attribute", "create", "Color=Keyword", "Size=Int"])?;
    let listed = host.json(&["search-attribute", "list"])?;
    assert_eq!((&listed["Color"], &listed["Size"]), (&json!("Keyword"), &json!("Int")));
    assert_eq!((&listed["StartTime"], &listed["Due"]), (&json!("Datetime"), &json!("Datetime")));
    let theirs = temporal(&host, &["operator", "search-attribute", "list"])?;
    for name in ["Color", "WorkflowType", "TemporalScheduledById", "HistorySizeBytes"] {
        assert!(theirs.contains(name), "{theirs}");
    }
    let again = host.try_cli(&["search-attribute", "create", "Color=Int"])?;
    assert!(again.stderr.contains("has the type Keyword already"), "{}", again.stderr);
    temporal(&host, &["operator", "search-attribute", "remove", "--name", "Color", "--yes"])?;
    assert_eq!(host.json(&["search-attribute", "list"])?["Color"], Value::Null);
    let reserved = host.try_cli(&["search-attribute", "remove", "WorkflowId"])?;
    assert!(
        reserved.stderr.contains("non-custom search attributes: WorkflowId"),
        "{}",
        reserved.stderr
    );
    Ok(())
}

#[test]
fn a_start_with_a_wrong_attribute_or_a_wrong_filter_is_refused_and_nothing_is_stored() -> Result<()>
{
    let host = host("search-attributes-refused")?;
    order::deploy_guest(&host, "rust/search-attributes", QUEUE)?;
    let start = |attribute: &str| {
        let args = ["workflow", "start", "--workflow-id", "w", "--type", "parcel"];
        let more = ["--task-queue", QUEUE, "--search-attribute", attribute];
        let args: Vec<&str> = args.into_iter().chain(more).collect();
        try_temporal(&host, &args)
    };
    for (attribute, words) in [
        ("Nope=\"x\"", "Namespace default has no mapping defined for search attribute Nope"),
        ("Items=\"5\"", "invalid value for search attribute Items of type Int: 5"),
        ("WorkflowId=\"x\"", "WorkflowId attribute can't be set in SearchAttributes"),
    ] {
        let said = start(attribute)?;
        assert!(said.stderr.contains(words), "{}", said.stderr);
    }
    let list = |query: &str| try_temporal(&host, &["workflow", "list", "--query", query]);
    for (query, words) in [
        ("Items = 'five'", "invalid value type for search attribute Items of type Int"),
        ("Color = 'red'", "invalid search attribute: Color"),
        ("Items = 5 ORDER BY StartTime", "'ORDER BY' clause"),
        ("Items = 5 AND", "syntax error at position 14"),
    ] {
        let said = list(query)?;
        assert!(said.stderr.contains(words), "{}", said.stderr);
    }
    assert_eq!(host.json(&["workflow", "count"])?["count"], Value::Null);
    Ok(())
}

#[test]
fn python_sets_reads_and_asks_by_typed_attributes() -> Result<()> {
    let host = host("search-attributes-python")?;
    order::deploy_guest(&host, "typescript/search-attributes", QUEUE)?;
    let address = host.address();
    let args = ["--address", address.as_str(), "--task-queue", QUEUE];
    let said = output(python("search_attributes")?.args(args))?.or_fail("python", &args)?;
    assert!(said.contains("invalid value type for search attribute Items of type Int"), "{said}");
    assert!(said.ends_with("done\n"), "{said}");
    Ok(())
}

/// Every run says which component it is on.
fn is_of_versions(name: &str) -> bool {
    name == "BuildIds" || name.starts_with("Temporal")
}
