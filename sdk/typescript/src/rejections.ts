// Rejections that nobody looks at. The engine does not tell of them, so promises that the program makes are watched: one
// that is rejected when the program has come to rest, and that nobody has called `then` of, is reported. So an end is told
// once the program rests.
//
// It costs a closure or two for each promise and changes no order: whoever waits is called when he would be called anyway.

/** The engine's own, which nobody watches. */
export const Engine = Promise;
/** The engine's own: for what does not call the program. */
export const then = Engine.prototype.then;

/** Promises whose rejection reaches somebody. They may be frozen. */
const heeded = new WeakSet<object>();

interface Watch {
  /** Calls back when the program has come to rest. */
  atRest(check: () => void): void;
  /** A rejection that nobody looks at. */
  report(error: unknown): void;
  /** What was thrown where nobody can catch it, as by a timer's callback. */
  threw(error: unknown): void;
}

let watch: Watch | undefined;
let suspects: Promise<unknown>[] = [];

/** Begins with the run. */
export function watchRejections(how: Watch): void {
  watch = how;
}

export function seen(promise: object): void {
  heeded.add(promise);
}

/** Of what is thrown where nobody can catch it. */
export function threw(error: unknown): void {
  watch?.threw(error);
}

/** To be told of each promise that may have been rejected, also of too many. */
export function suspect(promise: Promise<unknown>): void {
  if (!watch || heeded.has(promise)) return;
  suspects.push(promise);
  if (suspects.length === 1) watch.atRest(check);
}

function check(): void {
  const unseen = suspects.filter((promise) => !heeded.has(promise));
  suspects = [];
  for (const promise of unseen) {
    // It may be rejected later, and be looked at until then.
    then.call(promise, undefined, (error) => heeded.has(promise) || watch?.report(error));
  }
}

/** Calls back when the program has come to rest, and what nobody looked at by then is reported. */
export function afterLooks(done: () => void): void {
  if (!watch) return done();
  watch.atRest(() => {
    check();
    // A rejection is told of a microtask later.
    then.call(Engine.resolve(), done);
  });
}

/** When `value` is a promise that is rejected, `promise` is too. */
export function follows(promise: Promise<unknown>, value: unknown): void {
  if (value instanceof Engine) then.call(value, undefined, () => suspect(promise));
}

type Executor = (resolve: (value: unknown) => void, reject: (error?: unknown) => void) => void;

/** Watches what is made by `new Promise`, and so by async functions, where `isWatched`. */
export function watchNewPromises(isWatched: () => boolean): void {
  function Watching(executor: Executor): Promise<unknown> {
    if (!new.target) throw new TypeError("a promise is made with `new`");
    if (typeof executor !== "function" || !isWatched()) {
      return Reflect.construct(Engine, [executor], new.target === Watching ? Engine : new.target);
    }
    let promise: Promise<unknown> | undefined;
    // The program may settle it before it is made.
    let failedEarly = false;
    let followsEarly: unknown;
    const watched = (resolve: (value: unknown) => void, reject: (error: unknown) => void) => {
      const fail = (error: unknown) => {
        reject(error);
        if (promise) suspect(promise);
        else failedEarly = true;
      };
      try {
        executor((value) => {
          resolve(value);
          if (promise) follows(promise, value);
          else followsEarly ??= value;
        }, fail);
      } catch (error) {
        fail(error);
      }
    };
    promise = new.target === Watching ? new Engine(watched) : Reflect.construct(Engine, [watched], new.target);
    if (failedEarly) suspect(promise!);
    follows(promise!, followsEarly);
    return promise!;
  }
  const { resolve } = Engine;
  Object.setPrototypeOf(Watching, Engine);
  Object.defineProperties(Watching, {
    name: { value: "Promise" },
    prototype: { value: Engine.prototype, writable: false },
    // `then` makes promises of the engine's own, and tells of them itself.
    [Symbol.species]: { get: function (this: unknown) { return this === Watching ? Engine : this; } },
    resolve: {
      value: function (this: unknown, value: any) {
        if (this !== Watching) return resolve.call(this as PromiseConstructor, value);
        return value?.constructor === Watching && value instanceof Engine ? value : resolve.call(Engine, value);
      },
      writable: true,
      configurable: true,
    },
  });
  Object.defineProperty(Engine.prototype, "constructor", { value: Watching, writable: true, configurable: true });
  globalThis.Promise = Watching as unknown as PromiseConstructor;
}
