// Cancellation scopes. The current scope follows the program: `then` takes it along, and what is built with
// `refrain-build` awaits through `then`.

import type { Duration } from "./duration";
import { CancelledFailure } from "./failures";
import { Engine, follows, seen, suspect, then, watchNewPromises } from "./rejections";
import { sleep } from "./timers";
import { needRun } from "./top-level";

/** Where the program is: what follows it through `then`. */
interface Place {
  readonly scope: CancellationScope | undefined;
  /** What each `AsyncLocalStorage` holds. */
  readonly stores: ReadonlyMap<object, unknown>;
}

let place: Place = { scope: undefined, stores: new Map() };
let root: CancellationScope | undefined;

export interface CancellationScopeOptions {
  /** False: what is in the scope goes on when the scope around it is canceled. Default: true. */
  cancellable?: boolean;
  /** The scope cancels itself after this time. */
  timeout?: Duration;
  /** Default: the current scope. */
  parent?: CancellationScope;
}

type Listener = (failure: CancelledFailure) => void;

export class CancellationScope {
  readonly cancellable: boolean;
  readonly timeout: Duration | undefined;
  readonly parent: CancellationScope | undefined;
  private failure: CancelledFailure | undefined;
  private requested: Promise<never> | undefined;
  private readonly listeners = new Set<Listener>();
  private unlink: () => void = () => {};

  constructor(options: CancellationScopeOptions = {}) {
    this.cancellable = options.cancellable ?? true;
    this.timeout = options.timeout;
    this.parent = options.parent ?? place.scope ?? root;
    // One that is not cancellable shields all that is in it, however deep.
    if (this.parent?.cancellable) this.unlink = this.parent.listen((failure) => this.end(failure));
  }

  /** Runs `fn` in a new scope, which is canceled with the scope around it. */
  static cancellable<T>(fn: () => Promise<T>): Promise<T> {
    return new CancellationScope().run(fn);
  }

  /** Runs `fn` where cancellation of the workflow does not reach: for cleaning up. */
  static nonCancellable<T>(fn: () => Promise<T>): Promise<T> {
    return new CancellationScope({ cancellable: false }).run(fn);
  }

  /** Runs `fn` in a new scope, which is canceled after `timeout`, or with the scope around it. */
  static withTimeout<T>(timeout: Duration, fn: () => Promise<T>): Promise<T> {
    return new CancellationScope({ timeout }).run(fn);
  }

  static current(): CancellationScope {
    const scope = place.scope ?? root;
    if (!scope) needRun("what can be canceled");
    return scope ?? CancellationScope.root();
  }

  /** The scope of the whole run. */
  static root(): CancellationScope {
    root ??= new CancellationScope();
    return root;
  }

  /** True if what is in the scope is canceled. */
  get consideredCancelled(): boolean {
    return this.cancellable && this.failure !== undefined;
  }

  /** Rejects when the scope is asked to cancel, also if it is not cancellable; never resolves. */
  get cancelRequested(): Promise<never> {
    if (!this.requested) {
      this.requested = new Promise((_, reject) => this.listen(reject));
      // Nobody has to look at it.
      seen(this.requested);
    }
    return this.requested;
  }

  cancel(): void {
    this.end(new CancelledFailure("Cancellation scope cancelled"));
  }

  run<T>(fn: () => Promise<T>): Promise<T> {
    return this.timeout === undefined ? within(this, fn) : this.runFor(this.timeout, fn);
  }

  private async runFor<T>(timeout: Duration, fn: () => Promise<T>): Promise<T> {
    const timer = new CancellationScope({ parent: this });
    timer
      .run(() => sleep(timeout))
      .then(
        () => this.cancel(),
        () => {},
      );
    try {
      return await within(this, fn);
    } finally {
      timer.cancel();
    }
  }

  /** Calls `listener` when what is in the scope is canceled, at once if it was. Returns what takes it away. */
  onCancel(listener: Listener): () => void {
    return this.cancellable ? this.listen(listener) : () => {};
  }

