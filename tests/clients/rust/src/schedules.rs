//! Schedules.

use crate::words::{eventually, refused};
use anyhow::Result;
use futures_util::TryStreamExt;
use std::time::{Duration, SystemTime};
use temporalio_client::schedules::{
    CreateScheduleOptions, ListSchedulesOptions, ScheduleAction, ScheduleBackfill,
    ScheduleOverlapPolicy, ScheduleSpec, ScheduleSummary, ScheduleUpdate,
};
use temporalio_client::{Client, RpcOptions};
use temporalio_common::UntypedWorkflow;
use temporalio_common::data_converters::RawValue;

const HOUR: Duration = Duration::from_secs(3600);

pub(crate) async fn run(client: &Client) -> Result<()> {
    let workflow = UntypedWorkflow::new("wait-signal");
    let options = CreateScheduleOptions::builder()
        .action(ScheduleAction::start_workflow(workflow, RawValue::default(), "bench", "scheduled"))
        .spec(ScheduleSpec::from_interval(HOUR))
        .build();
    let handle = client.create_schedule("hourly", options.clone()).await?;
    refused("scheduled twice", client.create_schedule("hourly", options).await);
    handle.pause(Some("holiday"), Default::default()).await?;
    let paused = handle.describe(RpcOptions::default()).await?;
    println!("paused: {} {:?}", paused.paused(), paused.note());
    handle.unpause(Some("back"), Default::default()).await?;
    handle.trigger(ScheduleOverlapPolicy::Skip, Default::default()).await?;
    eventually(async || Ok(handle.describe(RpcOptions::default()).await?.action_count() == 1))
        .await?;
    let epoch = SystemTime::UNIX_EPOCH;
    let backfill =
        ScheduleBackfill::new(epoch, epoch + HOUR).overlap_policy(ScheduleOverlapPolicy::AllowAll);
    handle.backfill([backfill.build()], Default::default()).await?;
    let update = |it: &mut ScheduleUpdate| {
        it.set_note("as it was");
    };
    handle.update(update, RpcOptions::default()).await?;
    let update = handle.describe(RpcOptions::default()).await?.into_update();
    handle.send_update(update, RpcOptions::default()).await?;
    let described = handle.describe(RpcOptions::default()).await?;
    println!("updated: {:?} {}", described.note(), described.future_action_times().len());
    eventually(async || {
        let list: Vec<ScheduleSummary> =
            client.list_schedules(ListSchedulesOptions::default()).try_collect().await?;
        Ok(list.len() == 1
            && list[0].schedule_id() == "hourly"
            && list[0].note() == Some("as it was"))
    })
    .await?;
    handle.delete(Default::default()).await?;
    refused("schedule after deletion", handle.describe(RpcOptions::default()).await);
    Ok(())
}
