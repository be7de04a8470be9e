// All that Temporal's own client can be asked for, once. Prints what it sees, without ids and times.

import {
  ActivityNotFoundError,
  Client,
  Connection,
  ScheduleOverlapPolicy,
  WithStartWorkflowOperation,
  WorkflowUpdateStage,
} from '@temporalio/client';
import { defineSearchAttributeKey, SearchAttributeType, TypedSearchAttributes } from '@temporalio/common';

const address = process.argv[2];
const STAGE = defineSearchAttributeKey('Stage', SearchAttributeType.KEYWORD);

function causes(error) {
  const names = [];
  for (let cause = error; cause !== undefined && cause !== null; cause = cause.cause) {
    names.push(`${cause.constructor.name} \`${cause.message}\``);
  }
  return names.join(' <- ');
}

async function refused(what, call) {
  try {
    await call;
    console.log(`${what}: NOT refused`);
  } catch (error) {
    console.log(`${what}: ${error.constructor.name}`);
  }
}

async function failure(call) {
  try {
    return `NOT failed: ${JSON.stringify(await call)}`;
  } catch (error) {
    return causes(error);
  }
}

async function eventually(look) {
  const until = Date.now() + 20_000;
  while (!(await look())) {
    if (Date.now() > until) throw new Error('waited for too long');
    await new Promise((done) => setTimeout(done, 20));
  }
}

async function all(list) {
  const found = [];
  for await (const it of list) found.push(it);
  return found;
}

async function workflows(client) {
  const bench = { taskQueue: 'bench' };
  const echo = await client.workflow.start('wait-signal', {
    workflowId: 'echo',
    memo: { from: 'typescript' },
    typedSearchAttributes: new TypedSearchAttributes([{ key: STAGE, value: 'new' }]),
    staticSummary: 'an echo',
    workflowRunTimeout: '5 minutes',
    ...bench,
  });
  const described = await echo.describe();
  const stage = described.typedSearchAttributes.get(STAGE);
  console.log('described:', described.status.name, stage, JSON.stringify(described.memo));
  await refused('started twice', client.workflow.start('wait-signal', { workflowId: 'echo', ...bench }));
  const same = await client.workflow.start('wait-signal', {
    workflowId: 'echo',
    workflowIdConflictPolicy: 'USE_EXISTING',
    ...bench,
  });
  console.log('the existing one:', same.firstExecutionRunId === echo.firstExecutionRunId);
  await echo.signal('go', { text: 'grüße' });
  console.log('result:', JSON.stringify(await echo.result()));
  const both = await client.workflow.signalWithStart('wait-signal', {
    workflowId: 'both',
    signal: 'go',
    signalArgs: [7],
    ...bench,
  });
  console.log('signaled with start:', await both.result());
  await refused('signal after the end', echo.signal('go'));
  await refused('no such workflow', client.workflow.getHandle('nobody').describe());
  await refused('nothing deployed', client.workflow.start('x', { workflowId: 'x', taskQueue: 'nowhere' }));

  const canceled = await client.workflow.start('until-canceled', { workflowId: 'canceled', ...bench });
  await canceled.cancel();
  console.log('canceled:', await failure(canceled.result()));
  const terminated = await client.workflow.start('wait-signal', { workflowId: 'terminated', ...bench });
  await terminated.terminate('no longer needed');
  console.log('terminated:', await failure(terminated.result()));

  const reset = await client.workflowService.resetWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId: 'terminated' },
    workflowTaskFinishEventId: 4,
    requestId: 'reset',
    reason: 'once more',
  });
  const again = client.workflow.getHandle('terminated', reset.runId);
  await again.signal('go', 'after all');
  console.log('reset:', await again.result());

  const { events } = await echo.fetchHistory();
  console.log('history:', events.every((event, at) => Number(event.eventId) === at + 1));
  const listed = await all(client.workflow.list({ query: "TaskQueue = 'bench'", pageSize: 2 }));
  console.log('listed:', [...new Set(listed.map((it) => `${it.workflowId} ${it.status.name}`))].sort().join(', '));
  const counted = await client.workflow.count("TaskQueue = 'bench' GROUP BY ExecutionStatus");
  console.log('counted:', counted.count, counted.groups.length);
}

/** As a worker asks, for what this program then completes by hand. */
async function take(client, taskQueue) {
  const request = { namespace: 'default', taskQueue: { name: taskQueue }, identity: 'typescript' };
  const task = await client.workflowService.pollActivityTaskQueue(request);
  return task.taskToken;
}

