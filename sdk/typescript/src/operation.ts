// What is under way: the one place that reads futures of the host.

import operations from "refrain:workflow/operations@0.1.0";
import signals from "refrain:workflow/signals@0.1.0";
import type { Future, Op } from "refrain:workflow/types@0.1.0";
import { fromFailure } from "./failures";
import { CancellationScope } from "./scope";
import { read } from "./task";

/** The outcome of a future of the host, as a promise. */
export async function outcome<T>(future: Future<T>): Promise<T> {
  const result = await read(future);
  conditionsMayHold();
  if (result.tag === "err") throw fromFailure(result.val);
  return result.val;
}

/** As `outcome`, of an operation that ends with the scope it was started in. */
export function operation<T>(start: () => [Op, Future<T>]): Promise<T> {
  const scope = CancellationScope.current();
  try {
    scope.check();
  } catch (failure) {
    return Promise.reject(failure);
  }
  const [op, future] = start();
  const forget = scope.onCancel(() => operations.cancel(op));
  return outcome(future).finally(forget);
}

interface Condition {
  holds: () => boolean;
  resolve: () => void;
  reject: (error: unknown) => void;
}

const conditions = new Set<Condition>();
let asked = false;

/** Resolves when `holds` gives true. It is asked whenever something has happened. */
export function untilHolds(holds: () => boolean): { promise: Promise<void>; abandon: () => void } {
  let condition: Condition;
  const promise = new Promise<void>((resolve, reject) => {
    condition = { holds, resolve, reject };
    conditions.add(condition);
  });
  conditionsMayHold();
  return { promise, abandon: () => conditions.delete(condition) };
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

/**
 * Asks all conditions once the program has come to rest. A wait that is canceled at once resolves in a
 * turn of its own, which is then; it leaves nothing in history.
 */
export function conditionsMayHold(): void {
  if (asked || conditions.size === 0) return;
  asked = true;
  const [op, future] = signals.receive("__never");
  operations.cancel(op);
  read(future).then(() => {
    asked = false;
    if (askConditions()) conditionsMayHold();
  });
}
