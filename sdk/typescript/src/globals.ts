// What programs expect to be there and QuickJS does not have, or not deterministically.

import context from "refrain:workflow/context@0.1.0";
import timers from "refrain:workflow/timers@0.1.0";
import operations from "refrain:workflow/operations@0.1.0";
import { log, toText } from "./context";
import { DeterminismViolationError } from "./errors";
import { conditionsMayHold } from "./operation";
import { AsyncLocalStorage, CancellationScope, within } from "./scope";
import { traced } from "./source-lines";
import { read } from "./task";
import { hasBegun, needRun } from "./top-level";
import { decodeUtf8, encodeUtf8 } from "./utf8";

const globals = globalThis as Record<string, unknown>;

globals.TextEncoder = class TextEncoder {
  readonly encoding = "utf-8";
  encode(text = ""): Uint8Array {
    return encodeUtf8(text);
  }
};

globals.TextDecoder = class TextDecoder {
  readonly encoding = "utf-8";
  decode(bytes?: ArrayBuffer | ArrayBufferView): string {
    if (bytes === undefined) return "";
    if (bytes instanceof ArrayBuffer) return decodeUtf8(new Uint8Array(bytes));
    return decodeUtf8(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  }
};

// Durable timers; a handle is the timer's operation.
globals.setTimeout = (callback: (...args: unknown[]) => void, ms = 0, ...args: unknown[]): number => {
  needRun("`setTimeout`");
  const [op, fired] = timers.sleep(Math.max(0, Math.ceil(ms)), null);
  const scope = CancellationScope.current();
  read(fired, (result) => {
    if (result.tag === "ok") within(scope, () => callback(...args));
    conditionsMayHold();
  });
  return op;
};
globals.clearTimeout = (op?: number): void => {
  if (op !== undefined) operations.cancel(op);
};
globals.setImmediate = (callback: (...args: unknown[]) => void, ...args: unknown[]): number =>
  setTimeout(callback, 0, ...args) as unknown as number;
globals.clearImmediate = globals.clearTimeout;

/** Each tick is a timer of its own, so a handle is a number of ours. */
const ticking = new Map<number, number>();
let intervals = 0;
globals.setInterval = (callback: (...args: unknown[]) => void, ms = 0, ...args: unknown[]): number => {
  const handle = ++intervals;
  const tick = () => {
    const op = setTimeout(() => {
      tick();
      callback(...args);
    }, ms) as unknown as number;
    ticking.set(handle, op);
  };
  tick();
  return handle;
};
globals.clearInterval = (handle?: number): void => {
  if (handle === undefined) return;
  clearTimeout(ticking.get(handle));
  ticking.delete(handle);
};

// The engine's own generator was seeded when the component was built: what it gives is for what libraries do as they are
// loaded, not for what a run decides.
const randomOfBuild = Math.random;
Math.random = () => (hasBegun() ? Number(BigInt(context.randomU64()) >> 11n) / 2 ** 53 : randomOfBuild());
globals.crypto = {
  randomUUID: () => {
    needRun("`crypto.randomUUID`");
    return context.uuid4();
  },
  getRandomValues: <T extends ArrayBufferView>(into: T): T => {
    const { length } = new Uint8Array(into.buffer, into.byteOffset, into.byteLength);
    const bytes = hasBegun() ? context.randomBytes(length) : Uint8Array.from({ length }, () => randomOfBuild() * 256);
    new Uint8Array(into.buffer, into.byteOffset, length).set(bytes);
    return into;
  },
};

// The time of the run, also where the engine would ask a clock; as a module is loaded, that of the build.
const nowOfBuild = Date.now;
Date.now = () => (hasBegun() ? Number(context.nowMs()) : nowOfBuild());
const startTime = () => (hasBegun() ? Number(context.info().startTimeMs) : nowOfBuild());
globals.performance = {
  get timeOrigin() {
    return startTime();
  },
  now: () => Date.now() - startTime(),
};

// What the collector does would show.
for (const name of ["WeakRef", "FinalizationRegistry"]) {
  globals[name] = class {
    constructor() {
      throw new DeterminismViolationError(`\`${name}\` is not for workflows: when garbage is collected differs from replay to replay`);
    }
  };
}

globals.AsyncLocalStorage = AsyncLocalStorage;

const text = (values: unknown[]): string =>
  values.map((value) => (typeof value === "string" ? value : show(value))).join(" ");

function show(value: unknown): string {
  if (value instanceof Error) return value.stack ? `${value}\n${traced(value.stack)}` : String(value);
  return toText(value);
}

globals.console = {
  log: (...values: unknown[]) => log.info(text(values)),
  info: (...values: unknown[]) => log.info(text(values)),
  debug: (...values: unknown[]) => log.debug(text(values)),
  trace: (...values: unknown[]) => log.trace(text(values)),
  warn: (...values: unknown[]) => log.warn(text(values)),
  error: (...values: unknown[]) => log.error(text(values)),
};

export {};
