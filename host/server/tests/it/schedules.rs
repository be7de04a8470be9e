//! Schedules over the wire.

use super::*;
use expect_test::expect;
use refrain_core::search::Kind;
use refrain_wire::api::common::v1::SearchAttributes;
use refrain_wire::api::enums::v1::{ScheduleOverlapPolicy, WorkflowExecutionStatus};
use refrain_wire::api::schedule::v1 as pb;
use refrain_wire::api::workflow::v1::NewWorkflowExecutionInfo;
use refrain_wire::wkt;
use std::fmt::Write;

fn action(workflow_id: &str, kind: &str) -> pb::ScheduleAction {
    let info = NewWorkflowExecutionInfo {
        workflow_id: workflow_id.to_owned(),
        workflow_type: Some(WorkflowType { name: kind.to_owned() }),
        task_queue: Some(TaskQueue { name: "orders".to_owned(), ..Default::default() }),
        ..Default::default()
    };
    pb::ScheduleAction { action: Some(pb::schedule_action::Action::StartWorkflow(info)) }
}

fn hourly(kind: &str) -> pb::Schedule {
    let interval = Some(wkt::Duration { seconds: 3600, nanos: 0 });
    pb::Schedule {
        spec: Some(pb::ScheduleSpec {
            interval: vec![pb::IntervalSpec { interval, phase: None }],
            ..Default::default()
        }),
        action: Some(action("w", kind)),
        ..Default::default()
    }
}

fn create(id: &str, schedule: pb::Schedule) -> CreateScheduleRequest {
    CreateScheduleRequest {
        namespace: "default".to_owned(),
        schedule_id: id.to_owned(),
        schedule: Some(schedule),
        request_id: format!("create {id}"),
        ..Default::default()
    }
}

fn trigger(overlap: ScheduleOverlapPolicy) -> pb::SchedulePatch {
    let trigger = pb::TriggerImmediatelyRequest {
        overlap_policy: overlap as i32,
        scheduled_time: Some(wkt::Timestamp { seconds: 1_577_836_800, nanos: 0 }),
    };
    pb::SchedulePatch { trigger_immediately: Some(trigger), ..Default::default() }
}

impl Host {
    async fn create_schedule(&self, id: &str, schedule: pb::Schedule) -> Result<Vec<u8>, Status> {
        let request = create(id, schedule);
        let created: CreateScheduleResponse = self.call("CreateSchedule", request).await?;
        Ok(created.conflict_token)
    }

    async fn describe_schedule(&self, id: &str) -> Result<DescribeScheduleResponse, Status> {
        let (namespace, schedule_id) = ("default".to_owned(), id.to_owned());
        self.call("DescribeSchedule", DescribeScheduleRequest { namespace, schedule_id }).await
    }

    async fn patch_schedule(&self, id: &str, patch: pb::SchedulePatch) -> Result<(), Status> {
        let request = PatchScheduleRequest {
            namespace: "default".to_owned(),
            schedule_id: id.to_owned(),
            patch: Some(patch),
            ..Default::default()
        };
        self.call::<_, PatchScheduleResponse>("PatchSchedule", request).await.map(drop)
    }

    async fn update_schedule(
        &self,
        id: &str,
        schedule: pb::Schedule,
        conflict_token: &[u8],
    ) -> Result<(), Status> {
        let request = UpdateScheduleRequest {
            namespace: "default".to_owned(),
            schedule_id: id.to_owned(),
            schedule: Some(schedule),
            conflict_token: conflict_token.to_vec(),
            ..Default::default()
        };
        self.call::<_, UpdateScheduleResponse>("UpdateSchedule", request).await.map(drop)
    }

    async fn count_schedules(&self, query: &str) -> Result<i64, Status> {
        let request =
            CountSchedulesRequest { namespace: "default".to_owned(), query: query.to_owned() };
        self.call::<_, CountSchedulesResponse>("CountSchedules", request).await.map(|it| it.count)
    }

    async fn listed_schedules(&self, query: &str) -> Vec<String> {
        let (namespace, query) = ("default".to_owned(), query.to_owned());
        let request = ListSchedulesRequest { namespace, query, ..Default::default() };
        let page: ListSchedulesResponse =
            self.call("ListSchedules", request).await.expect("a page");
        page.schedules.into_iter().map(|it| it.schedule_id).collect()
    }
}

fn said<T: std::fmt::Debug>(result: Result<T, Status>) -> String {
    let status = result.expect_err("it makes no sense");
    format!("{:?}: {}\n", status.code(), status.message())
}

