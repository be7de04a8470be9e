use super::*;
use crate::{ListPlace, RunRow, Status};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use refrain_core::attempt::Pause;
use refrain_core::machines::execution::{Parent, State as RunState, WorkflowRun};
use refrain_core::options::{Override, RunOptions};
use refrain_core::search::{
    Condition, Expr, Field, Instant, Kind, Literal, Op, PauseInfo, Query, Registry, Row as _,
    System, Value, holds, parse, typed,
};
use refrain_wire::search as payloads;
use std::collections::BTreeSet;

fn registry() -> Registry {
    let kinds = Kind::ALL.map(|kind| (format!("W{}", kind.name()), kind));
    Registry(kinds.into())
}

pub(super) fn filter(text: &str) -> Condition {
    typed(&parse(text).unwrap(), &registry()).unwrap().condition
}

fn attribute(kind: Kind, json: &str) -> (String, Payload) {
    (format!("W{}", kind.name()), payloads::typed(kind, json.to_owned()))
}

/// Runs 1 to 9, started at their number of seconds; 1 to 6 closed ten seconds later.
async fn of_nine() -> Store {
    let store = temporary().await;
    let starts: Vec<_> = (1..=9)
        .map(|run| {
            let started = execution::Started {
                workflow_type: if run % 2 == 0 { "even" } else { "odd" }.to_owned(),
                task_queue: "orders".to_owned(),
                search_attributes: match run {
                    1..=3 => PayloadMap::from([attribute(Kind::Int, &run.to_string())]),
                    _ => PayloadMap::new(),
                },
                ..execution::Started::default()
            };
            let step = Step::start_with(&format!("order-{}", run % 3), run, started);
            match run {
                1..=4 => step.close(RunState::Completed, run as u64 + 10),
                5..=6 => step.close(RunState::Failed, run as u64 + 10),
                _ => step,
            }
            .write()
        })
        .collect();
    store.commit(&starts).await.unwrap();
    let mut elsewhere = Step::start("order-0", 20);
    elsewhere.key.execution.namespace = NamespaceId(2);
    store.commit(&[elsewhere.write()]).await.unwrap();
    store
}

/// All that match, read in pages of each size; and the count agrees.
async fn all(store: &Store, filter: &Condition) -> Vec<u128> {
    let mut answers = BTreeSet::new();
    for n_max in [1, 2, 4, 100] {
        let mut found = Vec::new();
        let mut last = None;
        loop {
            let page = store.list_runs(NAMESPACE, filter, last, n_max).await.unwrap();
            found.extend(page.iter().map(|it| it.key.run.0));
            match page.last() {
                Some(run) => last = Some(ListPlace::of(run)),
                None => break,
            }
        }
        answers.insert(found);
    }
    assert_eq!(answers.len(), 1, "the size of a page changes what is found: {answers:?}");
    let found = answers.pop_first().unwrap();
    let counts = store.count_runs(NAMESPACE, filter).await.unwrap();
    assert_eq!(counts.total(), found.len() as u64, "{filter:?}");
    found
}

#[tokio::test]
async fn runs_are_listed_newest_first_and_by_all_conditions() {
    let store = of_nine().await;
    let at = |secs: u64| format!("'1970-01-01T00:00:{secs:02}Z'");
    let expected: [(&str, &[u128]); 21] = [
        ("", &[9, 8, 7, 6, 5, 4, 3, 2, 1]),
        ("ExecutionStatus = 'Running'", &[9, 8, 7]),
        ("ExecutionStatus = 'Failed'", &[6, 5]),
        ("ExecutionStatus IN ('Running', 'Failed')", &[9, 8, 7, 6, 5]),
        ("ExecutionStatus = 'TimedOut'", &[]),
        ("WorkflowId = 'order-1'", &[7, 4, 1]),
        ("WorkflowId = 'order-1' AND ExecutionStatus = 'Completed'", &[4, 1]),
        ("WorkflowType = 'even'", &[8, 6, 4, 2]),
        ("WorkflowType = 'even' AND ExecutionStatus = 'Running'", &[8]),
        ("WorkflowType IN ('even', 'odd') AND NOT WorkflowType = 'odd'", &[8, 6, 4, 2]),
        ("TaskQueue = 'elsewhere'", &[]),
        ("WorkflowId STARTS_WITH 'order-0'", &[9, 6, 3]),
        ("WorkflowId STARTS_WITH 'order' AND TaskQueue = 'orders'", &[9, 8, 7, 6, 5, 4, 3, 2, 1]),
        (&format!("StartTime BETWEEN {} AND {}", at(3), at(5)), &[5, 4, 3]),
        (&format!("StartTime <= {} AND ExecutionStatus = 'Failed'", at(5)), &[5]),
        (&format!("CloseTime BETWEEN {} AND {}", at(13), at(14)), &[4, 3]),
        (&format!("CloseTime >= {}", at(16)), &[6]),
        ("WInt = 2", &[2]),
        ("WInt IN (1, 3) OR ExecutionStatus = 'Running'", &[9, 8, 7, 3, 1]),
        ("WInt > 1", &[3, 2]),
        ("WInt IS NULL AND ExecutionStatus != 'Running'", &[6, 5, 4]),
    ];
    for (text, expected) in expected {
        assert_eq!(all(&store, &filter(text)).await, expected, "{text}");
    }
}

