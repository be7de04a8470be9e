// Workflows with a mistake each: the message has to tell their author what to do.

import { condition, defineQuery, defineSignal, proxyActivities, setHandler } from "@refrain/workflow";

const { print } = proxyActivities<{ print(what: unknown): Promise<void> }>({ startToCloseTimeout: "10s" });

export async function throwsText(): Promise<void> {
  throw "out of paper";
}

export async function throwsObject(): Promise<void> {
  throw { code: 42, parts: ["tray"] };
}

export async function throwsUndefined(): Promise<void> {
  throw undefined;
}

export async function returnsBigInt(): Promise<unknown> {
  return { order: { total: 10n } };
}

export async function returnsCycle(): Promise<unknown> {
  const parent: { name: string; child?: unknown } = { name: "a" };
  parent.child = { parent };
  return parent;
}

export async function returnsFunction(): Promise<unknown> {
  return () => 1;
}

export async function sendsBigInt(): Promise<void> {
  await print({ total: 10n });
}

/** Computes for ever, and lets nobody else in. */
export async function neverYields(): Promise<void> {
  for (let n = 0; ; n++) if (n < 0) break;
}

/** Lets others in, but never waits: microtasks without an end. */
export async function neverRests(): Promise<void> {
  for (;;) await Promise.resolve();
}

export async function recurses(): Promise<number> {
  const deeper = (n: number): number => deeper(n + 1) + 1;
  return deeper(0);
}

const done = defineSignal("done");
const slow = defineQuery<Promise<number>>("slow");

export async function answersLater(): Promise<void> {
  let isDone = false;
  setHandler(slow, async () => 1);
  setHandler(done, () => {
    isDone = true;
  });
  await condition(() => isDone);
}