#[tokio::test]
async fn a_schedule_is_described_with_all_that_clients_read() {
    let host = Host::start().await;
    let mut schedule = hourly("Echo");
    if let Some(spec) = &mut schedule.spec {
        spec.cron_string.push("CRON_TZ=Europe/Paris 0 12 * * 1-5 # noon".to_owned());
    }
    assert_eq!(
        host.create_schedule("s", schedule.clone()).await.expect("new"),
        [0, 0, 0, 0, 0, 0, 0, 1]
    );
    // The same request again.
    assert_eq!(
        host.create_schedule("s", schedule).await.expect("the same"),
        [0, 0, 0, 0, 0, 0, 0, 1]
    );

    let described = host.describe_schedule("s").await.expect("it is there");
    let schedule = described.schedule.expect("always filled");
    let spec = schedule.spec.expect("always filled");
    assert!(spec.cron_string.is_empty() && spec.calendar.is_empty());
    assert_eq!(spec.structured_calendar.len(), 1);
    assert_eq!(spec.structured_calendar[0].comment, "noon");
    assert_eq!(spec.timezone_name, "Europe/Paris");
    let policies = schedule.policies.expect("always filled");
    assert_eq!(policies.overlap_policy, ScheduleOverlapPolicy::Skip as i32);
    assert_eq!(policies.catchup_window.expect("always filled").seconds, 365 * 86_400);
    assert!(schedule.state.is_some() && described.memo.is_none(), "an empty memo is absent");
    let info = described.info.expect("always filled");
    assert_eq!(info.future_action_times.len(), 10);
    assert!(info.create_time.is_some() && info.update_time.is_none());
    host.stop().await;
}

#[tokio::test]
async fn a_trigger_starts_a_run_that_is_shown_until_it_has_ended() {
    let host = Host::start().await;
    host.create_schedule("s", hourly("Wait")).await.expect("new");
    host.patch_schedule("s", trigger(ScheduleOverlapPolicy::Unspecified)).await.expect("there");
    host.engine.settle().await;
    let info = host.describe_schedule("s").await.expect("there").info.expect("always filled");
    assert_eq!((info.action_count, info.running_workflows.len()), (1, 1));
    assert_eq!(info.running_workflows[0].workflow_id, "w-2020-01-01T00:00:00Z");
    let action = &info.recent_actions[0];
    assert_eq!(action.start_workflow_status, WorkflowExecutionStatus::Running as i32);

    host.signal("w-2020-01-01T00:00:00Z", "finish").await.expect("it waits");
    host.close_event("w-2020-01-01T00:00:00Z").await;
    host.engine.settle().await;
    let info = host.describe_schedule("s").await.expect("there").info.expect("always filled");
    assert_eq!(info.running_workflows, []);
    let action = &info.recent_actions[0];
    assert_eq!(action.start_workflow_status, WorkflowExecutionStatus::Completed as i32);
    host.stop().await;
}

