// Cancellation scopes. The current scope follows the program: `then` takes it along, and what is built with
// `refrain-build` awaits through `then`.

import { CancelledFailure } from "./failures";

let current: CancellationScope | undefined;
let root: CancellationScope | undefined;

export class CancellationScope {
  private failure: CancelledFailure | undefined;
  private readonly listeners = new Set<(failure: CancelledFailure) => void>();

  constructor(
    readonly cancellable: boolean,
    readonly parent: CancellationScope | undefined = current,
  ) {
    if (cancellable && parent) {
      if (parent.failure) this.failure = parent.failure;
      else parent.listeners.add((failure) => this.end(failure));
    }
  }

  /** Runs `fn` in a new scope, which is canceled with the scope around it. */
  static cancellable<T>(fn: () => Promise<T>): Promise<T> {
    return new CancellationScope(true).run(fn);
  }

  /** Runs `fn` where cancellation of the workflow does not reach: for cleaning up. */
  static nonCancellable<T>(fn: () => Promise<T>): Promise<T> {
    return new CancellationScope(false).run(fn);
  }

  static current(): CancellationScope {
    const scope = current ?? root;
    if (!scope) throw new Error("no workflow is running");
    return scope;
  }

  /** The scope of the whole run. */
  static root(): CancellationScope {
    root ??= new CancellationScope(true, undefined);
    return root;
  }

  get consideredCancelled(): boolean {
    return this.failure !== undefined;
  }

  /** Rejects when the scope is canceled; never resolves. */
  get cancelRequested(): Promise<never> {
    return new Promise((_, reject) => this.onCancel(reject));
  }

  cancel(): void {
    this.end(new CancelledFailure("scope canceled"));
  }

  run<T>(fn: () => Promise<T>): Promise<T> {
    return within(this, fn);
  }

  /** Calls `listener` when the scope is canceled, at once if it was. Returns what takes it away. */
  onCancel(listener: (failure: CancelledFailure) => void): () => void {
    if (this.failure) {
      listener(this.failure);
      return () => {};
    }
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Throws if the scope is canceled. */
  check(): void {
    if (this.failure) throw this.failure;
  }

  end(failure: CancelledFailure): void {
    if (this.failure) return;
    this.failure = failure;
    const listeners = [...this.listeners];
    this.listeners.clear();
    for (const listener of listeners) listener(failure);
  }
}

export function within<T>(scope: CancellationScope | undefined, fn: () => T): T {
  const before = current;
  current = scope;
  try {
    return fn();
  } finally {
    current = before;
  }
}

type Callback = ((value: any) => any) | null | undefined;

/** The engine's own: for what does not call the program. */
export const then = Promise.prototype.then;
Promise.prototype.then = function (this: Promise<any>, fulfilled: Callback, rejected: Callback): Promise<any> {
  const scope = current;
  if (!scope) return then.call(this, fulfilled, rejected);
  const inScope = (callback: Callback): Callback =>
    typeof callback === "function" ? (value) => within(scope, () => callback(value)) : callback;
  return then.call(this, inScope(fulfilled), inScope(rejected));
} as typeof then;