#[tokio::test]
async fn a_run_that_starts_or_closes_between_two_pages_does_not_shift_them() {
    let store = of_nine().await;
    let any = filter("");
    let first = store.list_runs(NAMESPACE, &any, None, 4).await.unwrap();
    store.commit(&[Step::start("new", 10).write()]).await.unwrap();
    let close = Step::at(key("order-1", 7), 2).close(RunState::Completed, 30);
    store.commit(&[close.write()]).await.unwrap();
    let after = first.last().map(ListPlace::of);
    let second = store.list_runs(NAMESPACE, &any, after, 4).await.unwrap();
    let runs: Vec<_> = second.iter().map(|it| it.key.run.0).collect();
    assert_eq!(runs, [5, 4, 3, 2]);
}

#[tokio::test]
async fn runs_of_the_same_millisecond_are_all_listed() {
    let store = temporary().await;
    let starts: Vec<_> = (1..=5)
        .map(|run| {
            let mut step = Step::start(&format!("w-{run}"), run);
            step.decision.events[0].time = s(1);
            step.write()
        })
        .collect();
    store.commit(&starts).await.unwrap();
    assert_eq!(all(&store, &filter("")).await, [5, 4, 3, 2, 1]);
    assert_eq!(all(&store, &filter("StartTime = '1970-01-01T00:00:01Z'")).await, [5, 4, 3, 2, 1]);
}

#[tokio::test]
async fn counts_are_by_status() {
    let store = of_nine().await;
    let counts = store.count_runs(NAMESPACE, &filter("")).await.unwrap();
    assert_eq!(
        counts.0,
        [(Status::Running, 3), (Status::Completed, 4), (Status::Failed, 2)].into()
    );
    let odd = filter("WorkflowType = 'odd'");
    let counts = store.count_runs(NAMESPACE, &odd).await.unwrap();
    assert_eq!(
        counts.0,
        [(Status::Running, 2), (Status::Completed, 2), (Status::Failed, 1)].into()
    );
}

#[tokio::test]
async fn a_run_is_found_by_what_it_set_last() {
    let store = of_nine().await;
    let attributes = |fields: &[(Kind, &str)]| {
        let search = fields.iter().map(|(kind, json)| attribute(*kind, json)).collect();
        let memo = PayloadMap::from([("note".to_owned(), Payload::json("\"m\""))]);
        Effect::SetAttributes(Box::new(refrain_core::machines::attributes::Attributes {
            memo,
            search,
        }))
    };
    let key = key("order-1", 7);
    let tags = attributes(&[(Kind::KeywordList, "[\"a\",\"b\"]"), (Kind::Int, "2")]);
    store.commit(&[Step::at(key.clone(), 2).effect(tags).write()]).await.unwrap();
    assert_eq!(all(&store, &filter("WInt = 2")).await, [7, 2]);
    assert_eq!(all(&store, &filter("WKeywordList IN ('a', 'b')")).await, [7]);
    let other = attributes(&[(Kind::Int, "3")]);
    store.commit(&[Step::at(key.clone(), 2).effect(other).write()]).await.unwrap();
    assert_eq!(all(&store, &filter("WInt = 2")).await, [2]);
    assert_eq!(all(&store, &filter("WInt = 3")).await, [7, 3]);
    assert_eq!(all(&store, &filter("WKeywordList = 'a'")).await, [0; 0]);
    let row = store.run(NAMESPACE, RunId(7)).await.unwrap().unwrap();
    assert_eq!(row.search_attributes, PayloadMap::from([attribute(Kind::Int, "3")]));
    assert_eq!(row.memo.len(), 1);
    assert_eq!(row.state_transitions, 3);
}

