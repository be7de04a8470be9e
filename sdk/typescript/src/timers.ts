import timers from "refrain:workflow/timers@0.1.0";
import { type Duration, toMs } from "./duration";
import { type TimerOptions, nextSeq, onTheWayOut } from "./interceptors";
import { nothing, operation, untilHolds } from "./operation";
import { CancellationScope } from "./scope";

/** Waits, for months if need be. */
export function sleep(duration: Duration, options?: TimerOptions): Promise<void> {
  const start = onTheWayOut("startTimer", ({ durationMs, options }) =>
    operation(() => timers.sleep(durationMs, options?.summary ?? null), nothing),
  );
  return start({ durationMs: toMs(duration), options, seq: nextSeq() });
}

/** Waits until `holds` gives true. With a timeout: false if that was faster. */
export function condition(holds: () => boolean): Promise<void>;
export function condition(holds: () => boolean, timeout: Duration, options?: TimerOptions): Promise<boolean>;
export async function condition(
  holds: () => boolean,
  timeout?: Duration,
  options?: TimerOptions,
): Promise<boolean | void> {
  CancellationScope.current().check();
  if (holds()) return timeout === undefined ? undefined : true;

  const { promise, abandon } = untilHolds(holds);
  if (timeout === undefined) {
    return untilCanceled(promise).finally(abandon);
  }
  const timer = new CancellationScope();
  const fired = timer.run(() => sleep(timeout, options));
  try {
    return await Promise.race([promise.then(() => true), fired.then(() => false)]);
  } finally {
    abandon();
    // Its end is of no interest any more.
    fired.catch(nothing);
    timer.cancel();
  }
}

function untilCanceled<T>(promise: Promise<T>): Promise<T> {
  const scope = CancellationScope.current();
  return new Promise((resolve, reject) => {
    const forget = scope.onCancel(reject);
    promise.then(resolve, reject).finally(forget);
  });
}

/** Runs `fn` in a scope that is canceled after `timeout`. */
export function withTimeout<T>(timeout: Duration, fn: () => Promise<T>): Promise<T> {
  return CancellationScope.withTimeout(timeout, fn);
}
