// A file that imports by Temporal's own names whatever it can. The compiler accepts it against Temporal's types
// and against ours: see `names.test.mjs`.

import * as wf from "@temporalio/workflow";
import {
  ActivityCancellationType,
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  ChildWorkflowCancellationType,
  ChildWorkflowFailure,
  ContinueAsNew,
  ParentClosePolicy,
  TimeoutFailure,
  Trigger,
  WorkflowIdReusePolicy,
  allHandlersFinished,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  defineUpdate,
  deprecatePatch,
  executeChild,
  getExternalWorkflowHandle,
  inWorkflowContext,
  isCancellation,
  log,
  makeContinueAsNewFunc,
  metricMeter,
  patched,
  proxyActivities,
  proxyLocalActivities,
  proxySinks,
  rootCause,
  setDefaultQueryHandler,
  setDefaultSignalHandler,
  setDefaultUpdateHandler,
  setHandler,
  sleep,
  startChild,
  upsertMemo,
  upsertSearchAttributes,
  uuid4,
  workflowInfo,
} from "@temporalio/workflow";
import type {
  ActivityInterfaceFor,
  ActivityOptions,
  ChildWorkflowHandle,
  ChildWorkflowOptions,
  ExternalWorkflowHandle,
  Next,
  Sinks,
  WorkflowExecuteInput,
  WorkflowInboundCallsInterceptor,
  WorkflowInfo,
  WorkflowInterceptorsFactory,
} from "@temporalio/workflow";

interface Activities {
  greet(name: string): Promise<string>;
  add(a: number, b: number): Promise<number>;
}
interface Alerts extends Sinks {
  alerts: { raise(what: string): void };
}

const options: ActivityOptions = {
  startToCloseTimeout: "30s",
  heartbeatTimeout: 1000,
  retry: { initialInterval: "1s", backoffCoefficient: 2, maximumAttempts: 3, nonRetryableErrorTypes: ["Fatal"] },
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
};
const acts: ActivityInterfaceFor<Activities> = proxyActivities<Activities>(options);
const { greet, add } = acts;
const { add: addHere } = proxyLocalActivities<Activities>({ startToCloseTimeout: "1s" });
const { alerts } = proxySinks<Alerts>();

export const approve = defineSignal<[boolean, string]>("approve");
export const status = defineQuery<string, [verbose: boolean]>("status");
export const rename = defineUpdate<string, [string]>("rename");

class Traced implements WorkflowInboundCallsInterceptor {
  async execute(input: WorkflowExecuteInput, next: Next<WorkflowInboundCallsInterceptor, "execute">): Promise<unknown> {
    return next(input);
  }
}

export const interceptors: WorkflowInterceptorsFactory = () => ({
  inbound: [new Traced()],
  outbound: [
    {
      async scheduleActivity(input, next) {
        return next({ ...input, headers: { ...input.headers } });
      },
      async startTimer(input, next) {
        await next(input);
      },
    },
  ],
});

export async function child(n: number): Promise<string> {
  return `${n}`;
}

export async function everything(name: string): Promise<string> {
  const info: WorkflowInfo = workflowInfo();
  let approved: boolean | undefined;
  setHandler(approve, (it, by) => {
    approved = it;
    log.info("approved", { by });
  });
  setHandler(status, (verbose) => (verbose ? `${approved}` : "?"), { description: "what became of it" });
  setHandler(rename, async (to) => `${to}`, {
    validator: (to) => {
      if (to === "") throw ApplicationFailure.create({ message: "empty", nonRetryable: true, type: "Empty" });
    },
  });
  setDefaultSignalHandler((signal, ...args) => log.debug(signal, { args }));
  setDefaultQueryHandler((query) => query);
  setDefaultUpdateHandler(async (update) => update);

  const greeted: string = await greet.executeWithOptions({ startToCloseTimeout: 5000 }, [name]);
  const sum: number = (await add(1, 2)) + (await addHere(3, 4));
  alerts.raise(greeted);
  metricMeter.createCounter("sums", "1", "how many").add(1, { of: "two" });

  const childOptions: Omit<ChildWorkflowOptions, "typeInfo"> = {
    workflowId: `child-${uuid4()}`,
    parentClosePolicy: ParentClosePolicy.ABANDON,
    cancellationType: ChildWorkflowCancellationType.TRY_CANCEL,
    workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
  };
  const handle: ChildWorkflowHandle<typeof child> = await startChild(child, { ...childOptions, args: [sum] });
  const result: string = await handle.result();
  await executeChild<typeof child>("child", { args: [1] });
  const other: ExternalWorkflowHandle = getExternalWorkflowHandle("other", undefined);
  await other.signal(approve, true, name);
  await other.cancel();

  try {
    await CancellationScope.withTimeout("1m", async () => {
      await Promise.race([sleep("7 days", { summary: "a week" }), condition(() => approved === true, "24h")]);
      await CancellationScope.nonCancellable(() => greet(name));
    });
  } catch (error) {
    if (isCancellation(error)) throw new CancelledFailure("given up");
    if (error instanceof ActivityFailure && error.cause instanceof TimeoutFailure) return `${error.cause.timeoutType}`;
    if (error instanceof ChildWorkflowFailure) return rootCause(error) ?? "unknown";
    if (error instanceof ContinueAsNew) throw error;
    throw ApplicationFailure.nonRetryable("failed", "Failed", { name });
  }

  const trigger = new Trigger<number>();
  trigger.resolve(1);
  upsertSearchAttributes({ CustomKeywordField: ["x"] });
  upsertMemo({ note: await trigger });
  if (patched("a-change")) deprecatePatch("older");
  await condition(allHandlersFinished);
  if (info.continueAsNewSuggested && inWorkflowContext()) await continueAsNew<typeof everything>(name);
  if (info.historyLength > 10_000) await makeContinueAsNewFunc<typeof everything>({ taskQueue: "other" })(name);
  return `${result} ${wf.workflowInfo().unsafe.isReplaying}`;
}

/** As it is written where nobody imports `sleep`. */
export async function pauses(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 50));
}