#[tokio::test]
async fn what_was_written_under_another_type_of_the_name_is_not_found() {
    let store = of_nine().await;
    let text = Registry([("WInt".to_owned(), Kind::Keyword)].into());
    let of = |it: &str| typed(&parse(it).unwrap(), &text).unwrap().condition;
    assert_eq!(all(&store, &of("WInt >= ''")).await, [0; 0]);
    assert_eq!(all(&store, &of("WInt IS NOT NULL")).await, [0; 0]);
}

#[tokio::test]
async fn registered_names_are_kept_with_their_types() {
    let store = temporary().await;
    let id = NamespaceId(1);
    let new = new_namespace("n", 1);
    store.insert_namespace(new).await.unwrap();
    let names = [("a", Kind::Int), ("b", Kind::Text)].map(|it| (it.0.to_owned(), it.1));
    store.add_search_attribute_types(id, &names).await.unwrap();
    store.add_search_attribute_types(id, &[("a".to_owned(), Kind::Bool)]).await.unwrap();
    let all = store.search_attribute_types().await.unwrap();
    assert_eq!(all[&id], Registry(names.into()));
    store.remove_search_attribute_types(id, &["a".to_owned(), "c".to_owned()]).await.unwrap();
    let all = store.search_attribute_types().await.unwrap();
    assert_eq!(all[&id], Registry([("b".to_owned(), Kind::Text)].into()));
}

// ---- filters in SQL and in memory

impl refrain_core::search::Row for RunRow {
    fn status(&self) -> i64 {
        Status::of(self.status).unwrap().number()
    }

    fn values(&self, field: &Field) -> Vec<Value> {
        let text = |it: &str| vec![Value::Text(it.to_owned())];
        let time = |it: Timestamp| vec![Value::Time(Instant::from_ms(it.0 as i64))];
        let int = |it: u64| vec![Value::Int(it as i64)];
        let family = |run: &Option<WorkflowRun>, id: bool| match run {
            Some(run) if id => text(&run.workflow_id),
            Some(run) => text(&run.run.to_string()),
            None => Vec::new(),
        };
        let own = Some(WorkflowRun {
            workflow_id: self.key.execution.workflow.to_string(),
            run: self.key.run,
        });
        let root = self.root.clone().or(own);
        let system = match field {
            Field::Set { name, kind } => {
                let payload = self.search_attributes.get(name);
                let values = payload.and_then(payloads::values_of);
                return values.filter(|it| it.0 == *kind).map(|it| it.1).unwrap_or_default();
            }
            Field::System(system) => system,
        };
        match system {
            System::WorkflowId => text(&self.key.execution.workflow),
            System::RunId => text(&self.key.run.to_string()),
            System::WorkflowType => text(&self.workflow_type),
            System::StartTime => time(self.started_at),
            System::ExecutionTime => time(self.execution_at),
            System::CloseTime => self.closed_at.map(time).unwrap_or_default(),
            System::ExecutionStatus => Vec::new(),
            System::TaskQueue => text(&self.task_queue),
            System::HistoryLength => int(self.next_event.0 - 1),
            System::ExecutionDuration => {
                let took = |at: Timestamp| int(at.since(self.execution_at).as_ms() * 1_000_000);
                self.closed_at.map(took).unwrap_or_default()
            }
            System::StateTransitionCount => int(self.state_transitions),
            System::HistorySizeBytes => int(self.history_bytes),
            System::ParentWorkflowId => family(&self.parent, true),
            System::ParentRunId => family(&self.parent, false),
            System::RootWorkflowId => family(&root, true),
            System::RootRunId => family(&root, false),
            System::ReportedProblems => match &self.task_failure {
                Some(_) => text("category=WorkflowTaskFailed"),
                None => Vec::new(),
            },
            System::Paused => {
                let types =
                    if self.status.is_open() { paused_types(self.key.run) } else { Vec::new() };
                let workflow_id = &self.key.execution.workflow;
                let all = PauseInfo::values(workflow_id, self.pause_reason.as_deref(), &types);
                all.iter().map(|it| Value::Text(it.to_string())).collect()
            }
            System::WorkerDeployment
            | System::WorkerDeploymentVersion
            | System::VersioningBehavior
            | System::BuildIds
            | System::UsedVersions => {
                self.versions().values(*system).into_iter().map(Value::Text).collect()
            }
        }
    }
}

