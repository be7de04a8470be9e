// What is under way: the one place that reads futures of the host.

import operations from "refrain:workflow/operations@0.1.0";
import signals from "refrain:workflow/signals@0.1.0";
import type { Future, Op } from "refrain:workflow/types@0.1.0";
import { fromFailure } from "./failures";
import { Engine, suspect } from "./rejections";
import { CancellationScope } from "./scope";
import { read } from "./task";

/** The outcome of a future of the host, as a promise. */
export function outcome<T, R>(future: Future<T>, decode: (value: T) => R): Promise<R> {
  return new Promise((resolve, reject) => settle(future, decode, resolve, reject));
}

/** As `outcome`, of an operation that ends with the scope it was started in. */
export function operation<T, R>(start: () => [Op, Future<T>], decode: (value: T) => R): Promise<R> {
  const scope = CancellationScope.current();
  // What `new Promise` does for a program's own promises costs more than is needed here.
  let failed = false;
  let promise: Promise<R> | undefined;
  promise = new Engine<R>((resolve, reject) => {
    const fail = (error: unknown) => {
      reject(error);
      if (promise) suspect(promise);
      else failed = true;
    };
    try {
      scope.check();
      const [op, future] = start();
      settle(future, decode, resolve, fail, scope.onCancel(() => operations.cancel(op)));
    } catch (error) {
      fail(error);
    }
  });
  if (failed) suspect(promise);
  return promise;
}

export function nothing(): void {}

function settle<T, R>(
  future: Future<T>,
  decode: (value: T) => R,
  resolve: (value: R) => void,
  reject: (error: unknown) => void,
  before = nothing,
): void {
  read(future, (result) => {
    before();
    conditionsMayHold();
    if (result.tag === "err") return reject(fromFailure(result.val));
    try {
      resolve(decode(result.val));
    } catch (error) {
      reject(error);
    }
  });
}

interface Condition {
  holds: () => boolean;
  resolve: () => void;
  reject: (error: unknown) => void;
}

const conditions = new Set<Condition>();
let asked = false;

/**
 * Resolves once `holds` gives true, and rejects when the scope that this is called in is canceled. It is asked whenever
 * something has happened. Returns what gives up waiting.
 */
export function whenHolds(holds: () => boolean, resolve: () => void, reject: (error: unknown) => void): () => void {
  const condition: Condition = {
    holds,
    resolve: () => {
      forget();
      resolve();
    },
    reject: (error) => {
      forget();
      reject(error);
    },
  };
  conditions.add(condition);
  const abandon = () => void conditions.delete(condition);
  const forget = CancellationScope.current().onCancel((failure) => {
    abandon();
    reject(failure);
  });
  conditionsMayHold();
  return () => {
    abandon();
    forget();
  };
}

/** Asks all conditions now. True if one held. */
export function askConditions(): boolean {
  let any = false;
  for (const condition of [...conditions]) {
    try {
      if (!condition.holds()) continue;
      condition.resolve();
    } catch (error) {
      condition.reject(error);
    }
    conditions.delete(condition);
    any = true;
  }
  return any;
}

/** Asks all conditions once the program has come to rest. */
export function conditionsMayHold(): void {
  if (asked || conditions.size === 0) return;
  asked = true;
  atRest(() => {
    asked = false;
    if (askConditions()) conditionsMayHold();
  });
}

/**
 * Calls back once the program has come to rest: a wait that is canceled at once resolves in a turn of its own, which is
 * then. It leaves nothing in history.
 */
export function atRest(then: () => void): void {
  const [op, future] = signals.receive("__never");
  operations.cancel(op);
  read(future, then);
}
