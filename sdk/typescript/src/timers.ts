import timers from "refrain:workflow/timers@0.1.0";
import { type Duration, toMs } from "./duration";
import { type TimerOptions, nextSeq, onTheWayOut } from "./interceptors";
import { nothing, operation, whenHolds } from "./operation";
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
export function condition(
  holds: () => boolean,
  timeout?: Duration,
  options?: TimerOptions,
): Promise<boolean | void> {
  if (timeout !== undefined) return holdsWithin(holds, timeout, options);
  return new Promise<void>((resolve, reject) => {
    try {
      CancellationScope.current().check();
      if (holds()) resolve();
      else whenHolds(holds, resolve, reject);
    } catch (error) {
      reject(error);
    }
  });
}

async function holdsWithin(holds: () => boolean, timeout: Duration, options?: TimerOptions): Promise<boolean> {
  CancellationScope.current().check();
  if (holds()) return true;

  let abandon = nothing;
  const promise = new Promise<void>((resolve, reject) => {
    abandon = whenHolds(holds, resolve, reject);
  });
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

/** Runs `fn` in a scope that is canceled after `timeout`. */
export function withTimeout<T>(timeout: Duration, fn: () => Promise<T>): Promise<T> {
  return CancellationScope.withTimeout(timeout, fn);
}
