// Signals, queries and updates, and who answers them.

import operations from "refrain:workflow/operations@0.1.0";
import signals from "refrain:workflow/signals@0.1.0";
import { ApplicationFailure } from "./failures";
import { askConditions, conditionsMayHold } from "./operation";
import { fromPayloads } from "./payload";
import { CancellationScope, within } from "./scope";
import { read } from "./task";

export interface SignalDefinition<Args extends unknown[] = [], Name extends string = string> {
  type: "signal";
  name: Name;
  /** Only for the compiler. */
  args?: Args;
}

export interface QueryDefinition<Result, Args extends unknown[] = [], Name extends string = string> {
  type: "query";
  name: Name;
  args?: Args;
  result?: Result;
}

export interface UpdateDefinition<Result, Args extends unknown[] = [], Name extends string = string> {
  type: "update";
  name: Name;
  args?: Args;
  result?: Result;
}

type Definition = SignalDefinition<any> | QueryDefinition<any, any> | UpdateDefinition<any, any>;
type Handler = (...args: any[]) => unknown;

/** Of all definitions made, for the component's own description. */
export const defined: Definition[] = [];

export function defineSignal<Args extends unknown[] = [], Name extends string = string>(
  name: Name,
): SignalDefinition<Args, Name> {
  return define({ type: "signal", name });
}

export function defineQuery<Result, Args extends unknown[] = [], Name extends string = string>(
  name: Name,
): QueryDefinition<Result, Args, Name> {
  return define({ type: "query", name });
}

export function defineUpdate<Result, Args extends unknown[] = [], Name extends string = string>(
  name: Name,
): UpdateDefinition<Result, Args, Name> {
  return define({ type: "update", name });
}

function define<D extends Definition>(definition: D): D {
  defined.push(definition);
  return definition;
}

const handlers = {
  signal: new Map<string, Handler>(),
  query: new Map<string, Handler>(),
  update: new Map<string, Handler>(),
};
const validators = new Map<string, Handler>();
const kept: { name: string; args: unknown[] }[] = [];
let defaultSignalHandler: ((name: string, ...args: unknown[]) => unknown) | undefined;
let running = 0;

export function setHandler<Args extends unknown[]>(
  definition: SignalDefinition<Args>,
  handler: ((...args: Args) => void | Promise<void>) | undefined,
): void;
export function setHandler<Result, Args extends unknown[]>(
  definition: QueryDefinition<Result, Args>,
  handler: ((...args: Args) => Result) | undefined,
): void;
export function setHandler<Result, Args extends unknown[]>(
  definition: UpdateDefinition<Result, Args>,
  handler: ((...args: Args) => Result | Promise<Result>) | undefined,
  options?: { validator?: (...args: Args) => void },
): void;
export function setHandler(
  definition: Definition,
  handler: Handler | undefined,
  options?: { validator?: Handler },
): void {
  const { type, name } = definition;
  if (handler) handlers[type].set(name, handler);
  else handlers[type].delete(name);
  if (type === "update") {
    if (options?.validator) validators.set(name, options.validator);
    else validators.delete(name);
  }
  if (type === "signal") receiveFor(name, handler !== undefined);
}

/** Takes the signals that no other handler takes. */
export function setDefaultSignalHandler(
  handler: ((name: string, ...args: unknown[]) => void | Promise<void>) | undefined,
): void {
  defaultSignalHandler = handler;
  receiveFor(ANY, handler !== undefined);
}

/** Is no handler of a signal or an update running? To be waited for before the end. */
export function allHandlersFinished(): boolean {
  return running === 0;
}

/**
 * Receives signals and hands them to their handlers, as long as the run lives.
 *
 * One that has no handler stays with the host: if the run ends without it, the next run of the chain gets it.
 */
export function pumpSignals(fail: (error: unknown) => void): void {
  onFailure = fail;
  for (const name of wanted) receive(name);
}

let onFailure: ((error: unknown) => void) | undefined;

/** The default handler takes whatever nobody waits for. */
const ANY = null;
/** Names that have a handler. */
const wanted = new Set<string | null>();
/** The open wait for each of them. */
const waits = new Map<string | null, number>();

function receiveFor(name: string | null, isWanted: boolean): void {
  if (isWanted) {
    wanted.add(name);
    deliverKept();
    // Before the run, at the top level of a module, nothing can be received.
    if (onFailure && !waits.has(name)) receive(name);
    return;
  }
  wanted.delete(name);
  const op = waits.get(name);
  if (op !== undefined) operations.cancel(op);
}

function receive(name: string | null): void {
  const [op, signal] = signals.receive(name);
  waits.set(name, op);
  read(signal, (result) => {
    waits.delete(name);
    // By name again: what was canceled may be wanted anew.
    if (wanted.has(name)) receive(name);
    if (result.tag === "err") return;
    kept.push({ name: result.val.name, args: fromPayloads(result.val.args) });
    deliverKept();
    askConditions();
    conditionsMayHold();
  });
}

function deliverKept(): void {
  for (const signal of kept.splice(0)) {
    const { name, args } = signal;
    const handler = handlers.signal.get(name) ?? defaultSignalHandler?.bind(undefined, name);
    if (handler) handle(() => handler(...args)).catch((error) => onFailure?.(error));
    else kept.push(signal);
  }
}

async function handle<T>(handler: () => T | Promise<T>): Promise<T> {
  running++;
  try {
    return await within(CancellationScope.root(), handler);
  } finally {
    running--;
    conditionsMayHold();
  }
}

export function answer(name: string, args: unknown[]): unknown {
  const handler = handlers.query.get(name);
  if (!handler) throw ApplicationFailure.nonRetryable(`no query \`${name}\``, "QueryNotFound");
  const result = handler(...args);
  if (result instanceof Promise) throw new TypeError(`the handler of query \`${name}\` is async`);
  return result;
}

export function validate(name: string, args: unknown[]): void {
  if (!handlers.update.has(name)) {
    throw ApplicationFailure.nonRetryable(`no update \`${name}\``, "UpdateNotFound");
  }
  validators.get(name)?.(...args);
}

export async function update(name: string, args: unknown[]): Promise<unknown> {
  const handler = handlers.update.get(name);
  if (!handler) throw ApplicationFailure.nonRetryable(`no update \`${name}\``, "UpdateNotFound");
  const result = handle(() => handler(...args));
  askConditions();
  return result;
}