/// Those that are paused, if the run is open.
fn paused_types(run: RunId) -> Vec<String> {
    let n = if run.0.is_multiple_of(3) { run.0 % 4 } else { 0 };
    ["a", "b", "a"].into_iter().take(n as usize).map(str::to_owned).collect()
}

const TEXTS: [&str; 8] = ["", "a", "ab", "b", "B", "é", "ab-c a", "%_'"];

fn one_text() -> impl Strategy<Value = String> {
    prop::sample::select(TEXTS.to_vec()).prop_map(str::to_owned)
}

fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}

fn attributes() -> impl Strategy<Value = PayloadMap> {
    let one = prop_oneof![
        one_text().prop_map(|it| attribute(Kind::Text, &quoted(&it))),
        one_text().prop_map(|it| attribute(Kind::Keyword, &quoted(&it))),
        (-3..3_i64).prop_map(|it| attribute(Kind::Int, &it.to_string())),
        (-3..3_i64).prop_map(|it| attribute(Kind::Double, &format!("{}.5", it))),
        any::<bool>().prop_map(|it| attribute(Kind::Bool, &it.to_string())),
        (0..4_u32).prop_map(|it| {
            attribute(Kind::Datetime, &format!("\"1970-01-01T00:00:0{it}.5Z\""))
        }),
        prop::collection::vec(one_text(), 1..3).prop_map(|it| {
            let list: Vec<String> = it.iter().map(|it| quoted(it)).collect();
            attribute(Kind::KeywordList, &format!("[{}]", list.join(",")))
        }),
    ];
    prop::collection::vec(one, 0..5).prop_map(|it| it.into_iter().collect())
}

/// What run `run` is like, told from the numbers it was dealt.
fn run() -> impl Strategy<Value = (u64, usize, usize, u8, bool, PayloadMap)> {
    (0..6_u64, 0..4_usize, 0..3_usize, 0..8_u8, any::<bool>(), attributes())
}

fn literal(kind: Kind) -> BoxedStrategy<Literal> {
    match kind {
        Kind::Text => {
            one_text().prop_filter("a word", |it| !it.is_empty()).prop_map(Literal::Text).boxed()
        }
        Kind::Keyword | Kind::KeywordList => one_text().prop_map(Literal::Text).boxed(),
        Kind::Int => prop_oneof![
            (-3..4_i64).prop_map(Literal::Int),
            prop::sample::select(vec![-0.5, 1.0, 2.5, 1e30, -1e30]).prop_map(Literal::Double)
        ]
        .boxed(),
        Kind::Double => prop_oneof![
            (-3..4_i64).prop_map(Literal::Int),
            prop::sample::select(vec![-0.5, 1.0, 2.5, 1e30]).prop_map(Literal::Double)
        ]
        .boxed(),
        Kind::Bool => any::<bool>().prop_map(Literal::Bool).boxed(),
        Kind::Datetime => (0..20_u32, prop::sample::select(vec!["", ".5", ".0005"]))
            .prop_map(|(secs, more)| Literal::Text(format!("1970-01-01T00:00:{secs:02}{more}Z")))
            .boxed(),
    }
}

/// Of a run, nearly one, or none at all.
fn version() -> impl Strategy<Value = String> {
    let before = prop::sample::select(vec!["", "pinned:", "unversioned:"]);
    let queue = prop::sample::select(vec!["", "a:", "ab:", ":"]);
    let digest = prop_oneof![
        9 => (0..3_u8).prop_map(|it| component(it).to_string()),
        1 => Just(format!("sha256:{}", component(0))),
        1 => Just(component(0xab).to_string().to_uppercase()),
        1 => Just("17".to_owned()),
    ];
    (before, queue, digest).prop_map(|(before, queue, digest)| format!("{before}{queue}{digest}"))
}

/// With bytes that are no text.
fn component(n: u8) -> Digest {
    let mut digest = [0xff - n; 32];
    digest[31] = 0;
    Digest(digest)
}