  private listen(listener: Listener): () => void {
    if (this.failure) {
      listener(this.failure);
      return () => {};
    }
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Throws if what is in the scope is canceled. */
  check(): void {
    if (this.cancellable && this.failure) throw this.failure;
  }

  end(failure: CancelledFailure): void {
    if (this.failure) return;
    this.failure = failure;
    this.unlink();
    const listeners = [...this.listeners];
    this.listeners.clear();
    for (const listener of listeners) listener(failure);
  }
}

export function within<T>(scope: CancellationScope | undefined, fn: () => T): T {
  return at({ scope, stores: place.stores }, fn);
}

function at<T>(there: Place, fn: () => T): T {
  const before = place;
  place = there;
  try {
    return fn();
  } finally {
    place = before;
  }
}

/** A value that follows the program through its calls and awaits, as Node's class of this name. */
export class AsyncLocalStorage<T> {
  run<R, A extends unknown[]>(store: T, fn: (...args: A) => R, ...args: A): R {
    return at(this.with(store), () => fn(...args));
  }

  exit<R, A extends unknown[]>(fn: (...args: A) => R, ...args: A): R {
    return at(this.with(undefined), () => fn(...args));
  }

  /** From here on, until the function that called this has come to its end or its next `await`. */
  enterWith(store: T): void {
    place = this.with(store);
  }

  getStore(): T | undefined {
    return place.stores.get(this) as T | undefined;
  }

  disable(): void {
    place = this.with(undefined);
  }

  private with(store: T | undefined): Place {
    const stores = new Map(place.stores);
    if (store === undefined) stores.delete(this);
    else stores.set(this, store);
    return { scope: place.scope, stores };
  }
}

/** The update whose handler is running, if one is. */
export interface UpdateInfo {
  readonly id: string;
  readonly name: string;
}

const update = new AsyncLocalStorage<UpdateInfo>();

/** Inside the handler or the validator of an update: that update. */
export function currentUpdateInfo(): UpdateInfo | undefined {
  return update.getStore();
}

export function withinUpdate<T>(info: UpdateInfo, fn: () => T): T {
  return update.run(info, fn);
}

type Callback = ((value: any) => any) | null | undefined;

Promise.prototype.then = function (this: Promise<any>, fulfilled: Callback, rejected: Callback): Promise<any> {
  const here = place;
  seen(this);
  if (!here.scope && here.stores.size === 0) return then.call(this, fulfilled, rejected);
  const back = (callback: Callback, value: unknown) => {
    const before = place;
    place = here;
    try {
      if (typeof callback !== "function") throw value;
      const result = callback(value);
      if (result !== undefined) follows(derived, result);
      return result;
    } catch (error) {
      suspect(derived);
      throw error;
    } finally {
      place = before;
    }
  };
  const derived: Promise<any> = then.call(
    this,
    typeof fulfilled === "function" ? (value) => back(fulfilled, value) : undefined,
    (error) => back(rejected, error),
  );
  return derived;
} as typeof then;

/**
 * An `async` function, of which `body` is what lies between its awaits. The build has all of them call this, in place
 * of what esbuild makes of them, which takes a promise and some closures more for each `await`.
 */
export function runAsync<T>(self: unknown, args: ArrayLike<unknown>, body: (...args: any[]) => Iterator<unknown, T>): Promise<T> {
  let steps: Iterator<unknown, T> | undefined;
  const isWatched = place.scope !== undefined;
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Engine<T>((...settle) => ([resolve, reject] = settle));
  // Where the `await` is that the function is at.
  let here = place;
  const go = (next: "next" | "throw", value?: unknown) => {
    try {
      // Here, as to take the arguments apart may throw.
      steps ??= body.apply(self, args as unknown[]);
      const step = steps[next]!(value);
      if (step.done) {
        resolve(step.value);
        if (isWatched) follows(promise, step.value);
        return;
      }
      here = place;
      const awaited = Promise.resolve(step.value);
      seen(awaited);
      then.call(awaited, fulfilled, rejected);
    } catch (error) {
      reject(error);
      if (isWatched) suspect(promise);
    }
  };
  const back = (next: "next" | "throw", value: unknown) => {
    const before = place;
    place = here;
    go(next, value);
    place = before;
  };
  const fulfilled = (value: unknown) => back("next", value);
  const rejected = (error: unknown) => back("throw", error);
  go("next");
  return promise;
}

watchNewPromises(() => place.scope !== undefined);
