// A file as it is written for Temporal's SDK, which uses what that and Node have. Built as it stands.

import {
  ApplicationFailure,
  AsyncLocalStorage,
  CancellationScope,
  Trigger,
  condition,
  defineQuery,
  defineSignal,
  executeChild,
  getRandomStream,
  isCancellation,
  log,
  proxySinks,
  setHandler,
  sleep,
  startChild,
  uuid4,
  workflowInfo,
} from "@temporalio/workflow";
import type { Sinks } from "@temporalio/workflow";
import { WorkflowExecutionAlreadyStartedError, ensureApplicationFailure, msToNumber } from "@temporalio/common";

interface Alerts extends Sinks {
  alerts: { raise(what: string, times: number): void };
}

const { alerts } = proxySinks<Alerts>();
const tenant = new AsyncLocalStorage<string>();

export const approve = defineSignal<[string]>("approve");
export const approvedBy = defineQuery<string | undefined>("approvedBy");

export async function approval(): Promise<object> {
  let by: string | undefined;
  setHandler(approve, (name) => void (by = name));
  setHandler(approvedBy, () => by);
  log.info("waiting", { workflowId: workflowInfo().workflowId });
  const inTime = await condition(() => by !== undefined, "7 days");
  if (!inTime) throw ApplicationFailure.nonRetryable("nobody approved", "Timeout");
  alerts.raise("approved", 1);
  return { by };
}

/** Everything at once: timers, what follows an `await`, random numbers, and the classes of the web. */
export async function everything(): Promise<object> {
  const greeted = async () => {
    await sleep("10ms");
    return tenant.getStore() ?? "nobody";
  };
  const stored = await Promise.all([tenant.run("one", greeted), tenant.run("two", greeted), greeted()]);

  const trigger = new Trigger<string>();
  setTimeout(() => trigger.resolve("pulled"), 5);

  let ticks = 0;
  await new Promise<void>((done) => {
    const handle = setInterval(() => {
      if (++ticks < 3) return;
      clearInterval(handle);
      done();
    }, 10);
  });

  const aborted = new AbortController();
  const given = new Promise((resolve) => aborted.signal.addEventListener("abort", () => resolve("given up")));
  aborted.abort();

  let canceled = false;
  try {
    await CancellationScope.withTimeout("10ms", () => sleep("1 year"));
  } catch (error) {
    canceled = isCancellation(error);
  }

  const url = new URL("/orders?id=7&id=8", "https://shop.example");
  const copy = structuredClone({ at: new Date(0), of: new Map([["a", new Set([1, 2])]]) });
  const stream = getRandomStream("dice");
  return {
    stored,
    trigger: await trigger,
    ticks,
    given: await given,
    canceled,
    url: [url.host, url.searchParams.getAll("id")],
    copy: [copy.at.toISOString(), copy.of.get("a")?.size],
    uuids: [uuid4(), crypto.randomUUID(), stream.uuid4()].map((it) => it.length),
    dice: [Math.random(), stream.random()].every((it) => it >= 0 && it < 1),
    elapsed: Math.round(performance.now()) === Date.now() - workflowInfo().startTime.getTime(),
    bytes: new TextDecoder().decode(new TextEncoder().encode("grün")),
    base64: atob(btoa("refrain")),
  };
}

/** Names of `@temporalio/common`, and a child whose id is taken. */
export async function common(): Promise<object> {
  const workflowId = "common-child";
  const child = await startChild(approval, { workflowId, parentClosePolicy: "TERMINATE" });
  const taken = await executeChild(approval, { workflowId }).catch((error) => error);
  await child.signalWithOptions("approve", { args: ["eve"] });
  return {
    taken: taken instanceof WorkflowExecutionAlreadyStartedError && [taken.workflowId, taken.workflowType],
    first: await child.result(),
    day: msToNumber("1 day"),
    failure: ensureApplicationFailure(new RangeError("too far")).type,
  };
}

function checked(amount: number): number {
  if (amount < 0) throw ApplicationFailure.create({ type: "Amount", message: `amount is ${amount}` });
  return amount;
}

export async function failure(): Promise<number> {
  await sleep(1);
  return checked(-1);
}

export async function mistake(): Promise<string> {
  await sleep(1);
  const nothing: { name: string } | undefined = JSON.parse("null") ?? undefined;
  return nothing!.name;
}

const drawn = defineQuery<object>("drawn");

/** Draws from all that could differ, before a wait and after it, and waits to be asked. */
export async function draws(): Promise<void> {
  const values: unknown[] = [];
  const draw = () => {
    const bytes = crypto.getRandomValues(new Uint8Array(8));
    values.push(Date.now(), new Date().toISOString(), performance.now(), Math.random());
    values.push(crypto.randomUUID(), uuid4(), [...bytes], getRandomStream("dice").random());
  };
  let isDone = false;
  setHandler(drawn, () => values);
  setHandler(approve, () => void (isDone = true));
  draw();
  const order: string[] = [];
  setTimeout(() => order.push("later"), 20);
  setTimeout(() => order.push("sooner"), 10);
  queueMicrotask(() => order.push("at once"));
  const controller = new AbortController();
  controller.signal.addEventListener("abort", () => order.push("aborted"));
  setTimeout(() => controller.abort(), 15);
  await sleep(30);
  values.push(order, structuredClone({ order }), new TextDecoder().decode(new TextEncoder().encode("ü")));
  console.log("drawn", values.length);
  draw();
  await condition(() => isDone);
}

/** No workflow, though it is a function that the module exports. */
export class Countdown {
  constructor(readonly left: number) {}
}