/// A condition of the types of its name, and of an operator that the type has.
fn condition() -> impl Strategy<Value = Expr> {
    let mut names: Vec<(String, Kind)> = registry().0.into_iter().collect();
    let system = System::ALL.into_iter().filter(|it| *it != System::ExecutionStatus);
    names.extend(system.map(|it| (it.name().to_owned(), it.kind())));
    let of_name = prop::sample::select(names).prop_flat_map(|(name, kind)| {
        let ops = match kind {
            Kind::Text | Kind::KeywordList => vec![Op::Equal, Op::NotEqual],
            Kind::Keyword => {
                vec![Op::Equal, Op::NotEqual, Op::Less, Op::StartsWith, Op::NotStartsWith]
            }
            Kind::Int | Kind::Double | Kind::Bool | Kind::Datetime => vec![
                Op::Equal,
                Op::NotEqual,
                Op::Less,
                Op::LessOrEqual,
                Op::Greater,
                Op::GreaterOrEqual,
            ],
        };
        let literal = match name.as_str() {
            "WorkflowId" | "RootWorkflowId" | "ParentWorkflowId" => {
                prop::sample::select(vec!["w0", "w1", "w", "p"])
                    .prop_map(|it| Literal::Text(it.to_owned()))
                    .boxed()
            }
            "WorkflowType" => prop::sample::select(vec!["t0", "t1", "t"])
                .prop_map(|it| Literal::Text(it.to_owned()))
                .boxed(),
            "RunId" | "ParentRunId" | "RootRunId" => {
                (1..9_u128).prop_map(|it| Literal::Text(RunId(it).to_string())).boxed()
            }
            "ExecutionDuration" => {
                (0..9_i64).prop_map(|it| Literal::Text(format!("{it}s"))).boxed()
            }
            "TemporalReportedProblems" => {
                Just(Literal::Text("category=WorkflowTaskFailed".to_owned())).boxed()
            }
            "TemporalPauseInfo" => prop::sample::select(vec![
                "Workflow:w0",
                "Workflow:w1",
                "Reason:ab",
                "Reason:",
                "property:activityType=a",
                "property:activityType=b",
                "w0",
            ])
            .prop_map(|it| Literal::Text(it.to_owned()))
            .boxed(),
            "TemporalWorkflowVersioningBehavior" => {
                prop::sample::select(vec!["Pinned", "AutoUpgrade", "P"])
                    .prop_map(|it| Literal::Text(it.to_owned()))
                    .boxed()
            }
            "TemporalWorkerDeploymentVersion"
            | "BuildIds"
            | "TemporalUsedWorkerDeploymentVersions" => version().prop_map(Literal::Text).boxed(),
            _ => literal(kind),
        };
        let compare = {
            let name = name.clone();
            (prop::sample::select(ops), literal.clone())
                .prop_map(move |(op, value)| Expr::Compare { name: name.clone(), op, value })
        };
        let null = {
            let name = name.clone();
            any::<bool>().prop_map(move |negated| Expr::IsNull { name: name.clone(), negated })
        };
        let among = {
            let name = name.clone();
            (any::<bool>(), prop::collection::vec(literal.clone(), 1..4))
                .prop_map(move |(negated, values)| Expr::In { name: name.clone(), negated, values })
        };
        let between = {
            let name = name.clone();
            (any::<bool>(), literal.clone(), literal).prop_map(move |(negated, low, high)| {
                Expr::Between { name: name.clone(), negated, low, high }
            })
        };
        match kind {
            Kind::Text => prop_oneof![3 => compare, 1 => null].boxed(),
            Kind::KeywordList => prop_oneof![2 => compare, 1 => null, 1 => among].boxed(),
            _ => prop_oneof![3 => compare, 1 => null, 1 => among, 1 => between].boxed(),
        }
    });
    let status = prop::sample::select(vec!["Running", "Completed", "Failed", "Paused"]);
    let of_status = (any::<bool>(), status).prop_map(|(equal, status)| Expr::Compare {
        name: "ExecutionStatus".to_owned(),
        op: if equal { Op::Equal } else { Op::NotEqual },
        value: Literal::Text(status.to_owned()),
    });
    prop_oneof![5 => of_name, 1 => of_status].prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(Expr::And),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Expr::Or),
            inner.prop_map(|it| Expr::Not(Box::new(it))),
        ]
    })
}

