// Workflows with a mistake each: the message has to tell their author what to do.

import { CancellationScope, condition, defineQuery, defineSignal, executeChild, proxyActivities, setHandler, sleep } from "@refrain/workflow";

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

export async function namesNoTimeout(): Promise<void> {
  await proxyActivities<{ print(what: unknown): Promise<void> }>({ taskQueue: "printers" }).print("a page");
}

/** Computes for ever, and lets nobody else in. */
export async function neverYields(): Promise<void> {
  for (let n = 0; ; n++) if (n < 0) break;
}

/** Lets others in, but never waits: microtasks without an end. */
export async function neverRests(): Promise<void> {
  for (;;) await Promise.resolve();
}

/** Waits for one of three things, and forgets the others; again and again. */
export async function drops(): Promise<void> {
  for (;;) {
    void print("a page");
    await Promise.race([sleep(1), sleep(2)]);
  }
}

/** Begins more and more, and waits for none of it. */
export async function leaks(): Promise<void> {
  for (;;) {
    for (let n = 0; n < 500; n++) void print("a page");
    await sleep(1);
  }
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

/** Waits for nothing of what it begins. */
export async function forgets(): Promise<void> {
  const fails = async () => {
    await Promise.resolve();
    throw new Error("nobody looks");
  };
  void fails();
  await condition(() => false);
}

/** As above, in the very task that ends the run. */
export async function forgetsAtTheEnd(): Promise<string> {
  const fails = async () => {
    for (let n = 0; n < 9; n++) await Promise.resolve();
    throw new Error("nobody looks any more");
  };
  void fails();
  return "done";
}

/** As above, one `then` later. */
export async function forgetsWhatFollows(): Promise<void> {
  void Promise.resolve().then(() => JSON.parse("{"));
  await condition(() => false);
}

/** Does not ask what becomes of an activity. */
export async function forgetsActivity(what: unknown = { total: 10n }): Promise<void> {
  void print(what);
  await condition(() => false);
}

/** What it calls later throws, and there is nobody to catch it. */
export async function throwsInTimer(): Promise<void> {
  setTimeout(() => {
    throw new RangeError("too late");
  }, 1);
  await condition(() => false);
}

/** Nothing of this is forgotten, and what is canceled may be. */
export async function looksInTime(): Promise<string[]> {
  const fails = async (why: string) => {
    throw new Error(why);
  };
  const seen: string[] = [];
  const later = fails("later");
  await Promise.resolve();
  await later.catch((error) => seen.push(error.message));
  await Promise.all([fails("first"), fails("second")]).catch((error) => seen.push(error.message));
  await Promise.race([Promise.reject(new Error("raced")), fails("lost")]).catch((error) => seen.push(error.message));
  const scope = new CancellationScope();
  void scope.run(() => sleep("1 day"));
  scope.cancel();
  await sleep(1);
  const frozen = Object.freeze(fails("frozen"));
  await frozen.catch((error) => seen.push(error.message));
  const slow = new Promise((resolve, reject) => {
    resolve(sleep(5).then(() => fails("slow")));
    reject(new Error("settled before"));
  });
  await sleep(1);
  await slow.catch((error) => seen.push(error.message));
  class Own<T> extends Promise<T> {}
  const own = new Own<string>((resolve) => resolve("of a class of its own")).then((text) => text);
  seen.push(await own, String(own instanceof Own), String(fails instanceof Function && Promise.resolve(own) === own));
  const takes = async ({ total }: { total: number }) => total;
  const given = takes(undefined as unknown as { total: number });
  await given.catch((error) => seen.push(error.name));
  return seen;
}

/** The mistake is a child's of its child. */
export async function asksInVain(depth: number): Promise<unknown> {
  if (depth === 0) throw { code: 42 };
  return executeChild(asksInVain, { args: [depth - 1], workflowId: `depth-${depth - 1}` });
}

declare function fetch(url: string): Promise<unknown>;

/** For a network, which a workflow does not have. */
export async function reachesOut(): Promise<unknown> {
  return fetch("https://shop.example");
}
