// What a client sends along with a start or a signal reaches the activities and the children: interceptors,
// as OpenTelemetry's for Temporal are written.

import { AsyncLocalStorage, condition, defineSignal, executeChild, proxyActivities, setHandler } from "@temporalio/workflow";
import type { Headers, WorkflowInterceptorsFactory } from "@temporalio/workflow";

/** The header that OpenTelemetry's interceptors use. */
const TRACE = "_tracer-data";
const current = new AsyncLocalStorage<Headers>();

function within<T>(headers: Headers, work: () => T): T {
  const trace = headers[TRACE];
  return trace ? current.run({ [TRACE]: trace }, work) : work();
}

function traced<I extends { headers: Headers }>(input: I): I {
  return { ...input, headers: { ...input.headers, ...current.getStore() } };
}

export const interceptors: WorkflowInterceptorsFactory = () => ({
  inbound: [
    {
      execute: (input, next) => within(input.headers, () => next(input)),
      handleSignal: (input, next) => within(input.headers, () => next(input)),
    },
  ],
  outbound: [
    {
      scheduleActivity: (input, next) => next(traced(input)),
      startChildWorkflowExecution: (input, next) => next(traced(input)),
      getLogAttributes: (input, next) => next({ ...input, traced: current.getStore() !== undefined }),
    },
  ],
});

const { serve } = proxyActivities<{ serve(what: string): Promise<string> }>({ startToCloseTimeout: "10s" });

const ring = defineSignal("ring");

/** What each activity saw: of the start, of the start's child, of the signal. */
export async function visit(): Promise<string[]> {
  const seen: string[] = [];
  setHandler(ring, async () => void seen.push(await serve("ring")));
  seen.push(await serve("visit"));
  seen.push(await executeChild(guest));
  await condition(() => seen.length === 3);
  return seen;
}

export async function guest(): Promise<string> {
  return serve("guest");
}
