//! How SQLite means to carry out each statement. A plan that begins to scan a table shows here.

use super::*;
use crate::sql;
use expect_test::expect;
use std::collections::BTreeSet;

/// Every statement prepares, and its plan is this. `SCAN` of `new`, `old` and `asked` is the list
/// of rows that the statement is given, not a table.
#[tokio::test]
async fn plans_of_all_statements() {
    let store = temporary().await;
    let mut text = String::new();
    let mut writer = store.writer.lock().await;
    let connection = writer.connection().await.unwrap();
    for statement in sql::ALL {
        writeln!(text, "{}", statement.name).unwrap();
        let explain = format!("EXPLAIN QUERY PLAN {}", statement.text);
        let rows =
            sqlx::query(sqlx::AssertSqlSafe(explain)).fetch_all(&mut *connection).await.unwrap();
        for row in rows {
            let detail: String = row.get("detail");
            writeln!(text, "    {detail}").unwrap();
        }
    }
    expect![[r#"
        run_advance
            SCAN new VIRTUAL TABLE INDEX 1:
            SEARCH runs USING PRIMARY KEY (namespace_id=? AND run_id=?)
        changes_check
            SCAN CONSTANT ROW
        run_change
            SCAN new VIRTUAL TABLE INDEX 1:
            SEARCH runs USING PRIMARY KEY (namespace_id=? AND run_id=?)
        run_insert
            SCAN new VIRTUAL TABLE INDEX 1:
        run_attributes_put
            SCAN new VIRTUAL TABLE INDEX 1:
        run_options_put
            SCAN new VIRTUAL TABLE INDEX 1:
            SEARCH runs USING PRIMARY KEY (namespace_id=? AND run_id=?)
        search_attributes_delete_of_runs
            SEARCH search_attributes USING PRIMARY KEY (run_id=?)
            LIST SUBQUERY 1
            SCAN old VIRTUAL TABLE INDEX 1:
            CREATE BLOOM FILTER
        search_attributes_insert
            SCAN new VIRTUAL TABLE INDEX 1:
            SEARCH runs USING PRIMARY KEY (namespace_id=? AND run_id=?)
        history_append
            SCAN new VIRTUAL TABLE INDEX 1:
        blob_insert
            SCAN new VIRTUAL TABLE INDEX 1:
        run_blob_insert
            SCAN new VIRTUAL TABLE INDEX 1:
        timer_put
            SCAN new VIRTUAL TABLE INDEX 1:
        timer_delete
            SEARCH timers USING PRIMARY KEY (run_id=? AND kind=? AND seq=?)
            LIST SUBQUERY 2
            SCAN old VIRTUAL TABLE INDEX 1:
            CREATE BLOOM FILTER
        timer_delete_of_runs
            SEARCH timers USING PRIMARY KEY (run_id=?)
            LIST SUBQUERY 1
            SCAN old VIRTUAL TABLE INDEX 1:
            CREATE BLOOM FILTER
        activity_insert
            SCAN new VIRTUAL TABLE INDEX 1:
        activity_update
            SCAN new VIRTUAL TABLE INDEX 1:
            SEARCH activity_tasks USING PRIMARY KEY (run_id=? AND scheduled_event_id=?)
        activity_delete
            SEARCH activity_tasks USING PRIMARY KEY (run_id=? AND scheduled_event_id=?)
            LIST SUBQUERY 2
            SCAN old VIRTUAL TABLE INDEX 1:
            CREATE BLOOM FILTER
        activity_delete_of_runs
            SEARCH activity_tasks USING PRIMARY KEY (run_id=?)
            LIST SUBQUERY 1
            SCAN old VIRTUAL TABLE INDEX 1:
            CREATE BLOOM FILTER
        state_put
            SCAN new VIRTUAL TABLE INDEX 1:
        run_reset_put
            SCAN new VIRTUAL TABLE INDEX 1:
        child_put
            SCAN new VIRTUAL TABLE INDEX 1:
        child_delete
            SEARCH pending_children USING PRIMARY KEY (run_id=? AND initiated_event_id=?)
            LIST SUBQUERY 2
            SCAN old VIRTUAL TABLE INDEX 1:
            CREATE BLOOM FILTER
        request_attach
            SCAN new VIRTUAL TABLE INDEX 1:
        message_take
            SEARCH messages USING COVERING INDEX sqlite_autoindex_messages_1 (origin_run_id=? AND event_id=? AND n=?)
            LIST SUBQUERY 2
            SCAN old VIRTUAL TABLE INDEX 1:
            CREATE BLOOM FILTER
        message_put
            SCAN new VIRTUAL TABLE INDEX 1:
        schedule_put
            SCAN new VIRTUAL TABLE INDEX 1:
            SEARCH schedule_attributes USING PRIMARY KEY (namespace_id=? AND schedule_id=?)
        schedule_attributes_delete
            SEARCH schedule_attributes USING PRIMARY KEY (namespace_id=? AND schedule_id=?)
            LIST SUBQUERY 2
            SCAN old VIRTUAL TABLE INDEX 1:
            CREATE BLOOM FILTER
        schedule_attributes_insert
            SCAN new VIRTUAL TABLE INDEX 1:
        standalone_put
            SCAN new VIRTUAL TABLE INDEX 1:
            SEARCH standalone_attributes USING PRIMARY KEY (activity_run_id=?)
        standalone_attributes_insert
            SCAN new VIRTUAL TABLE INDEX 1:
        standalone_follow
            SCAN new VIRTUAL TABLE INDEX 1:
            SEARCH standalone_activities USING PRIMARY KEY (activity_run_id=?)
        run_stale
            SCAN new VIRTUAL TABLE INDEX 1:
            SEARCH runs USING PRIMARY KEY (namespace_id=? AND run_id=?) LEFT-JOIN
        run_taken
            SCAN new VIRTUAL TABLE INDEX 1:
            SEARCH runs USING INDEX runs_of_workflow (namespace_id=? AND workflow_id=?)
        run_get
            SEARCH runs USING PRIMARY KEY (namespace_id=? AND run_id=?)
            SEARCH run_attributes USING PRIMARY KEY (namespace_id=? AND run_id=?) LEFT-JOIN
        runs_current
            SCAN asked VIRTUAL TABLE INDEX 1:
            SEARCH runs USING PRIMARY KEY (namespace_id=? AND run_id=?)
            CORRELATED SCALAR SUBQUERY 1
            SEARCH latest USING COVERING INDEX runs_of_workflow (namespace_id=? AND workflow_id=?)
            SEARCH run_attributes USING PRIMARY KEY (namespace_id=? AND run_id=?) LEFT-JOIN
        runs_failing
            SEARCH runs USING INDEX runs_failing (namespace_id=? AND task_queue=? AND run_id>?)
        runs_paused
            SCAN namespaces USING COVERING INDEX sqlite_autoindex_namespaces_2
            SEARCH runs USING COVERING INDEX runs_by_status (namespace_id=? AND status=?)
        runs_expired
            SEARCH runs USING INDEX runs_by_close (namespace_id=? AND close_ms<?)
        runs_of_namespace
            SEARCH runs USING PRIMARY KEY (namespace_id=?)
        run_delete
            SEARCH runs USING PRIMARY KEY (namespace_id=? AND run_id=?)
            LIST SUBQUERY 2
            SCAN old VIRTUAL TABLE INDEX 1:
            CREATE BLOOM FILTER
        run_attributes_delete
            SEARCH run_attributes USING PRIMARY KEY (namespace_id=? AND run_id=?)
            LIST SUBQUERY 2
            SCAN old VIRTUAL TABLE INDEX 1:
            CREATE BLOOM FILTER
        history_delete
            SEARCH history USING COVERING INDEX sqlite_autoindex_history_1 (run_id=?)
            LIST SUBQUERY 1
            SCAN old VIRTUAL TABLE INDEX 1:
            CREATE BLOOM FILTER
        state_delete
            SEARCH published_state USING PRIMARY KEY (run_id=?)
            LIST SUBQUERY 1
            SCAN old VIRTUAL TABLE INDEX 1:
            CREATE BLOOM FILTER
        run_resets_delete
            SEARCH run_resets USING PRIMARY KEY (namespace_id=? AND run_id=?)
            LIST SUBQUERY 2
            SCAN old VIRTUAL TABLE INDEX 1:
            CREATE BLOOM FILTER
        children_delete
            SEARCH pending_children USING PRIMARY KEY (run_id=?)
            LIST SUBQUERY 1
            SCAN old VIRTUAL TABLE INDEX 1:
            CREATE BLOOM FILTER
        attached_requests_delete
            SEARCH attached_requests USING PRIMARY KEY (run_id=?)
            LIST SUBQUERY 1
            SCAN old VIRTUAL TABLE INDEX 1:
            CREATE BLOOM FILTER
        attached_requests
            SEARCH attached_requests USING PRIMARY KEY (run_id=?)
        history_read
            SEARCH history USING INDEX sqlite_autoindex_history_1 (run_id=? AND first_event_id>?)
            SCALAR SUBQUERY 1
            SEARCH begun USING COVERING INDEX sqlite_autoindex_history_1 (run_id=? AND first_event_id<?)
        state_read
            SEARCH published_state USING PRIMARY KEY (run_id=?)
        run_reset_get
            SEARCH run_resets USING PRIMARY KEY (namespace_id=? AND run_id=?)
        children_pending
            SEARCH pending_children USING PRIMARY KEY (run_id=?)
        request_is_attached
            SCAN CONSTANT ROW
            SCALAR SUBQUERY 1
            SEARCH attached_requests USING PRIMARY KEY (run_id=? AND request_id=?)
        runs_of_keys
            SCAN asked VIRTUAL TABLE INDEX 1:
            SEARCH runs USING PRIMARY KEY (namespace_id=? AND run_id=?)
            SEARCH run_attributes USING PRIMARY KEY (namespace_id=? AND run_id=?) LEFT-JOIN
            USE TEMP B-TREE FOR ORDER BY
        messages_waiting
            SEARCH messages USING INDEX sqlite_autoindex_messages_1 ((origin_run_id,event_id,n)>(?,?,?))
        messages_delete
            SCAN messages
        timers_due
            SEARCH timers USING INDEX timers_due ((fire_at_ms,run_id,kind,seq)>(?,?,?,?) AND fire_at_ms<?)
        blobs_delete
            SEARCH blobs USING INDEX sqlite_autoindex_blobs_1 (namespace_id=?)
        blobs_delete_unused
            SEARCH blobs USING COVERING INDEX sqlite_autoindex_blobs_1 (namespace_id=? AND digest=?)
            LIST SUBQUERY 4
            SCAN old VIRTUAL TABLE INDEX 1:
            SEARCH theirs USING PRIMARY KEY (run_id=?)
            CREATE BLOOM FILTER
            CORRELATED SCALAR SUBQUERY 3
            SEARCH others USING COVERING INDEX run_blobs_of_blob (namespace_id=? AND digest=?)
            LIST SUBQUERY 2
            SCAN old VIRTUAL TABLE INDEX 1:
            CREATE BLOOM FILTER
        run_blobs_delete
            SEARCH run_blobs USING PRIMARY KEY (run_id=?)
            LIST SUBQUERY 1
            SCAN old VIRTUAL TABLE INDEX 1:
            CREATE BLOOM FILTER
        blobs_of_run
            CO-ROUTINE asked
            SETUP
            SCAN CONSTANT ROW
            RECURSIVE STEP
            SCAN asked
            SCAN asked
            SEARCH run_blobs USING PRIMARY KEY (run_id=? AND digest=?)
            SEARCH blobs USING INDEX sqlite_autoindex_blobs_1 (namespace_id=? AND digest=?)
        activities_due
            SEARCH activity_tasks USING INDEX activity_tasks_due ((due_ms,run_id,scheduled_event_id)>(?,?,?) AND due_ms<?)
        activities_under_way
            SCAN CONSTANT ROW
            SCALAR SUBQUERY 1
            SCAN activity_tasks USING COVERING INDEX activity_tasks_started
            SCALAR SUBQUERY 2
            SCAN activity_tasks USING COVERING INDEX activity_tasks_line
            SCALAR SUBQUERY 3
            SCAN activity_tasks USING INDEX activity_tasks_later
        activities_wanting
            COMPOUND QUERY
            LEFT-MOST SUBQUERY
            SCAN activity_tasks USING COVERING INDEX activity_tasks_line
            UNION USING TEMP B-TREE
            SCAN activity_tasks USING INDEX activity_tasks_later
        activities_waiting
            SEARCH activity_tasks USING INDEX activity_tasks_line (namespace_id=? AND task_queue=? AND (priority,pass,since_ms,run_id,scheduled_event_id)>(?,?,?,?,?))
        activities_started_by
            SEARCH activity_tasks USING INDEX activity_tasks_started ((started_by,run_id,scheduled_event_id)>(?,?,?) AND started_by<?)
        activities_of_run
            SEARCH activity_tasks USING PRIMARY KEY (run_id=?)
        activities_paused
            SCAN asked VIRTUAL TABLE INDEX 1:
            SEARCH paused USING COVERING INDEX activity_tasks_paused (namespace_id=? AND run_id=? AND paused_type>?)
            USE TEMP B-TREE FOR DISTINCT
        activity_get
            SEARCH activity_tasks USING PRIMARY KEY (run_id=? AND scheduled_event_id=?)
        activities_backlog
            COMPOUND QUERY
            LEFT-MOST SUBQUERY
            SEARCH activity_tasks USING COVERING INDEX activity_tasks_line (namespace_id=? AND task_queue=?)
            UNION ALL
            SEARCH activity_tasks USING INDEX activity_tasks_later (namespace_id=? AND task_queue=? AND since_ms<?)
            USE TEMP B-TREE FOR GROUP BY
        activities_lines
            SCAN activity_tasks USING COVERING INDEX activity_tasks_line
            USE TEMP B-TREE FOR GROUP BY
        standalone_get
            SEARCH standalone_activities USING PRIMARY KEY (activity_run_id=?)
        standalone_latest
            SEARCH standalone_activities USING INDEX standalone_activities_by_id (namespace_id=? AND activity_id=?)
        standalone_of_keys
            SCAN asked VIRTUAL TABLE INDEX 1:
            SEARCH standalone_activities USING PRIMARY KEY (activity_run_id=?)
            SEARCH activity_tasks USING PRIMARY KEY (run_id=? AND scheduled_event_id=?) LEFT-JOIN
            USE TEMP B-TREE FOR ORDER BY
        standalone_delete
            SEARCH standalone_activities USING PRIMARY KEY (activity_run_id=?)
            SEARCH standalone_attributes USING PRIMARY KEY (activity_run_id=?)
        standalone_expire
            SEARCH standalone_activities USING INDEX standalone_activities_closed (namespace_id=? AND close_ms<?)
            SEARCH standalone_attributes USING PRIMARY KEY (activity_run_id=?)
        standalone_attributes_delete_all
            SEARCH standalone_attributes USING COVERING INDEX standalone_attributes_by_value (namespace_id=?)
        standalone_delete_all
            SEARCH standalone_activities USING INDEX standalone_activities_by_type (namespace_id=?)
            SEARCH standalone_attributes USING PRIMARY KEY (activity_run_id=?)
        batch_insert
        batch_update
            SEARCH batches USING PRIMARY KEY (namespace_id=? AND job_id=?)
        batch_get
            SEARCH batches USING PRIMARY KEY (namespace_id=? AND job_id=?)
        batches_list
            SEARCH batches USING INDEX batches_by_creation (namespace_id=? AND (created_ms,job_id)<(?,?))
        batches_running
            SCAN batches USING INDEX batches_running
        batches_expire
            SEARCH batches USING INDEX batches_by_creation (namespace_id=? AND created_ms<?)
        batches_delete
            SEARCH batches USING PRIMARY KEY (namespace_id=?)
        task_queue_put
        task_queues_list
            SCAN task_queues
        task_queues_delete
            SEARCH task_queues USING PRIMARY KEY (namespace_id=?)
        schedule_get
            SEARCH schedules USING PRIMARY KEY (namespace_id=? AND schedule_id=?)
        schedule_delete
            SEARCH schedules USING PRIMARY KEY (namespace_id=? AND schedule_id=?)
            SEARCH schedule_attributes USING PRIMARY KEY (namespace_id=? AND schedule_id=?)
        schedules_delete
            SEARCH schedules USING PRIMARY KEY (namespace_id=?)
            SEARCH schedule_attributes USING PRIMARY KEY (namespace_id=? AND schedule_id=?)
        schedules_awake
            SEARCH schedules USING COVERING INDEX schedules_awake ((namespace_id,schedule_id)>(?,?))
        schedules_of_keys
            SCAN asked VIRTUAL TABLE INDEX 1:
            SEARCH schedules USING PRIMARY KEY (namespace_id=? AND schedule_id=?)
            USE TEMP B-TREE FOR ORDER BY
        schedule_attributes_delete_all
            SEARCH schedule_attributes USING COVERING INDEX schedule_attributes_by_value (namespace_id=?)
        component_insert
        namespace_component_put
        component_get
            SEARCH components USING INDEX sqlite_autoindex_components_1 (digest=?)
        component_of_namespace
            SEARCH namespace_components USING PRIMARY KEY (namespace_id=? AND digest=?)
            SEARCH components USING INDEX sqlite_autoindex_components_1 (digest=?)
        components_list
            SEARCH namespace_components USING PRIMARY KEY (namespace_id=?)
            SEARCH components USING INDEX sqlite_autoindex_components_1 (digest=?)
            USE TEMP B-TREE FOR ORDER BY
        components_with_closed_runs
            SEARCH namespace_components USING PRIMARY KEY (namespace_id=?)
            SEARCH runs EXISTS USING COVERING INDEX runs_by_component (component=? AND namespace_id=? AND status>? AND status<?)
        components_forget
            SEARCH namespace_components USING PRIMARY KEY (namespace_id=? AND digest=?)
            LIST SUBQUERY 5
            SCAN old
            CORRELATED SCALAR SUBQUERY 1
            SEARCH runs USING COVERING INDEX runs_by_component (component=? AND namespace_id=?)
            CORRELATED SCALAR SUBQUERY 3
            SEARCH deployments USING PRIMARY KEY (namespace_id=?)
            CORRELATED SCALAR SUBQUERY 2
            SEARCH before USING PRIMARY KEY (namespace_id=? AND task_queue=? AND kind=?)
            CREATE BLOOM FILTER
        components_delete
            SEARCH components USING COVERING INDEX sqlite_autoindex_components_1 (digest=?)
            LIST SUBQUERY 1
            SCAN old VIRTUAL TABLE INDEX 1:
            CREATE BLOOM FILTER
            CORRELATED SCALAR SUBQUERY 2
            SEARCH namespace_components USING COVERING INDEX namespace_components_of_digest (digest=?)
            SEARCH namespace_components USING INDEX namespace_components_of_digest (digest=?)
        runs_open_by_component
            CO-ROUTINE (subquery-2)
            COMPOUND QUERY
            LEFT-MOST SUBQUERY
            SEARCH namespace_components USING PRIMARY KEY (namespace_id=?)
            SEARCH runs USING COVERING INDEX runs_by_component (component=? AND namespace_id=? AND status=?)
            USE TEMP B-TREE FOR GROUP BY
            UNION ALL
            SEARCH namespace_components USING PRIMARY KEY (namespace_id=?)
            SEARCH runs USING COVERING INDEX runs_by_component (component=? AND namespace_id=? AND status=?)
            USE TEMP B-TREE FOR GROUP BY
            SCAN (subquery-2)
            USE TEMP B-TREE FOR GROUP BY
        runs_pinned
            MERGE (UNION ALL)
            LEFT
            SEARCH runs USING INDEX runs_by_component (component=? AND namespace_id=? AND status=? AND (start_ms,run_id)>(?,?))
            RIGHT
            SEARCH runs USING INDEX runs_by_component (component=? AND namespace_id=? AND status=? AND (start_ms,run_id)>(?,?))
        deployments_of_queue
            SEARCH deployments USING PRIMARY KEY (namespace_id=? AND task_queue=? AND kind=?)
        deployments_serving
            SCAN deployments USING INDEX deployments_serving
        deployments_list
            SEARCH deployments USING PRIMARY KEY (namespace_id=?)
            USE TEMP B-TREE FOR LAST TERM OF ORDER BY
        deployment_insert
        deployment_update
            SEARCH deployments USING PRIMARY KEY (namespace_id=? AND task_queue=? AND kind=? AND version=?)
        search_attribute_types_add
            SCAN new VIRTUAL TABLE INDEX 1:
        search_attribute_types_remove
            SEARCH search_attribute_types USING PRIMARY KEY (namespace_id=? AND name=?)
            LIST SUBQUERY 2
            SCAN old VIRTUAL TABLE INDEX 1:
            CREATE BLOOM FILTER
        search_attribute_types_delete
            SEARCH search_attribute_types USING PRIMARY KEY (namespace_id=?)
        search_attribute_types_list
            SCAN search_attribute_types
        namespace_insert
            SEARCH standalone_activities USING INDEX standalone_activities_by_type (namespace_id=?)
            SEARCH batches USING PRIMARY KEY (namespace_id=?)
            SEARCH task_queues USING PRIMARY KEY (namespace_id=?)
            SEARCH search_attribute_types USING PRIMARY KEY (namespace_id=?)
            SEARCH deployments USING PRIMARY KEY (namespace_id=?)
            SEARCH namespace_components USING PRIMARY KEY (namespace_id=?)
        namespace_update
            SEARCH namespaces USING INTEGER PRIMARY KEY (rowid=?)
        namespace_delete
            SEARCH namespaces USING INTEGER PRIMARY KEY (rowid=?)
            SEARCH standalone_activities USING INDEX standalone_activities_by_type (namespace_id=?)
            SEARCH batches USING PRIMARY KEY (namespace_id=?)
            SEARCH task_queues USING PRIMARY KEY (namespace_id=?)
            SEARCH search_attribute_types USING PRIMARY KEY (namespace_id=?)
            SEARCH deployments USING PRIMARY KEY (namespace_id=?)
            SEARCH namespace_components USING PRIMARY KEY (namespace_id=?)
        deployments_delete
            SEARCH deployments USING PRIMARY KEY (namespace_id=?)
        namespace_components_delete
            SEARCH namespace_components USING PRIMARY KEY (namespace_id=?)
        namespace_get
            SEARCH namespaces USING INDEX sqlite_autoindex_namespaces_1 (name=?)
        namespaces_list
            SCAN namespaces
    "#]].assert_eq(&text);
}

/// Each tree is a page more for a commit of one step. Partial indexes are written for few rows only.
#[tokio::test]
async fn a_step_that_leaves_how_its_run_stands_writes_no_index_of_runs() {
    let store = temporary().await;
    let mut text = String::new();
    let mut writer = store.writer.lock().await;
    let connection = writer.connection().await.unwrap();
    let trees: Vec<(i64, String)> =
        sqlx::query_as("SELECT rootpage, name FROM sqlite_schema WHERE rootpage > 0")
            .fetch_all(&mut *connection)
            .await
            .unwrap();
    for statement in [sql::RUN_ADVANCE, sql::RUN_CHANGE, sql::HISTORY_APPEND, sql::ACTIVITY_INSERT]
    {
        let explain = format!("EXPLAIN {}", statement.text);
        let rows =
            sqlx::query(sqlx::AssertSqlSafe(explain)).fetch_all(&mut *connection).await.unwrap();
        let written = rows.iter().filter(|it| it.get::<String, _>("opcode") == "OpenWrite");
        let root = |row: &sqlx::sqlite::SqliteRow| row.get::<i64, _>("p2");
        let names: BTreeSet<&str> = written
            .filter_map(|it| trees.iter().find(|(page, _)| *page == root(it)))
            .map(|(_, name)| name.as_str())
            .collect();
        writeln!(text, "{}: {}", statement.name, Vec::from_iter(names).join(", ")).unwrap();
    }
    expect![[r#"
        run_advance: runs
        run_change: runs, runs_by_close, runs_by_component, runs_by_status, runs_by_type, runs_failing, runs_moved, runs_of_workflow
        history_append: history, sqlite_autoindex_history_1
        activity_insert: activity_tasks, activity_tasks_due, activity_tasks_later, activity_tasks_line, activity_tasks_paused, activity_tasks_started
    "#]].assert_eq(&text);
}

/// As those of runs: each a part of an index, in the order of the list.
#[tokio::test]
async fn plans_of_lists_of_activities_without_a_workflow() {
    let text = plans_of(
        &[
            "",
            "ExecutionStatus = 'Running'",
            "ActivityType = 't'",
            "ActivityType = 't' AND ExecutionStatus = 'Failed'",
            "ActivityId = 'a'",
            "ActivityId STARTS_WITH 'a'",
            "RunId = '01a2037c-a29b-74f7-8688-7e8febe36f7a'",
            "WInt = 5 AND TaskQueue = 'q'",
            "WInt > 5",
            "TaskQueue = 'q'",
            "WorkflowId = 'w'",
        ],
        |query| crate::list::standalone_statements(&standalone::filter(query)),
    )
    .await;
    expect![[r#"

          page
            MERGE (UNION ALL) (7 times)
            LEFT (7 times)
            SEARCH r USING COVERING INDEX standalone_activities_by_status (namespace_id=? AND status=?) (8 times)
            RIGHT (7 times)
          count
            SEARCH r USING COVERING INDEX standalone_activities_by_status (namespace_id=?)
        ExecutionStatus = 'Running'
          page
            SEARCH r USING COVERING INDEX standalone_activities_by_status (namespace_id=? AND status=?)
          count
            SEARCH r USING COVERING INDEX standalone_activities_by_status (namespace_id=? AND status=?)
        ActivityType = 't'
          page
            MERGE (UNION ALL) (7 times)
            LEFT (7 times)
            SEARCH r USING COVERING INDEX standalone_activities_by_type (namespace_id=? AND activity_type=? AND status=?) (8 times)
            RIGHT (7 times)
          count
            COMPOUND QUERY
            LEFT-MOST SUBQUERY
            SEARCH r USING COVERING INDEX standalone_activities_by_type (namespace_id=? AND activity_type=? AND status=?) (8 times)
            UNION ALL (7 times)
        ActivityType = 't' AND ExecutionStatus = 'Failed'
          page
            SEARCH r USING COVERING INDEX standalone_activities_by_type (namespace_id=? AND activity_type=? AND status=?)
          count
            SEARCH r USING COVERING INDEX standalone_activities_by_type (namespace_id=? AND activity_type=? AND status=?)
        ActivityId = 'a'
          page
            SEARCH r USING COVERING INDEX standalone_activities_by_id (namespace_id=? AND activity_id=?)
          count
            SEARCH r USING INDEX standalone_activities_by_id (namespace_id=? AND activity_id=?)
            USE TEMP B-TREE FOR GROUP BY
        ActivityId STARTS_WITH 'a'
          range
            CO-ROUTINE (subquery-1)
            SEARCH r USING COVERING INDEX standalone_activities_by_id (namespace_id=? AND activity_id>? AND activity_id<?)
            SCAN (subquery-1)
          page if small
            SEARCH r USING COVERING INDEX standalone_activities_by_id (namespace_id=? AND activity_id>? AND activity_id<?)
            USE TEMP B-TREE FOR ORDER BY
          page
            MERGE (UNION ALL) (7 times)
            LEFT (7 times)
            SEARCH r USING INDEX standalone_activities_by_status (namespace_id=? AND status=?) (8 times)
            RIGHT (7 times)
          count
            SEARCH r USING INDEX standalone_activities_by_status (namespace_id=?)
        RunId = '01a2037c-a29b-74f7-8688-7e8febe36f7a'
          page
            SEARCH r USING PRIMARY KEY (activity_run_id=?)
          count
            SEARCH r USING PRIMARY KEY (activity_run_id=?)
        WInt = 5 AND TaskQueue = 'q'
          page
            SEARCH s USING COVERING INDEX standalone_attributes_by_value (namespace_id=? AND name=? AND value=?)
            SEARCH r USING PRIMARY KEY (activity_run_id=?)
          count
            SEARCH s USING COVERING INDEX standalone_attributes_by_value (namespace_id=? AND name=? AND value=?)
            SEARCH r USING PRIMARY KEY (activity_run_id=?)
            USE TEMP B-TREE FOR GROUP BY
        WInt > 5
          range
            CO-ROUTINE (subquery-1)
            SEARCH s USING COVERING INDEX standalone_attributes_by_value (namespace_id=? AND name=? AND value>? AND value<?)
            SCAN (subquery-1)
          page if small
            SEARCH s USING COVERING INDEX standalone_attributes_by_value (namespace_id=? AND name=? AND value>? AND value<?)
            USE TEMP B-TREE FOR ORDER BY
          page
            MERGE (UNION ALL) (7 times)
            LEFT (7 times)
            SEARCH r USING COVERING INDEX standalone_activities_by_status (namespace_id=? AND status=?) (8 times)
            SEARCH a EXISTS USING PRIMARY KEY (activity_run_id=? AND name=? AND value>? AND value<?) (8 times)
            RIGHT (7 times)
          count
            SEARCH r USING COVERING INDEX standalone_activities_by_status (namespace_id=?)
            SEARCH a EXISTS USING PRIMARY KEY (activity_run_id=? AND name=? AND value>? AND value<?)
        TaskQueue = 'q'
          page
            MERGE (UNION ALL) (7 times)
            LEFT (7 times)
            SEARCH r USING INDEX standalone_activities_by_status (namespace_id=? AND status=?) (8 times)
            RIGHT (7 times)
          count
            SEARCH r USING INDEX standalone_activities_by_status (namespace_id=?)
        WorkflowId = 'w'
    "#]].assert_eq(&text);
}

/// As those of runs: each a part of an index, in the order of the list.
#[tokio::test]
async fn plans_of_lists_of_schedules() {
    let text = plans_of(
        &[
            "",
            "TemporalSchedulePaused = true",
            "ScheduleId = 'a'",
            "ScheduleId STARTS_WITH 'a'",
            "WKeyword = 'red'",
            "WKeyword = 'red' AND TemporalSchedulePaused = false",
            "WInt > 5",
            "WInt IS NULL",
            "WText = 'quick'",
        ],
        |query| crate::list::schedule_statements(&schedules::filter(query)),
    )
    .await;
    expect![[r#"

          page
            MERGE (UNION ALL) (7 times)
            LEFT (7 times)
            SEARCH r USING COVERING INDEX schedules_by_status (namespace_id=? AND status=?) (8 times)
            RIGHT (7 times)
          count
            SEARCH r USING COVERING INDEX schedules_by_status (namespace_id=?)
        TemporalSchedulePaused = true
          page
            SEARCH r USING COVERING INDEX schedules_by_status (namespace_id=? AND status=?)
          count
            SEARCH r USING COVERING INDEX schedules_by_status (namespace_id=? AND status=?)
        ScheduleId = 'a'
          page
            SEARCH r USING COVERING INDEX schedules_by_id (namespace_id=? AND schedule_id=?)
          count
            SEARCH r USING COVERING INDEX schedules_by_id (namespace_id=? AND schedule_id=?)
            USE TEMP B-TREE FOR GROUP BY
        ScheduleId STARTS_WITH 'a'
          range
            CO-ROUTINE (subquery-1)
            SEARCH r USING COVERING INDEX schedules_by_id (namespace_id=? AND schedule_id>? AND schedule_id<?)
            SCAN (subquery-1)
          page if small
            SEARCH r USING COVERING INDEX schedules_by_id (namespace_id=? AND schedule_id>? AND schedule_id<?)
            USE TEMP B-TREE FOR ORDER BY
          page
            MERGE (UNION ALL) (7 times)
            LEFT (7 times)
            SEARCH r USING COVERING INDEX schedules_by_status (namespace_id=? AND status=?) (8 times)
            RIGHT (7 times)
          count
            SEARCH r USING COVERING INDEX schedules_by_status (namespace_id=?)
        WKeyword = 'red'
          page
            SEARCH s USING COVERING INDEX schedule_attributes_by_value (namespace_id=? AND name=? AND value=?)
          count
            SEARCH s USING COVERING INDEX schedule_attributes_by_value (namespace_id=? AND name=? AND value=?)
            SEARCH r USING PRIMARY KEY (namespace_id=? AND schedule_id=?)
            USE TEMP B-TREE FOR GROUP BY
        WKeyword = 'red' AND TemporalSchedulePaused = false
          page
            SEARCH s USING COVERING INDEX schedule_attributes_by_value (namespace_id=? AND name=? AND value=?)
            SEARCH r USING PRIMARY KEY (namespace_id=? AND schedule_id=?)
          count
            SEARCH s USING COVERING INDEX schedule_attributes_by_value (namespace_id=? AND name=? AND value=?)
            SEARCH r USING PRIMARY KEY (namespace_id=? AND schedule_id=?)
            USE TEMP B-TREE FOR GROUP BY
        WInt > 5
          range
            CO-ROUTINE (subquery-1)
            SEARCH s USING COVERING INDEX schedule_attributes_by_value (namespace_id=? AND name=? AND value>? AND value<?)
            SCAN (subquery-1)
          page if small
            SEARCH s USING COVERING INDEX schedule_attributes_by_value (namespace_id=? AND name=? AND value>? AND value<?)
            USE TEMP B-TREE FOR ORDER BY
          page
            MERGE (UNION ALL) (7 times)
            LEFT (7 times)
            SEARCH r USING COVERING INDEX schedules_by_status (namespace_id=? AND status=?) (8 times)
            SEARCH a EXISTS USING PRIMARY KEY (namespace_id=? AND schedule_id=? AND name=? AND value>? AND value<?) (8 times)
            RIGHT (7 times)
          count
            SEARCH r USING COVERING INDEX schedules_by_status (namespace_id=?)
            SEARCH a EXISTS USING PRIMARY KEY (namespace_id=? AND schedule_id=? AND name=? AND value>? AND value<?)
        WInt IS NULL
          page
            MERGE (UNION ALL) (7 times)
            LEFT (7 times)
            SEARCH r USING COVERING INDEX schedules_by_status (namespace_id=? AND status=?) (8 times)
            CORRELATED SCALAR SUBQUERY 1
            SEARCH a USING PRIMARY KEY (namespace_id=? AND schedule_id=? AND name=? AND value>? AND value<?) (8 times)
            RIGHT (7 times)
            CORRELATED SCALAR SUBQUERY 3
            CORRELATED SCALAR SUBQUERY 5
            CORRELATED SCALAR SUBQUERY 7
            CORRELATED SCALAR SUBQUERY 9
            CORRELATED SCALAR SUBQUERY 11
            CORRELATED SCALAR SUBQUERY 13
            CORRELATED SCALAR SUBQUERY 15
          count
            SEARCH r USING COVERING INDEX schedules_by_status (namespace_id=?)
            CORRELATED SCALAR SUBQUERY 1
            SEARCH a USING PRIMARY KEY (namespace_id=? AND schedule_id=? AND name=? AND value>? AND value<?)
        WText = 'quick'
          page
            SEARCH s USING COVERING INDEX schedule_attributes_by_value (namespace_id=? AND name=? AND value=?)
          count
            SEARCH s USING COVERING INDEX schedule_attributes_by_value (namespace_id=? AND name=? AND value=?)
            SEARCH r USING PRIMARY KEY (namespace_id=? AND schedule_id=?)
            USE TEMP B-TREE FOR GROUP BY
    "#]].assert_eq(&text);
}

#[test]
fn every_file_of_the_folder_is_a_statement_that_is_used() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("sql");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|it| it.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    files.sort();
    let mut listed: Vec<_> = sql::ALL.iter().map(|it| it.name.to_owned()).collect();
    listed.sort();
    assert_eq!(files, listed);
}

/// Values come by number, so that PostgreSQL takes the same text.
#[test]
fn statements_have_numbered_parameters_only() {
    for statement in sql::ALL {
        let code: String = statement
            .text
            .lines()
            .filter(|line| !line.starts_with("--"))
            .collect::<Vec<_>>()
            .join("\n");
        assert!(!code.contains('?'), "{} has `?`", statement.name);
    }
}

/// What a list and a count of each shape do. The places that a merge has are shown once, with how
/// many there are; `SCAN` would be a scan of a whole table.
#[tokio::test]
async fn plans_of_lists_and_counts() {
    let text = plans_of(&[
        "",
        "ExecutionStatus = 'Running'",
        "ExecutionStatus != 'Running'",
        "WorkflowType = 't'",
        "WorkflowType = 't' AND ExecutionStatus = 'Failed'",
        "WorkflowId = 'w'",
        "WorkflowId STARTS_WITH 'w'",
        "RunId = '01a2037c-a29b-74f7-8688-7e8febe36f7a'",
        "StartTime > '2026-11-22T00:00:00Z' AND StartTime < '2026-11-23T00:00:00Z'",
        "CloseTime < '2026-11-22T00:00:00Z' AND ExecutionStatus = 'Failed'",
        "WKeyword = 'red'",
        "WKeyword = 'red' AND ExecutionStatus = 'Running' AND StartTime > '2026-11-22T00:00:00Z'",
        "WKeywordList IN ('a', 'b')",
        "WText = 'quick'",
        "WInt > 5",
        "WInt = 5 OR WKeyword = 'red'",
        "RootWorkflowId = 'w' AND RootRunId = '01a2037c-a29b-74f7-8688-7e8febe36f7a'",
        "ParentWorkflowId = 'w'",
        "ExecutionStatus = 'Running' AND TemporalReportedProblems IN ('category=WorkflowTaskFailed')",
        "TemporalPauseInfo IS NOT NULL",
        "TemporalPauseInfo = 'property:activityType=a'",
        "TemporalScheduledById = 's'",
        "TemporalWorkerDeploymentVersion = 'orders:0101010101010101010101010101010101010101010101010101010101010101' AND ExecutionStatus = 'Running'",
        "BuildIds = 'pinned:orders:0101010101010101010101010101010101010101010101010101010101010101'",
        "TemporalUsedWorkerDeploymentVersions = 'orders:0101010101010101010101010101010101010101010101010101010101010101'",
    ], |query| crate::list::statements(&list::filter(query))).await;
    expect![[r#"

          page
            MERGE (UNION ALL) (7 times)
            LEFT (7 times)
            SEARCH r USING COVERING INDEX runs_by_status (namespace_id=? AND status=?) (8 times)
            RIGHT (7 times)
          count
            SEARCH r USING COVERING INDEX runs_by_status (namespace_id=?)
        ExecutionStatus = 'Running'
          page
            SEARCH r USING COVERING INDEX runs_by_status (namespace_id=? AND status=?)
          count
            SEARCH r USING COVERING INDEX runs_by_status (namespace_id=? AND status=?)
        ExecutionStatus != 'Running'
          page
            MERGE (UNION ALL) (6 times)
            LEFT (6 times)
            SEARCH r USING COVERING INDEX runs_by_status (namespace_id=? AND status=?) (7 times)
            RIGHT (6 times)
          count
            COMPOUND QUERY
            LEFT-MOST SUBQUERY
            SEARCH r USING COVERING INDEX runs_by_status (namespace_id=? AND status=?) (7 times)
            UNION ALL (6 times)
        WorkflowType = 't'
          page
            MERGE (UNION ALL) (7 times)
            LEFT (7 times)
            SEARCH r USING COVERING INDEX runs_by_type (namespace_id=? AND workflow_type=? AND status=?) (8 times)
            RIGHT (7 times)
          count
            COMPOUND QUERY
            LEFT-MOST SUBQUERY
            SEARCH r USING COVERING INDEX runs_by_type (namespace_id=? AND workflow_type=? AND status=?) (8 times)
            UNION ALL (7 times)
        WorkflowType = 't' AND ExecutionStatus = 'Failed'
          page
            SEARCH r USING COVERING INDEX runs_by_type (namespace_id=? AND workflow_type=? AND status=?)
          count
            SEARCH r USING COVERING INDEX runs_by_type (namespace_id=? AND workflow_type=? AND status=?)
        WorkflowId = 'w'
          page
            SEARCH r USING INDEX runs_of_workflow (namespace_id=? AND workflow_id=?)
            USE TEMP B-TREE FOR ORDER BY
          count
            SEARCH r USING INDEX runs_of_workflow (namespace_id=? AND workflow_id=?)
            USE TEMP B-TREE FOR GROUP BY
        WorkflowId STARTS_WITH 'w'
          range
            CO-ROUTINE (subquery-1)
            SEARCH r USING COVERING INDEX runs_of_workflow (namespace_id=? AND workflow_id>? AND workflow_id<?)
            SCAN (subquery-1)
          page if small
            SEARCH r USING INDEX runs_of_workflow (namespace_id=? AND workflow_id>? AND workflow_id<?)
            USE TEMP B-TREE FOR ORDER BY
          page
            MERGE (UNION ALL) (7 times)
            LEFT (7 times)
            SEARCH r USING INDEX runs_by_status (namespace_id=? AND status=?) (8 times)
            RIGHT (7 times)
          count
            SEARCH r USING INDEX runs_by_status (namespace_id=?)
        RunId = '01a2037c-a29b-74f7-8688-7e8febe36f7a'
          page
            SEARCH r USING PRIMARY KEY (namespace_id=? AND run_id=?)
          count
            SEARCH r USING PRIMARY KEY (namespace_id=? AND run_id=?)
        StartTime > '2026-11-22T00:00:00Z' AND StartTime < '2026-11-23T00:00:00Z'
          page
            MERGE (UNION ALL) (7 times)
            LEFT (7 times)
            SEARCH r USING COVERING INDEX runs_by_status (namespace_id=? AND status=? AND start_ms>? AND (start_ms,run_id)<(?,?)) (8 times)
            RIGHT (7 times)
          count
            COMPOUND QUERY
            LEFT-MOST SUBQUERY
            SEARCH r USING COVERING INDEX runs_by_status (namespace_id=? AND status=? AND start_ms>? AND start_ms<?) (8 times)
            UNION ALL (7 times)
        CloseTime < '2026-11-22T00:00:00Z' AND ExecutionStatus = 'Failed'
          page
            SEARCH r USING INDEX runs_by_status (namespace_id=? AND status=? AND (start_ms,run_id)<(?,?))
          count
            SEARCH r USING INDEX runs_by_status (namespace_id=? AND status=? AND start_ms<?)
        WKeyword = 'red'
          page
            SEARCH s USING COVERING INDEX search_attributes_by_value (namespace_id=? AND name=? AND value=?)
          count
            SEARCH s USING COVERING INDEX search_attributes_by_value (namespace_id=? AND name=? AND value=?)
            SEARCH r USING PRIMARY KEY (namespace_id=? AND run_id=?)
            USE TEMP B-TREE FOR GROUP BY
        WKeyword = 'red' AND ExecutionStatus = 'Running' AND StartTime > '2026-11-22T00:00:00Z'
          page
            SEARCH s USING COVERING INDEX search_attributes_by_value (namespace_id=? AND name=? AND value=? AND start_ms>?)
            SEARCH r USING PRIMARY KEY (namespace_id=? AND run_id=?)
          count
            SEARCH s USING COVERING INDEX search_attributes_by_value (namespace_id=? AND name=? AND value=?)
            SEARCH r USING PRIMARY KEY (namespace_id=? AND run_id=?)
            USE TEMP B-TREE FOR GROUP BY
        WKeywordList IN ('a', 'b')
          page
            MERGE (UNION)
            LEFT
            SEARCH s USING COVERING INDEX search_attributes_by_value (namespace_id=? AND name=? AND value=?) (2 times)
            RIGHT
          count
            CO-ROUTINE (subquery-2)
            COMPOUND QUERY
            LEFT-MOST SUBQUERY
            SEARCH s USING COVERING INDEX search_attributes_by_value (namespace_id=? AND name=? AND value=?) (2 times)
            SEARCH r USING PRIMARY KEY (namespace_id=? AND run_id=?) (2 times)
            UNION USING TEMP B-TREE
            SCAN (subquery-2)
            USE TEMP B-TREE FOR GROUP BY
        WText = 'quick'
          page
            SEARCH s USING COVERING INDEX search_attributes_by_value (namespace_id=? AND name=? AND value=?)
          count
            SEARCH s USING COVERING INDEX search_attributes_by_value (namespace_id=? AND name=? AND value=?)
            SEARCH r USING PRIMARY KEY (namespace_id=? AND run_id=?)
            USE TEMP B-TREE FOR GROUP BY
        WInt > 5
          range
            CO-ROUTINE (subquery-1)
            SEARCH s USING COVERING INDEX search_attributes_by_value (namespace_id=? AND name=? AND value>? AND value<?)
            SCAN (subquery-1)
          page if small
            SEARCH s USING COVERING INDEX search_attributes_by_value (namespace_id=? AND name=? AND value>? AND value<?)
            USE TEMP B-TREE FOR ORDER BY
          page
            MERGE (UNION ALL) (7 times)
            LEFT (7 times)
            SEARCH r USING COVERING INDEX runs_by_status (namespace_id=? AND status=?) (8 times)
            SEARCH a EXISTS USING PRIMARY KEY (run_id=? AND name=? AND value>? AND value<?) (8 times)
            RIGHT (7 times)
          count
            SEARCH r USING COVERING INDEX runs_by_status (namespace_id=?)
            SEARCH a EXISTS USING PRIMARY KEY (run_id=? AND name=? AND value>? AND value<?)
        WInt = 5 OR WKeyword = 'red'
          page
            MERGE (UNION)
            LEFT
            SEARCH s USING COVERING INDEX search_attributes_by_value (namespace_id=? AND name=? AND value=?) (2 times)
            SEARCH r USING PRIMARY KEY (namespace_id=? AND run_id=?) (2 times)
            CORRELATED SCALAR SUBQUERY 1
            SEARCH a USING PRIMARY KEY (run_id=? AND name=? AND value=?) (4 times)
            CORRELATED SCALAR SUBQUERY 2
            RIGHT
            CORRELATED SCALAR SUBQUERY 4
            CORRELATED SCALAR SUBQUERY 5
          count
            CO-ROUTINE (subquery-6)
            COMPOUND QUERY
            LEFT-MOST SUBQUERY
            SEARCH s USING COVERING INDEX search_attributes_by_value (namespace_id=? AND name=? AND value=?) (2 times)
            SEARCH r USING PRIMARY KEY (namespace_id=? AND run_id=?) (2 times)
            CORRELATED SCALAR SUBQUERY 1
            SEARCH a USING PRIMARY KEY (run_id=? AND name=? AND value=?) (4 times)
            CORRELATED SCALAR SUBQUERY 2
            UNION USING TEMP B-TREE
            CORRELATED SCALAR SUBQUERY 4
            CORRELATED SCALAR SUBQUERY 5
            SCAN (subquery-6)
            USE TEMP B-TREE FOR GROUP BY
        RootWorkflowId = 'w' AND RootRunId = '01a2037c-a29b-74f7-8688-7e8febe36f7a'
          page
            MERGE (UNION)
            LEFT
            SEARCH r USING INDEX runs_by_root (namespace_id=? AND root_workflow_id=?)
            RIGHT
            SEARCH r USING INDEX runs_of_workflow (namespace_id=? AND workflow_id=?)
            USE TEMP B-TREE FOR ORDER BY
          count
            CO-ROUTINE (subquery-2)
            COMPOUND QUERY
            LEFT-MOST SUBQUERY
            SEARCH r USING INDEX runs_by_root (namespace_id=? AND root_workflow_id=?)
            UNION USING TEMP B-TREE
            SEARCH r USING INDEX runs_of_workflow (namespace_id=? AND workflow_id=?)
            SCAN (subquery-2)
            USE TEMP B-TREE FOR GROUP BY
        ParentWorkflowId = 'w'
          page
            SEARCH r USING COVERING INDEX runs_by_parent (namespace_id=? AND parent_workflow_id=?)
          count
            SEARCH r USING INDEX runs_by_parent (namespace_id=? AND parent_workflow_id=?)
            USE TEMP B-TREE FOR GROUP BY
        ExecutionStatus = 'Running' AND TemporalReportedProblems IN ('category=WorkflowTaskFailed')
          page
            SEARCH r USING INDEX runs_failing (namespace_id=?)
            USE TEMP B-TREE FOR ORDER BY
          count
            SEARCH r USING INDEX runs_failing (namespace_id=?)
        TemporalPauseInfo IS NOT NULL
          page
            MERGE (UNION)
            LEFT
            SEARCH r USING COVERING INDEX runs_by_status (namespace_id=? AND status=?)
            RIGHT
            SEARCH p USING COVERING INDEX activity_tasks_paused (namespace_id=?)
            SEARCH r USING PRIMARY KEY (namespace_id=? AND run_id=?)
            USE TEMP B-TREE FOR ORDER BY
          count
            CO-ROUTINE (subquery-2)
            COMPOUND QUERY
            LEFT-MOST SUBQUERY
            SEARCH r USING COVERING INDEX runs_by_status (namespace_id=? AND status=?)
            UNION USING TEMP B-TREE
            SEARCH p USING COVERING INDEX activity_tasks_paused (namespace_id=?)
            SEARCH r USING PRIMARY KEY (namespace_id=? AND run_id=?)
            SCAN (subquery-2)
            USE TEMP B-TREE FOR GROUP BY
        TemporalPauseInfo = 'property:activityType=a'
          page
            MERGE (UNION)
            LEFT
            SEARCH r USING COVERING INDEX runs_by_status (namespace_id=? AND status=?)
            SEARCH p EXISTS USING COVERING INDEX activity_tasks_paused (namespace_id=? AND run_id=? AND paused_type=?) (2 times)
            RIGHT
            SEARCH p USING COVERING INDEX activity_tasks_paused (namespace_id=?)
            SEARCH r USING PRIMARY KEY (namespace_id=? AND run_id=?)
            USE TEMP B-TREE FOR ORDER BY
          count
            CO-ROUTINE (subquery-4)
            COMPOUND QUERY
            LEFT-MOST SUBQUERY
            SEARCH r USING COVERING INDEX runs_by_status (namespace_id=? AND status=?)
            SEARCH p EXISTS USING COVERING INDEX activity_tasks_paused (namespace_id=? AND run_id=? AND paused_type=?) (2 times)
            UNION USING TEMP B-TREE
            SEARCH p USING COVERING INDEX activity_tasks_paused (namespace_id=?)
            SEARCH r USING PRIMARY KEY (namespace_id=? AND run_id=?)
            SCAN (subquery-4)
            USE TEMP B-TREE FOR GROUP BY
        TemporalScheduledById = 's'
          page
            SEARCH s USING COVERING INDEX search_attributes_by_value (namespace_id=? AND name=? AND value=?)
          count
            SEARCH s USING COVERING INDEX search_attributes_by_value (namespace_id=? AND name=? AND value=?)
            SEARCH r USING PRIMARY KEY (namespace_id=? AND run_id=?)
            USE TEMP B-TREE FOR GROUP BY
        TemporalWorkerDeploymentVersion = 'orders:0101010101010101010101010101010101010101010101010101010101010101' AND ExecutionStatus = 'Running'
          page
            SEARCH r USING COVERING INDEX runs_by_component (component=? AND namespace_id=? AND status=?)
          count
            SEARCH r USING COVERING INDEX runs_by_component (component=? AND namespace_id=? AND status=?)
        BuildIds = 'pinned:orders:0101010101010101010101010101010101010101010101010101010101010101'
          page
            MERGE (UNION ALL) (7 times)
            LEFT (7 times)
            SEARCH r USING INDEX runs_by_component (component=? AND namespace_id=? AND status=?) (8 times)
            RIGHT (7 times)
          count
            COMPOUND QUERY
            LEFT-MOST SUBQUERY
            SEARCH r USING INDEX runs_by_component (component=? AND namespace_id=? AND status=?) (8 times)
            UNION ALL (7 times)
        TemporalUsedWorkerDeploymentVersions = 'orders:0101010101010101010101010101010101010101010101010101010101010101'
          page
            MERGE (UNION) (8 times)
            LEFT (8 times)
            SEARCH r USING INDEX runs_by_component (component=? AND namespace_id=? AND status=?) (8 times)
            RIGHT (8 times)
            SEARCH r USING INDEX runs_moved (namespace_id=?)
          count
            CO-ROUTINE (subquery-9)
            COMPOUND QUERY
            LEFT-MOST SUBQUERY
            SEARCH r USING INDEX runs_by_component (component=? AND namespace_id=? AND status=?) (8 times)
            UNION USING TEMP B-TREE (8 times)
            SEARCH r USING INDEX runs_moved (namespace_id=?)
            SCAN (subquery-9)
            USE TEMP B-TREE FOR GROUP BY
    "#]].assert_eq(&text);
}

/// What each of these queries does.
async fn plans_of(queries: &[&str], statements: fn(&str) -> Vec<(&'static str, String)>) -> String {
    let store = temporary().await;
    let mut text = String::new();
    let mut writer = store.writer.lock().await;
    let connection = writer.connection().await.unwrap();
    for query in queries {
        writeln!(text, "{query}").unwrap();
        for (what, statement) in statements(query) {
            add_plan(&mut text, connection, what, &statement).await;
        }
    }
    text
}

async fn add_plan(
    text: &mut String,
    connection: &mut sqlx::SqliteConnection,
    what: &str,
    statement: &str,
) {
    let explain = format!("EXPLAIN QUERY PLAN {statement}");
    let rows = sqlx::query(sqlx::AssertSqlSafe(explain)).fetch_all(&mut *connection).await.unwrap();
    let mut steps: Vec<(String, u32)> = Vec::new();
    for row in rows {
        let detail: String = row.get("detail");
        match steps.iter_mut().find(|it| it.0 == detail) {
            Some(step) => step.1 += 1,
            None => steps.push((detail, 1)),
        }
    }
    writeln!(text, "  {what}").unwrap();
    for (detail, n) in steps {
        let times = if n > 1 { format!(" ({n} times)") } else { String::new() };
        writeln!(text, "    {detail}{times}").unwrap();
    }
}