#[tokio::test]
async fn a_stale_token_does_not_overwrite_what_was_not_seen() {
    let host = Host::start().await;
    let first = host.create_schedule("s", hourly("Echo")).await.expect("new");
    let pause = pb::SchedulePatch { pause: "holiday".to_owned(), ..Default::default() };
    host.patch_schedule("s", pause).await.expect("there");
    let described = host.describe_schedule("s").await.expect("there");
    let state = described.schedule.and_then(|it| it.state).expect("always filled");
    assert!(state.paused && state.notes == "holiday");

    let mut text = said(host.update_schedule("s", hourly("Echo"), &first).await);
    text += &said(host.update_schedule("s", hourly("Echo"), b"?").await);
    let cron_string = vec!["x".to_owned()];
    let spec = Some(pb::ScheduleSpec { cron_string, ..Default::default() });
    let wrong = pb::Schedule { spec, ..hourly("Echo") };
    text += &said(host.update_schedule("s", wrong, &[]).await);
    expect![[r#"
        FailedPrecondition: schedule has changed since it was read: conflict token is of revision 1, it has revision 2 now
        InvalidArgument: conflict_token is not one that this host has given
        InvalidArgument: Invalid schedule spec: cron string `x` has 1 fields, expected 5 to 7
    "#]].assert_eq(&text);
    let now = described.conflict_token;
    host.update_schedule("s", hourly("Wait"), &now).await.expect("nothing in between");
    host.update_schedule("s", hourly("Wait"), &[]).await.expect("whatever it is");
    let described = host.describe_schedule("s").await.expect("there");
    assert!(described.info.expect("always filled").update_time.is_some());
    host.stop().await;
}

#[tokio::test]
async fn schedules_are_listed_counted_and_deleted() {
    let host = Host::start().await;
    for id in ["a", "b", "c"] {
        host.create_schedule(id, hourly("Echo")).await.expect("new");
    }
    let pause = pb::SchedulePatch { pause: "p".to_owned(), ..Default::default() };
    host.patch_schedule("b", pause).await.expect("there");
    let mut seen = Vec::new();
    let mut next_page_token = Vec::new();
    loop {
        let request = ListSchedulesRequest {
            namespace: "default".to_owned(),
            maximum_page_size: 2,
            next_page_token,
            ..Default::default()
        };
        let page: ListSchedulesResponse =
            host.call("ListSchedules", request).await.expect("a page");
        for entry in page.schedules {
            let info = entry.info.expect("always filled");
            assert_eq!(info.future_action_times.len(), 5);
            assert_eq!(info.workflow_type.expect("always filled").name, "Echo");
            seen.push((entry.schedule_id, info.paused));
        }
        next_page_token = page.next_page_token;
        if next_page_token.is_empty() {
            break;
        }
    }
    seen.sort();
    assert_eq!(seen, [("a".to_owned(), false), ("b".to_owned(), true), ("c".to_owned(), false)]);

    let count = async |query: &str| host.count_schedules(query).await;
    assert_eq!(count("").await.expect("a count"), 3);
    assert_eq!(count("TemporalSchedulePaused = false").await.expect("a count"), 2);

    let request = || DeleteScheduleRequest {
        namespace: "default".to_owned(),
        schedule_id: "a".to_owned(),
        ..Default::default()
    };
    host.call::<_, DeleteScheduleResponse>("DeleteSchedule", request()).await.expect("there");
    let again = host.call::<_, DeleteScheduleResponse>("DeleteSchedule", request()).await;
    assert_eq!(again.expect_err("gone").code(), Code::NotFound);
    assert_eq!(host.describe_schedule("a").await.expect_err("gone").code(), Code::NotFound);
    host.stop().await;
}

#[tokio::test]
async fn schedules_are_listed_and_counted_by_search_attributes() {
    let host = Host::start().await;
    let namespace = host.engine.namespace("default").expect("it is there").id;
    let names = [("Area", Kind::Keyword), ("Items", Kind::Int)];
    let names = names.map(|(name, kind)| (name.to_owned(), kind)).into();
    host.engine.add_search_attributes(namespace, names).await.expect("new names");
    let attributes = |all: &[(&str, &str)]| {
        let payload = |data: &str| text(data).expect("one").payloads.remove(0);
        let indexed_fields =
            all.iter().map(|(name, data)| ((*name).to_owned(), payload(data))).collect();
        Some(SearchAttributes { indexed_fields })
    };
    let new = async |id: &str, search_attributes| {
        let request = CreateScheduleRequest { search_attributes, ..create(id, hourly("Echo")) };
        host.call::<_, CreateScheduleResponse>("CreateSchedule", request).await.expect("new");
    };
    new("a", attributes(&[("Area", "\"emea\""), ("Items", "7")])).await;
    new("b", attributes(&[("Area", "\"apac\"")])).await;
    new("c", None).await;
    // What it does changes nothing about how it is found.
    let pause = pb::SchedulePatch { pause: "p".to_owned(), ..Default::default() };
    host.patch_schedule("a", pause).await.expect("there");
    for (query, expected) in [
        ("Area = 'emea'", &["a"][..]),
        ("Items > 5", &["a"]),
        ("Area IS NULL", &["c"]),
        ("Area = 'apac' OR TemporalSchedulePaused = true", &["b", "a"]),
        ("Area = 'emea' AND ScheduleId != 'a'", &[]),
    ] {
        let mut found = host.listed_schedules(query).await;
        found.sort();
        let mut expected = expected.to_vec();
        expected.sort_unstable();
        assert_eq!(found, expected, "{query}");
        let n = host.count_schedules(query).await.expect("a count");
        assert_eq!(n, expected.len() as i64, "{query}");
    }

    let request = UpdateScheduleRequest {
        namespace: "default".to_owned(),
        schedule_id: "a".to_owned(),
        schedule: Some(hourly("Echo")),
        search_attributes: attributes(&[("Area", "\"amer\"")]),
        ..Default::default()
    };
    host.call::<_, UpdateScheduleResponse>("UpdateSchedule", request).await.expect("there");
    assert_eq!(host.listed_schedules("Area = 'amer'").await, ["a"]);
    assert_eq!(host.listed_schedules("Area = 'emea' OR Items > 5").await, [""; 0]);

    let mut text = String::new();
    for query in
        ["WorkflowType = 'Echo'", "ExecutionStatus IS NULL", "Nope = 1", "Items = 'x'", "x y"]
    {
        text += &said(host.count_schedules(query).await);
    }
    expect![[r#"
        InvalidArgument: invalid query filter for schedules: cannot filter on "WorkflowType", expected ScheduleId, TemporalSchedulePaused or a search attribute that is registered
        InvalidArgument: invalid query filter for schedules: cannot filter on "ExecutionStatus", expected ScheduleId, TemporalSchedulePaused or a search attribute that is registered
        InvalidArgument: invalid query: invalid search attribute: Nope
        InvalidArgument: invalid query: invalid expression: invalid value type for search attribute Items of type Int: "x" (type: string)
        InvalidArgument: invalid query: malformed SQL query: syntax error at position 3: found `y`, expected one of = != < <= > >= IN BETWEEN STARTS_WITH IS
    "#]].assert_eq(&text);
    host.stop().await;
}

#[tokio::test]
async fn a_schedule_says_when_it_would_fire() {
    let host = Host::start().await;
    host.create_schedule("s", hourly("Echo")).await.expect("new");
    let moment = |seconds| Some(wkt::Timestamp { seconds, nanos: 0 });
    let request = |start_time, end_time| ListScheduleMatchingTimesRequest {
        namespace: "default".to_owned(),
        schedule_id: "s".to_owned(),
        start_time,
        end_time,
    };
    let times = async |request| {
        let times =
            host.call::<_, ListScheduleMatchingTimesResponse>("ListScheduleMatchingTimes", request);
        times.await.map(|it| it.start_time.iter().map(|it| it.seconds).collect::<Vec<_>>())
    };
    // Start exclusive, end inclusive.
    let found = times(request(moment(7200), moment(14_400))).await.expect("two");
    assert_eq!(found, [10_800, 14_400]);
    // So many at most.
    let all = times(request(moment(0), moment(3600 * 5000))).await.expect("many");
    assert_eq!(all.len(), 1000);
    let text = said(times(request(None, moment(0))).await);
    expect![[r#"
        InvalidArgument: start_time is missing
    "#]]
    .assert_eq(&text);
    host.stop().await;
}

#[tokio::test]
async fn schedules_that_make_no_sense_are_refused_and_nothing_is_kept() {
    let host = Host::start().await;
    let mut text = String::new();
    let mut refused = async |id: &str, schedule: pb::Schedule| {
        text.write_str(&said(host.create_schedule(id, schedule).await)).expect("a string");
    };
    let hourly = || hourly("Echo");
    refused("", hourly()).await;
    refused(&"s".repeat(978), hourly()).await;
    refused("s", pb::Schedule { action: None, ..hourly() }).await;
    refused("s", pb::Schedule { action: Some(action("", "Echo")), ..hourly() }).await;
    refused("s", pb::Schedule { action: Some(action(&"w".repeat(980), "Echo")), ..hourly() }).await;
    refused("s", pb::Schedule { action: Some(action("w", "")), ..hourly() }).await;
    let cron = |cron: &str| {
        let cron_string = vec![cron.to_owned()];
        pb::Schedule {
            spec: Some(pb::ScheduleSpec { cron_string, ..Default::default() }),
            ..hourly()
        }
    };
    refused("s", cron("0 12 ? * *")).await;
    refused("s", cron("TZ=Nowhere 0 12 * * *")).await;
    let spec = pb::ScheduleSpec { timezone_data: vec![0; 3], ..Default::default() };
    refused("s", pb::Schedule { spec: Some(spec), ..hourly() }).await;
    refused("s", cron("x")).await;
    for (every, phase) in [(0, 0), (3600, 7200)] {
        let duration = |seconds| Some(wkt::Duration { seconds, nanos: 0 });
        let interval = pb::IntervalSpec { interval: duration(every), phase: duration(phase) };
        let spec = pb::ScheduleSpec { interval: vec![interval], ..Default::default() };
        refused("s", pb::Schedule { spec: Some(spec), ..hourly() }).await;
    }
    let start_time = Some(wkt::Timestamp { seconds: -1, nanos: 0 });
    let spec = pb::ScheduleSpec { start_time, ..Default::default() };
    refused("s", pb::Schedule { spec: Some(spec), ..hourly() }).await;
    let spec = pb::ScheduleSpec {
        jitter: Some(wkt::Duration { seconds: -1, nanos: 0 }),
        ..Default::default()
    };
    refused("s", pb::Schedule { spec: Some(spec), ..hourly() }).await;
    let state = pb::ScheduleState { remaining_actions: -1, ..Default::default() };
    refused("s", pb::Schedule { state: Some(state), ..hourly() }).await;
    let policies = pb::SchedulePolicies { overlap_policy: 9, ..Default::default() };
    refused("s", pb::Schedule { policies: Some(policies), ..hourly() }).await;
    expect![[r#"
        InvalidArgument: schedule_id is missing or empty
        InvalidArgument: schedule_id has 978 bytes, expected at most 977
        InvalidArgument: schedule.action.start_workflow is missing
        InvalidArgument: workflow_id is missing or empty
        InvalidArgument: workflow_id has 980 bytes, expected at most 979: the time of each run is added to it
        InvalidArgument: workflow_type is missing or empty
        InvalidArgument: Invalid schedule spec: DayOfMonth is `?`, expected values in [1-31]
        InvalidArgument: Invalid schedule spec: time zone `Nowhere` is unknown, expected a name like `Europe/Paris`
        InvalidArgument: Invalid schedule spec: timezone_data has 3 bytes that are not a TZif file
        InvalidArgument: Invalid schedule spec: cron string `x` has 1 fields, expected 5 to 7
        InvalidArgument: Invalid schedule spec: interval is 0 ms, expected at least 1 s
        InvalidArgument: Invalid schedule spec: phase of interval is 7200000 ms, expected it between 0 and the interval
        InvalidArgument: Invalid schedule spec: spec.start_time is `-1s 0ns`, expected a time since 1970
        InvalidArgument: Invalid schedule spec: jitter is -1000 ms, expected it not to be negative
        InvalidArgument: state.remaining_actions is `-1`, expected 0 or more
        InvalidArgument: policies.overlap_policy is `9`, expected 0 to 6
    "#]].assert_eq(&text);
    assert_eq!(host.describe_schedule("s").await.expect_err("none").code(), Code::NotFound);

    host.create_schedule(&"s".repeat(977), hourly()).await.expect("just short enough");
    host.create_schedule(
        "s",
        pb::Schedule { action: Some(action(&"w".repeat(979), "Echo")), ..hourly() },
    )
    .await
    .expect("just short enough");
    let mut other = create("s", hourly());
    other.request_id = "another".to_owned();
    let error = host.call::<_, CreateScheduleResponse>("CreateSchedule", other).await;
    let error = error.expect_err("there is one");
    assert_eq!(error.code(), Code::AlreadyExists);
    let detail = String::from_utf8_lossy(error.details()).into_owned();
    assert!(detail.contains("WorkflowExecutionAlreadyStartedFailure"), "{detail}");

    let backfill = pb::BackfillRequest {
        start_time: Some(wkt::Timestamp { seconds: 9, nanos: 0 }),
        end_time: Some(wkt::Timestamp { seconds: 8, nanos: 0 }),
        overlap_policy: 0,
    };
    let backward = pb::SchedulePatch { backfill_request: vec![backfill], ..Default::default() };
    let endless = pb::SchedulePatch {
        backfill_request: vec![pb::BackfillRequest { end_time: None, ..backfill }],
        ..Default::default()
    };
    let many = pb::SchedulePatch {
        backfill_request: vec![
            pb::BackfillRequest { end_time: backfill.start_time, ..backfill };
            101
        ],
        ..Default::default()
    };
    let mut text = said(host.patch_schedule("s", backward).await);
    text += &said(host.patch_schedule("s", endless).await);
    text += &said(host.patch_schedule("s", many).await);
    text += &said(host.patch_schedule("nobody", pb::SchedulePatch::default()).await);
    expect![[r#"
        InvalidArgument: backfill_request ends 1000 ms before it starts
        InvalidArgument: backfill_request.end_time is missing
        InvalidArgument: schedule would have 101 backfills under way, expected at most 100
        NotFound: schedule `nobody` not found
    "#]]
    .assert_eq(&text);
    host.stop().await;
}
