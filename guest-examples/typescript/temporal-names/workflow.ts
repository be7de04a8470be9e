// A file as it is written for Temporal's SDK, which uses what that and Node have. Built as it stands.

import {
  ApplicationFailure,
  AsyncLocalStorage,
  CancellationScope,
  ParentClosePolicy,
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
import assert from "assert";
import { URL as NodeUrl } from "node:url";
import { WorkflowExecutionAlreadyStartedError, ensureApplicationFailure, msToNumber } from "@temporalio/common";
import { TimeoutType } from "@temporalio/common/lib/failure";

interface Alerts extends Sinks {
  alerts: { raise(what: string, times: number): void };
}

const { alerts } = proxySinks<Alerts>();

// What libraries do as they are loaded, when no run has begun.
const loaded = { at: Date.now(), chance: Math.random(), bytes: crypto.getRandomValues(new Uint8Array(2)).length };
console.log("loaded", loaded.bytes);
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
  const parentClosePolicy = ParentClosePolicy.PARENT_CLOSE_POLICY_TERMINATE;
  const child = await startChild(approval, { workflowId, parentClosePolicy });
  const taken = await executeChild(approval, { workflowId }).catch((error) => error);
  await child.signalWithOptions("approve", { args: ["eve"] });
  return {
    taken: taken instanceof WorkflowExecutionAlreadyStartedError && [taken.workflowId, taken.workflowType],
    first: await child.result(),
    day: msToNumber("1 day"),
    failure: ensureApplicationFailure(new RangeError("too far")).type,
    ofItsClass: ensureApplicationFailure(new Unpaid("not a cent")).type,
    timeout: TimeoutType.TIMEOUT_TYPE_HEARTBEAT,
  };
}

class Unpaid extends Error {}

export async function nothing(): Promise<null> {
  return null;
}

/** What is there of Node, and what is not for workflows. */
export async function ofNode(): Promise<object> {
  assert(loaded.at > 0 && loaded.chance < 1, "loaded before the run");
  assert.deepEqual({ a: [1] }, { a: [1] });
  const wrong = await Promise.resolve().then(() => assert.strictEqual(1, 2, "one is not two")).catch((error) => error);
  const none = await executeChild(nothing);
  const weak = await Promise.resolve().then(() => new WeakRef({})).catch((error) => error.name);
  const of = new globalThis.AsyncLocalStorage<number>();
  const stored = await of.run(7, async () => {
    await sleep(1);
    return of.getStore();
  });
  return { wrong: [wrong.name, wrong.message], none, weak, stored, url: new NodeUrl("/a", "https://shop.example").href };
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
