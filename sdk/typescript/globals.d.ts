// What is there in a workflow beside the language, for the compiler: `"types": ["@refrain/workflow/globals"]`
// in tsconfig.json. What is not here, `fetch` for one, is not there.

interface Console {
  debug(...values: unknown[]): void;
  error(...values: unknown[]): void;
  info(...values: unknown[]): void;
  log(...values: unknown[]): void;
  trace(...values: unknown[]): void;
  warn(...values: unknown[]): void;
}
declare const console: Console;

/** Durable: it may wait for months. */
declare function setTimeout<A extends unknown[]>(callback: (...args: A) => void, ms?: number, ...args: A): number;
declare function setTimeout(callback: (_: void) => void, ms?: number): number;
declare function clearTimeout(handle?: number): void;
/** Each tick is a durable timer. */
declare function setInterval<A extends unknown[]>(callback: (...args: A) => void, ms?: number, ...args: A): number;
declare function setInterval(callback: (_: void) => void, ms?: number): number;
declare function clearInterval(handle?: number): void;
declare function setImmediate<A extends unknown[]>(callback: (...args: A) => void, ...args: A): number;
declare function setImmediate(callback: (_: void) => void): number;
declare function clearImmediate(handle?: number): void;
declare function queueMicrotask(callback: () => void): void;

declare function structuredClone<T>(value: T): T;
declare function atob(text: string): string;
declare function btoa(text: string): string;

/** From the run's own random numbers. */
declare const crypto: {
  randomUUID(): string;
  getRandomValues<T extends ArrayBufferView>(into: T): T;
};

/** The time of the run, since its start. */
declare const performance: { readonly timeOrigin: number; now(): number };

declare class TextEncoder {
  readonly encoding: "utf-8";
  encode(text?: string): Uint8Array;
}
declare class TextDecoder {
  readonly encoding: "utf-8";
  decode(bytes?: ArrayBuffer | ArrayBufferView): string;
}

declare class AbortController {
  readonly signal: AbortSignal;
  abort(reason?: unknown): void;
}
declare class AbortSignal {
  static abort(reason?: unknown): AbortSignal;
  readonly aborted: boolean;
  readonly reason: unknown;
  onabort: ((event: unknown) => void) | null;
  throwIfAborted(): void;
  addEventListener(type: "abort", listener: (event: unknown) => void): void;
  removeEventListener(type: "abort", listener: (event: unknown) => void): void;
}

declare class URL {
  constructor(url: string | URL, base?: string | URL);
  hash: string;
  host: string;
  hostname: string;
  href: string;
  readonly origin: string;
  password: string;
  pathname: string;
  port: string;
  protocol: string;
  search: string;
  readonly searchParams: URLSearchParams;
  username: string;
  toJSON(): string;
  toString(): string;
}
declare class URLSearchParams implements Iterable<[string, string]> {
  constructor(init?: string | Record<string, string> | Iterable<[string, string]>);
  append(name: string, value: string): void;
  delete(name: string): void;
  get(name: string): string | null;
  getAll(name: string): string[];
  has(name: string): boolean;
  set(name: string, value: string): void;
  sort(): void;
  toString(): string;
  [Symbol.iterator](): IterableIterator<[string, string]>;
}

/** As Node's: a value that follows the program through its calls and awaits. */
interface AsyncLocalStorage<T> {
  run<R, A extends unknown[]>(store: T, fn: (...args: A) => R, ...args: A): R;
  exit<R, A extends unknown[]>(fn: (...args: A) => R, ...args: A): R;
  enterWith(store: T): void;
  getStore(): T | undefined;
  disable(): void;
}
declare var AsyncLocalStorage: { new <T>(): AsyncLocalStorage<T> };

// Of Node's modules, those that Temporal's SDK has for workflows.
declare module "assert" {
  interface Checks {
    equal(actual: unknown, expected: unknown, message?: string | Error): void;
    notEqual(actual: unknown, expected: unknown, message?: string | Error): void;
    strictEqual<T>(actual: unknown, expected: T, message?: string | Error): asserts actual is T;
    notStrictEqual(actual: unknown, expected: unknown, message?: string | Error): void;
    deepEqual(actual: unknown, expected: unknown, message?: string | Error): void;
    notDeepEqual(actual: unknown, expected: unknown, message?: string | Error): void;
    deepStrictEqual<T>(actual: unknown, expected: T, message?: string | Error): asserts actual is T;
    notDeepStrictEqual(actual: unknown, expected: unknown, message?: string | Error): void;
    match(text: string, pattern: RegExp, message?: string | Error): void;
    doesNotMatch(text: string, pattern: RegExp, message?: string | Error): void;
    throws(fn: () => unknown, expected?: unknown, message?: string | Error): void;
    doesNotThrow(fn: () => unknown): void;
    rejects(promise: Promise<unknown> | (() => Promise<unknown>), expected?: unknown, message?: string | Error): Promise<void>;
    doesNotReject(promise: Promise<unknown> | (() => Promise<unknown>)): Promise<void>;
    ifError(value: unknown): asserts value is null | undefined;
    fail(message?: string | Error): never;
  }
  function assert(value: unknown, message?: string | Error): asserts value;
  namespace assert {
    function ok(value: unknown, message?: string | Error): asserts value;
    const equal: Checks["equal"];
    const notEqual: Checks["notEqual"];
    const strictEqual: Checks["strictEqual"];
    const notStrictEqual: Checks["notStrictEqual"];
    const deepEqual: Checks["deepEqual"];
    const notDeepEqual: Checks["notDeepEqual"];
    const deepStrictEqual: Checks["deepStrictEqual"];
    const notDeepStrictEqual: Checks["notDeepStrictEqual"];
    const match: Checks["match"];
    const doesNotMatch: Checks["doesNotMatch"];
    const throws: Checks["throws"];
    const doesNotThrow: Checks["doesNotThrow"];
    const rejects: Checks["rejects"];
    const doesNotReject: Checks["doesNotReject"];
    const ifError: Checks["ifError"];
    const fail: Checks["fail"];
    const strict: typeof assert;
    class AssertionError extends Error {
      actual: unknown;
      expected: unknown;
      operator: string;
      code: "ERR_ASSERTION";
    }
  }
  export = assert;
}
declare module "node:assert" {
  import assert = require("assert");
  export = assert;
}
declare module "url" {
  const constructors: { URL: typeof URL; URLSearchParams: typeof URLSearchParams };
  export = constructors;
}
declare module "node:url" {
  import url = require("url");
  export = url;
}
declare module "util" {
  const constructors: { TextEncoder: typeof TextEncoder; TextDecoder: typeof TextDecoder };
  export = constructors;
}
declare module "node:util" {
  import util = require("util");
  export = util;
}
declare module "node:async_hooks" {
  const constructors: { AsyncLocalStorage: typeof AsyncLocalStorage };
  export = constructors;
}
