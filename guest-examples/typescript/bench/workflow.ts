// Small workflows for measuring and for tests; the same as those in Rust.

import {
  ActivityCancellationType,
  ApplicationFailure,
  CancellationScope,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  defineUpdate,
  executeChild,
  isCancellation,
  proxyActivities,
  publish,
  scheduleActivity,
  setHandler,
  sleep,
} from "@refrain/workflow";

const { noop } = proxyActivities<{ noop(): Promise<void> }>({ startToCloseTimeout: "10s" });

const go = defineSignal<[unknown]>("go");
const stateQuery = defineQuery<string>("state");
const done = defineSignal("done");
const status = defineQuery<string>("status");
const add = defineUpdate<number, [number]>("add");
const sumQuery = defineQuery<number>("sum");

async function oneActivity(): Promise<void> {
  await noop();
}

async function sequence(n: number): Promise<number> {
  for (let i = 0; i < n; i++) await noop();
  return n;
}

async function parallel(n: number): Promise<number> {
  await Promise.all(Array.from({ length: n }, () => noop()));
  return n;
}

async function sleepFor(ms: number): Promise<void> {
  await sleep(ms);
}

async function timers(n: number, ms: number): Promise<number> {
  await Promise.all(Array.from({ length: n }, () => sleep(ms)));
  return n;
}

async function waitSignal(): Promise<unknown> {
  let state = "waiting";
  let value: unknown;
  publish("status", state);
  setHandler(status, () => state);
  setHandler(go, (sent) => {
    value = sent;
    state = "signaled";
  });
  await condition(() => state === "signaled");
  publish("status", state);
  return value;
}

async function echo(value: unknown): Promise<unknown> {
  return value;
}

// Adds up what comes by the update `add`, which answers with the sum, until there are 100.
async function counter(): Promise<number> {
  let sum = 0;
  publish("sum", sum);
  setHandler(sumQuery, () => sum);
  setHandler(
    add,
    async (n) => {
      await noop();
      sum += n;
      publish("sum", sum);
      return sum;
    },
    {
      validator: (n) => {
        if (n <= 0) throw ApplicationFailure.create({ type: "NotPositive", message: `${n} is not positive` });
      },
    },
  );
  await condition(() => sum >= 100);
  return sum;
}

// Waits for cancellation, cleans up, and closes as canceled.
async function untilCanceled(): Promise<void> {
  try {
    await sleep("365 days");
  } finally {
    await CancellationScope.nonCancellable(async () => {
      await noop();
    });
  }
}

async function parent(workflowType: string, argument: unknown): Promise<unknown> {
  return executeChild(workflowType, { args: [argument] });
}

async function generations(left: number): Promise<number> {
  if (left === 0) return 0;
  return continueAsNew<typeof generations>(left - 1);
}

interface Errand {
  activity: string;
  args?: unknown[];
  activityId?: string;
  scheduleToCloseMs?: number;
  scheduleToStartMs?: number;
  startToCloseMs?: number;
  heartbeatMs?: number;
  attempts?: number;
  retryMs?: number;
  nonRetryable?: string[];
  whenCanceled?: "wait" | "abandon";
}

// One activity with options as asked for; when canceled, goes on until `done`.
async function errand(it: Errand): Promise<unknown> {
  let isDone = false;
  let state = "under way";
  publish("state", state);
  setHandler(stateQuery, () => state);
  setHandler(done, () => {
    isDone = true;
  });
  try {
    return await scheduleActivity(it.activity, it.args ?? [], {
      activityId: it.activityId,
      scheduleToCloseTimeout: it.scheduleToCloseMs,
      scheduleToStartTimeout: it.scheduleToStartMs,
      startToCloseTimeout: it.startToCloseMs,
      heartbeatTimeout: it.heartbeatMs,
      retry: {
        initialInterval: it.retryMs,
        maximumAttempts: it.attempts,
        nonRetryableErrorTypes: it.nonRetryable,
      },
      cancellationType: {
        wait: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
        abandon: ActivityCancellationType.ABANDON,
        try: ActivityCancellationType.TRY_CANCEL,
      }[it.whenCanceled ?? "try"],
    });
  } catch (error) {
    if (isCancellation(error)) {
      state = "canceled";
      publish("state", state);
      await CancellationScope.nonCancellable(() => condition(() => isDone));
    }
    throw error;
  }
}

export {
  counter,
  echo,
  errand,
  generations,
  parallel,
  parent,
  sequence,
  timers,
  oneActivity as "one-activity",
  sleepFor as "sleep",
  untilCanceled as "until-canceled",
  waitSignal as "wait-signal",
};