async function messages(client) {
  const desk = await client.workflow.start('desk', { workflowId: 'desk', taskQueue: 'desk' });
  const paid = desk.executeUpdate('pay', { args: ['7', 100] });
  await client.activity.complete(await take(client, 'desk'), 'charge-7');
  console.log('updated:', await paid);
  const handle = await desk.startUpdate('pay', {
    args: ['8', 50],
    updateId: 'second',
    waitForStage: WorkflowUpdateStage.ACCEPTED,
  });
  const token = await take(client, 'desk');
  await client.activity.heartbeat(token, 'half');
  await client.activity.complete(token, 'charge-8');
  console.log('accepted:', await handle.result(), await desk.getUpdateHandle('second').result());
  await refused('completed twice', client.activity.complete(token, 'again'));
  console.log('rejected:', await failure(desk.executeUpdate('pay', { args: ['9', 0] })));
  await refused('no such update', desk.executeUpdate('no-such-update'));
  console.log('query:', await desk.query('total'));
  await refused('unknown query', desk.query('no-such-query'));
  await desk.signal('close');
  console.log('total:', await desk.result());

  const start = new WithStartWorkflowOperation('desk', {
    workflowId: 'desk-2',
    taskQueue: 'desk',
    workflowIdConflictPolicy: 'USE_EXISTING',
  });
  const options = { args: ['10', 5], startWorkflowOperation: start };
  const first = client.workflow.executeUpdateWithStart('pay', options);
  await client.activity.complete(await take(client, 'desk'), 'charge-10');
  console.log('update with start:', await first);
  const second = await start.workflowHandle();
  await second.signal('close');
  console.log('total:', await second.result());
}

async function schedules(client) {
  const action = { type: 'startWorkflow', workflowType: 'wait-signal', workflowId: 'scheduled', taskQueue: 'bench' };
  const spec = { intervals: [{ every: '1 hour' }] };
  const handle = await client.schedule.create({ scheduleId: 'hourly', action, spec });
  await refused('scheduled twice', client.schedule.create({ scheduleId: 'hourly', action, spec }));
  const wrong = { cronExpressions: ['x'] };
  await refused('wrong cron', client.schedule.create({ scheduleId: 'wrong', action, spec: wrong }));
  await handle.pause('holiday');
  await handle.unpause('back');
  await handle.trigger(ScheduleOverlapPolicy.SKIP);
  await eventually(async () => (await handle.describe()).info.numActionsTaken === 1);
  await handle.backfill({ start: new Date(0), end: new Date(3_600_000), overlap: 'ALLOW_ALL' });
  await handle.update((it) => it);
  const listed = await all(client.schedule.list());
  console.log('schedule: created, paused, triggered, backfilled, updated, listed', listed.length);
  await handle.delete();
  await refused('schedule after deletion', handle.describe());
}

async function activities(client) {
  const start = (activityId) =>
    client.workflowService.startActivityExecution({
      namespace: 'default',
      activityId,
      activityType: { name: 'wait' },
      taskQueue: { name: 'by-hand' },
      startToCloseTimeout: { seconds: 30 },
      requestId: activityId,
    });
  const outcome = async (activityId) => {
    const polled = await client.workflowService.pollActivityExecution({ namespace: 'default', activityId });
    return polled.outcome.failure?.message ?? Buffer.from(polled.outcome.result.payloads[0].data).toString();
  };
  await start('a1');
  await client.activity.complete(await take(client, 'by-hand'), 'done');
  console.log('activity:', await outcome('a1'));
  await start('a2');
  await client.activity.fail(await take(client, 'by-hand'), new Error('broken'));
  const failed = await client.workflowService.describeActivityExecution({
    namespace: 'default',
    activityId: 'a2',
    includeLastFailure: true,
  });
  console.log('failed attempt:', failed.info.lastFailure.message);
  await start('a3');
  const token = await take(client, 'by-hand');
  const request = { namespace: 'default', activityId: 'a3', reason: 'enough' };
  await client.workflowService.requestCancelActivityExecution(request);
  await refused('told to cancel', client.activity.heartbeat(token));
  await client.activity.reportCancellation(token, 'stopped');
  console.log('canceled activity:', await outcome('a3'));
  await client.workflowService.terminateActivityExecution({ namespace: 'default', activityId: 'a2', reason: 'for good' });
  console.log('terminated activity:', await outcome('a2'));
  const byQuery = { namespace: 'default', query: "TaskQueue = 'by-hand'" };
  const listed = await client.workflowService.listActivityExecutions(byQuery);
  const counted = await client.workflowService.countActivityExecutions(byQuery);
  console.log('activities:', listed.executions.length, Number(counted.count));
  await client.workflowService.deleteActivityExecution({ namespace: 'default', activityId: 'a1' });
  console.log('unknown activity:', ActivityNotFoundError.name, await failure(client.activity.complete(token, 1)));
}

const connection = await Connection.connect({ address });
const client = new Client({ connection });
await workflows(client);
await messages(client);
await schedules(client);
await activities(client);
await connection.close();
