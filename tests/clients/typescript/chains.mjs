// Chains of runs by Temporal's own client: handles that outlive a run, and handles that do not. Prints what it sees.

import { Client, Connection } from '@temporalio/client';
import { waitOnNamespace } from '@temporalio/testing/lib/utils.js';

const QUEUE = 'entities';

async function failure(call) {
  try {
    return `NOT failed: ${JSON.stringify(await call)}`;
  } catch (error) {
    const names = [];
    for (let cause = error; cause; cause = cause.cause) names.push(cause.constructor.name);
    return names.join(' <- ');
  }
}

async function eventually(look) {
  const until = Date.now() + 60_000;
  while (!(await look())) {
    if (Date.now() > until) throw new Error('waited for too long');
    await new Promise((done) => setTimeout(done, 20));
  }
}

/** An account in its second run, with the handle that its start gave. */
async function account(client, workflowId) {
  const handle = await client.workflow.start('account', { args: [[], 1], workflowId, taskQueue: QUEUE });
  const latest = client.workflow.getHandle(workflowId);
  await latest.signal('deposit', 7);
  await eventually(async () => (await latest.describe()).runId !== handle.firstExecutionRunId);
  return handle;
}

async function status(client, workflowId) {
  return (await client.workflow.getHandle(workflowId).describe()).status.name;
}

const connection = await Connection.connect({ address: process.argv[2] });
const client = new Client({ connection });
const { workflow } = client;

// Looks for the id of a run that is not there.
await waitOnNamespace(connection, 'default', 1);

const retry = { initialInterval: 10, maximumAttempts: 3 };
const flaky = await workflow.start('flaky', { args: [2], workflowId: 'flaky', taskQueue: QUEUE, retry });
console.log('retried:', await flaky.result());
const alone = workflow.getHandle('flaky', flaky.firstExecutionRunId, { followRuns: false });
console.log('first attempt:', await failure(alone.result()));

const followed = await account(client, 'followed');
await workflow.getHandle('followed').signal('close');
console.log('followed:', JSON.stringify(await followed.result()));
const first = workflow.getHandle('followed', followed.firstExecutionRunId, { followRuns: false });
console.log('not followed:', await failure(first.result()));

const canceled = await account(client, 'canceled');
const other = (await workflow.getHandle('canceled').describe()).runId;
const of = (workflowId, firstExecutionRunId) => workflow.getHandle(workflowId, undefined, { firstExecutionRunId });
console.log('cancel of another chain:', await failure(of('canceled', other).cancel()), await status(client, 'canceled'));
await of('canceled', canceled.firstExecutionRunId).cancel();
console.log('canceled:', await failure(canceled.result()), await status(client, 'canceled'));

const terminated = await account(client, 'terminated');
await of('terminated', terminated.firstExecutionRunId).terminate('enough');
console.log('terminated:', await failure(terminated.result()), await status(client, 'terminated'));

// Another chain with the same id is none of the old handle's business.
await account(client, 'terminated');
console.log('old handle:', await failure(terminated.terminate()), await status(client, 'terminated'));

// A reset begins a run of its own: whoever waits for the run that was reset learns of its end.
const reset = await workflow.start('account', { args: [[], 5], workflowId: 'reset', taskQueue: QUEUE });
await reset.signal('deposit', 7);
await eventually(async () => (await reset.query('deposits')).toString() === '1');
await connection.workflowService.resetWorkflowExecution({
  namespace: 'default',
  workflowExecution: { workflowId: 'reset' },
  reason: 'again',
  workflowTaskFinishEventId: 4,
  requestId: 'reset-1',
});
console.log('reset:', await failure(workflow.getHandle('reset', reset.firstExecutionRunId).result()));
const again = workflow.getHandle('reset');
await again.signal('close');
console.log('again:', JSON.stringify(await again.result()));

await connection.close();