async fn of_random_runs(runs: Vec<(u64, usize, usize, u8, bool, PayloadMap)>) -> Store {
    let store = temporary().await;
    let mut open = BTreeSet::new();
    for (at, (start, workflow, kind, end, child, search)) in runs.into_iter().enumerate() {
        let run = at as u128 + 1;
        // A workflow id has one open run.
        let mut workflow = format!("w{workflow}");
        if !open.insert(workflow.clone()) {
            workflow = format!("{workflow}-{run}");
        }
        let of = |id: &str, run: u128| WorkflowRun { workflow_id: id.to_owned(), run: RunId(run) };
        let started = execution::Started {
            workflow_type: format!("t{kind}"),
            workflow_id: workflow.clone(),
            task_queue: TEXTS[kind].to_owned(),
            parent: child.then(|| Parent {
                namespace: "default".to_owned(),
                workflow: of("p", 3),
                initiated: EventId(5),
            }),
            root: child.then(|| of("w1", 4)),
            search_attributes: search,
            ..execution::Started::default()
        };
        let mut step = Step::start_with(&workflow, run, started);
        step.decision.events[0].time = s(start);
        let step = match end {
            0..=3 => {
                open.remove(&workflow);
                let status = if end % 2 == 0 { RunState::Completed } else { RunState::Failed };
                step.close(status, start + u64::from(end))
            }
            4 => {
                let mut step = step;
                step.decision.run.task_failure = Some(refrain_core::decision::TaskFailure {
                    attempts: 1 + start as u32 % 3,
                    failure: refrain_core::failure::Failure::host("T", "no"),
                    retry_at: s(90),
                });
                step
            }
            5 => {
                let mut step = step;
                step.decision.run.status = RunState::Paused { cancel_requested: false };
                step.decision.run.pause_reason = Some(TEXTS[start as usize % 3].to_owned());
                step
            }
            _ => step,
        };
        let (key, is_open) = (step.key.clone(), step.decision.run.status.is_open());
        let pinned = |step: Step, n: usize| step.write_on(component(n as u8 % 3), None);
        let follow = RunOptions { versioning: Some(Override::AutoUpgrade), ..Default::default() };
        let step = match at % 4 {
            1 => step.effect(Effect::SetOptions(Box::new(follow))),
            _ => step,
        };
        let kinds = if is_open { paused_types(key.run) } else { Vec::new() };
        let step = kinds.into_iter().enumerate().fold(step, |step, (at, kind)| {
            let mut paused = task(&key, at as u64 + 1);
            paused.options.activity_type = kind;
            paused.pause = Some(Pause { at: s(1), identity: String::new(), reason: String::new() });
            step.effect(insert_activity(&paused))
        });
        store.commit(&[pinned(step, at)]).await.unwrap();
        // One in three was moved, some of them back again.
        let moves = if is_open && at % 3 == 0 { 1 + at % 2 } else { 0 };
        for n in 1..=moves {
            let step = Step::at(key.clone(), 1 + n as u64).signals(1);
            store.commit(&[pinned(step, at + n * 2)]).await.unwrap();
        }
    }
    store
}

/// The meaning of a filter is what `holds` says; whatever way the statement goes, it finds that.
#[test]
fn filters_find_in_sql_what_holds_in_memory() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let config = Config { failure_persistence: None, cases: 250, ..Config::default() };
    for seed in 0..3_u8 {
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
        let mut runner = TestRunner::new_with_rng(config.clone(), rng);
        let runs = prop::collection::vec(run(), 30).new_tree(&mut runner).unwrap().current();
        let store = runtime.block_on(of_random_runs(runs));
        let everything =
            runtime.block_on(store.list_runs(NAMESPACE, &filter(""), None, 1000)).unwrap();
        assert!(everything.len() > 10);
        let played = runner.run(&condition(), |filter| {
            let query = Query { filter: Some(filter), group_by: None };
            let condition = typed(&query, &registry()).unwrap().condition;
            let expected: Vec<u128> = everything
                .iter()
                .filter(|row| holds(&condition, *row))
                .map(|row| row.key.run.0)
                .collect();
            let found = runtime.block_on(all(&store, &condition));
            prop_assert_eq!(
                found,
                expected,
                "{}\n{:?}",
                query,
                crate::list::statements(&condition)
            );
            let counts = runtime.block_on(store.count_runs(NAMESPACE, &condition)).unwrap();
            let mut by_status = std::collections::BTreeMap::new();
            for row in everything.iter().filter(|row| holds(&condition, *row)) {
                *by_status.entry(Status::from_number(row.status()).unwrap()).or_insert(0) += 1;
            }
            prop_assert_eq!(counts.0, by_status, "{}", query);
            Ok(())
        });
        if let Err(error) = played {
            panic!("seed {seed}: {error}");
        }
    }
}
