// Notifies many users, a child workflow for each, so many at a time. Beside it a workflow that does with children
// and other workflows whatever can be done with them.

import {
  ApplicationFailure,
  CancellationScope,
  condition,
  defineSignal,
  executeChild,
  getExternalWorkflowHandle,
  ParentClosePolicy,
  rootCause,
  setHandler,
  startChild,
  workflowInfo,
} from "@refrain/workflow";

interface Batches {
  users: number;
  atATime: number;
}

/** How many were notified. */
export async function batchNotifications({ users, atATime }: Batches): Promise<number> {
  const { workflowId } = workflowInfo();
  let notified = 0;
  for (let first = 0; first < users; first += atATime) {
    const children = [];
    for (let user = first; user < Math.min(first + atATime, users); user++) {
      children.push(executeChild(notifyUser, { workflowId: `${workflowId}-${user}`, args: [user] }));
    }
    for (const one of await Promise.all(children)) notified += one;
  }
  return notified;
}

/** Notifies one: always a success here. */
export async function notifyUser(_user: number): Promise<number> {
  return 1;
}

const finish = defineSignal<[string]>("finish");
const close = defineSignal("close");

/** What came of each thing that was tried, in the order in which it was. */
export async function family(): Promise<string[]> {
  const me = workflowInfo().workflowId;
  let closed = false;
  setHandler(close, () => {
    closed = true;
  });
  const told: string[] = [];

  told.push(await outcome(executeChild(refuses, { workflowId: `${me}-refuses` })));

  const waiting = await startChild(waits, { workflowId: `${me}-signaled` });
  // One more with the same id.
  told.push(await outcome(executeChild(waits, { workflowId: `${me}-signaled` })));
  await waiting.signal(finish, "told by its parent");
  told.push(await outcome(waiting.result()));

  const scope = new CancellationScope();
  const canceled = scope.run(() => executeChild(waits, { workflowId: `${me}-canceled` }));
  scope.cancel();
  told.push(await outcome(canceled));

  const nobody = getExternalWorkflowHandle(`${me}-nobody`);
  told.push(await outcome(nobody.signal(finish, "").then(() => "delivered")));
  told.push(await outcome(nobody.cancel().then(() => "delivered")));

  await startChild(waits, { workflowId: `${me}-terminated`, parentClosePolicy: ParentClosePolicy.TERMINATE });
  await startChild(waits, { workflowId: `${me}-asked-to-stop`, parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL });
  await startChild(waits, { workflowId: `${me}-abandoned`, parentClosePolicy: ParentClosePolicy.ABANDON });
  await condition(() => closed);
  return told;
}

/** The root of what went wrong, if something did. */
async function outcome(promise: Promise<string>): Promise<string> {
  try {
    return await promise;
  } catch (error) {
    return rootCause(error);
  }
}

export async function refuses(): Promise<string> {
  throw ApplicationFailure.create({ type: "Refused", message: "refused for good" });
}

export async function waits(): Promise<string> {
  let told: string | undefined;
  setHandler(finish, (text) => {
    told = text;
  });
  await condition(() => told !== undefined);
  return told!;
}
