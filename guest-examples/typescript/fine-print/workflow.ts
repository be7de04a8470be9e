// What few programs ask for, each once: what a cancellation waits for, handlers that are left running, errors
// that fail the workflow, details for people.
import {
  ActivityCancellationType,
  CancellationScope,
  ChildWorkflowCancellationType,
  HandlerUnfinishedPolicy,
  ParentClosePolicy,
  condition,
  defineSignal,
  defineUpdate,
  getCurrentDetails,
  isCancellation,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  setWorkflowOptions,
  sleep,
  startChild,
  workflowInfo,
} from "@refrain/workflow";

const done = defineSignal("done");

/** Asks a child to stop, and says whether it learned of a cancellation. */
export async function parts(cancellationType: ChildWorkflowCancellationType): Promise<boolean> {
  const scope = new CancellationScope();
  const child = await scope.run(() =>
    startChild(lingers, {
      workflowId: `${workflowInfo().workflowId}-child`,
      parentClosePolicy: ParentClosePolicy.ABANDON,
      cancellationType,
    }),
  );
  scope.cancel();
  if (cancellationType === ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED) await child.signal(done);
  return await isCanceled(child.result());
}

/** Takes its time to stop. */
export async function lingers(): Promise<void> {
  let isDone = false;
  setHandler(done, () => {
    isDone = true;
  });
  try {
    await condition(() => false);
  } finally {
    await CancellationScope.nonCancellable(() => condition(() => isDone));
  }
}

/** Cancels an activity that nobody has begun. */
export async function stops(cancellationType: ActivityCancellationType): Promise<boolean> {
  const { nap } = proxyActivities<{ nap(): Promise<void> }>({
    taskQueue: "nobody",
    startToCloseTimeout: "1h",
    cancellationType,
  });
  const scope = new CancellationScope();
  const napping = scope.run(() => nap());
  await sleep(1);
  scope.cancel();
  return await isCanceled(napping);
}

async function isCanceled(promise: Promise<unknown>): Promise<boolean> {
  try {
    await promise;
    return false;
  } catch (error) {
    return isCancellation(error);
  }
}

const say = defineSignal<[string]>("say");
const whisper = defineSignal<[string]>("whisper");

/** What it has heard at its first line, and what once it listens to whispers too. */
export async function hears(): Promise<string[][]> {
  const heard: string[] = [];
  setHandler(say, (what) => void heard.push(what));
  const early = [...heard];
  await condition(() => heard.includes("over"));
  setHandler(whisper, (what) => void heard.push(what));
  return [early, heard];
}

const poke = defineSignal("poke");
const ask = defineUpdate<void>("ask");

/** Ends while both of its handlers are running. */
export async function leaves(unfinishedPolicy?: HandlerUnfinishedPolicy): Promise<number> {
  let running = 0;
  const never = async () => {
    running++;
    await condition(() => false);
  };
  setHandler(poke, never, { unfinishedPolicy });
  setHandler(ask, never, { unfinishedPolicy });
  await condition(() => running === 2);
  return running;
}

class OutOfStock extends Error {
  override name = "OutOfStock";
}

setWorkflowOptions({ failureExceptionTypes: [OutOfStock] }, fails);

/** With an error of a class of its own. */
export async function fails(): Promise<void> {
  throw new OutOfStock("no more unobtainium");
}

/** What people are to see of it. */
export async function details(): Promise<string> {
  let isDone = false;
  setHandler(done, () => {
    isDone = true;
  });
  setCurrentDetails("**half** of it");
  await condition(() => isDone);
  return getCurrentDetails();
}

/** What it knows of itself. */
export async function info(): Promise<object> {
  const it = workflowInfo();
  return {
    attempt: it.attempt,
    isFirst: it.firstExecutionRunId === it.runId && it.continuedFromExecutionRunId === undefined,
    memo: it.memo,
    parent: it.parent,
    priority: it.priority,
    retryPolicy: it.retryPolicy,
    root: it.root,
    runTimeoutMs: it.runTimeoutMs,
    taskTimeoutMs: it.taskTimeoutMs,
    startedInTime: it.startTime.getTime() <= Date.now(),
    isReplaying: it.unsafe.isReplaying,
  };
}
