// Signals, queries and updates, and who answers them.

import operations from "refrain:workflow/operations@0.1.0";
import signals, { type Signal } from "refrain:workflow/signals@0.1.0";
import { toHeaders } from "./converter";
import { ApplicationFailure } from "./failures";
import { type SignalInput, type UpdateInput, onTheWayIn } from "./interceptors";
import { askConditions, conditionsMayHold } from "./operation";
import { fromPayloads } from "./payload";
import { CancellationScope, within, withinUpdate } from "./scope";
import { read } from "./task";

export interface SignalDefinition<Args extends any[] = [], Name extends string = string> {
  type: "signal";
  name: Name;
  /** Only for the compiler. */
  args?: Args;
}

export interface QueryDefinition<Result, Args extends any[] = [], Name extends string = string> {
  type: "query";
  name: Name;
  args?: Args;
  result?: Result;
}

export interface UpdateDefinition<Result, Args extends any[] = [], Name extends string = string> {
  type: "update";
  name: Name;
  args?: Args;
  result?: Result;
}

/** What becomes of a handler that is running when the workflow ends: it is abandoned, with a warning or without. */
export const HandlerUnfinishedPolicy = {
  WARN_AND_ABANDON: "WARN_AND_ABANDON",
  ABANDON: "ABANDON",
} as const;
export type HandlerUnfinishedPolicy = (typeof HandlerUnfinishedPolicy)[keyof typeof HandlerUnfinishedPolicy];

export interface SignalHandlerOptions {
  description?: string;
  /** Default: `WARN_AND_ABANDON`. */
  unfinishedPolicy?: HandlerUnfinishedPolicy;
}

export interface QueryHandlerOptions {
  description?: string;
}

export interface UpdateHandlerOptions<Args extends any[]> {
  description?: string;
  validator?: (...args: Args) => void;
  /** Default: `WARN_AND_ABANDON`. */
  unfinishedPolicy?: HandlerUnfinishedPolicy;
}

export type DefaultSignalHandler = (name: string, ...args: unknown[]) => void | Promise<void>;
export type DefaultQueryHandler = (name: string, ...args: unknown[]) => unknown;
export type DefaultUpdateHandler = (name: string, ...args: unknown[]) => unknown;
export type DefaultUpdateValidator = (name: string, ...args: unknown[]) => void;

type Definition = SignalDefinition<any> | QueryDefinition<any, any> | UpdateDefinition<any, any>;
type Handler = (...args: any[]) => unknown;

/** Of all definitions made, for the component's own description. */
export const defined: Definition[] = [];

export function defineSignal<Args extends any[] = [], Name extends string = string>(
  name: Name,
  _options?: object,
): SignalDefinition<Args, Name> {
  return define({ type: "signal", name });
}

export function defineQuery<Result, Args extends any[] = [], Name extends string = string>(
  name: Name,
  _options?: object,
): QueryDefinition<Result, Args, Name> {
  return define({ type: "query", name });
}

export function defineUpdate<Result, Args extends any[] = [], Name extends string = string>(
  name: Name,
  _options?: object,
): UpdateDefinition<Result, Args, Name> {
  return define({ type: "update", name });
}

function define<D extends Definition>(definition: D): D {
  defined.push(definition);
  return definition;
}

/** Names of queries that no program handles. The host answers the first. */
export const stackTraceQuery: QueryDefinition<string> = { type: "query", name: "__stack_trace" };
export const enhancedStackTraceQuery: QueryDefinition<unknown> = { type: "query", name: "__enhanced_stack_trace" };
export const workflowMetadataQuery: QueryDefinition<unknown> = { type: "query", name: "__temporal_workflow_metadata" };

const handlers = {
  signal: new Map<string, Handler>(),
  query: new Map<string, Handler>(),
  update: new Map<string, Handler>(),
};
const descriptions = { signal: new Map<string, string>(), query: new Map<string, string>(), update: new Map<string, string>() };
const validators = new Map<string, Handler>();
/** Of signals and updates whose handlers may be abandoned without a word. */
const abandoned = { signal: new Set<string>(), update: new Set<string>() };
const kept: SignalInput[] = [];
let defaultSignalHandler: DefaultSignalHandler | undefined;
let defaultQueryHandler: DefaultQueryHandler | undefined;
let defaultUpdateHandler: DefaultUpdateHandler | undefined;
let defaultUpdateValidator: DefaultUpdateValidator | undefined;
/** A handler that has not returned. */
interface Running {
  type: "signal" | "update";
  name: string;
  id?: string;
}
const running = new Set<Running>();

export function setHandler<Args extends any[]>(
  definition: SignalDefinition<Args>,
  handler: ((...args: NoInfer<Args>) => void | Promise<void>) | undefined,
  options?: SignalHandlerOptions,
): void;
export function setHandler<Result, Args extends any[]>(
  definition: QueryDefinition<Result, Args>,
  handler: ((...args: NoInfer<Args>) => NoInfer<Result>) | undefined,
  options?: QueryHandlerOptions,
): void;
export function setHandler<Result, Args extends any[]>(
  definition: UpdateDefinition<Result, Args>,
  handler: ((...args: NoInfer<Args>) => NoInfer<Result> | Promise<NoInfer<Result>>) | undefined,
  options?: UpdateHandlerOptions<NoInfer<Args>>,
): void;
export function setHandler(
  definition: Definition,
  handler: Handler | undefined,
  options?: { description?: string; validator?: Handler; unfinishedPolicy?: HandlerUnfinishedPolicy },
): void {
  const { type, name } = definition;
  if (handler) handlers[type].set(name, handler);
  else handlers[type].delete(name);
  descriptions[type].set(name, options?.description ?? "");
  if (type !== "query") {
    if (options?.unfinishedPolicy === "ABANDON") abandoned[type].add(name);
    else abandoned[type].delete(name);
  }
  if (type === "update") {
    if (options?.validator) validators.set(name, options.validator);
    else validators.delete(name);
  }
  if (type === "signal") receiveFor(name, handler !== undefined);
}

/** Takes the signals that no other handler takes. */
export function setDefaultSignalHandler(handler: DefaultSignalHandler | undefined): void {
  defaultSignalHandler = handler;
  receiveFor(ANY, handler !== undefined);
}

/** Answers the queries that no other handler answers. */
export function setDefaultQueryHandler(handler: DefaultQueryHandler | undefined): void {
  defaultQueryHandler = handler;
}

/** Takes the updates that no other handler takes. */
export function setDefaultUpdateHandler(
  handler: DefaultUpdateHandler | undefined,
  validator?: DefaultUpdateValidator,
): void {
  defaultUpdateHandler = handler;
  defaultUpdateValidator = handler && validator;
}

/** Is no handler of a signal or an update running? To be waited for before the end. */
export function allHandlersFinished(): boolean {
  return running.size === 0;
}

/** What to warn of at the end of the workflow. `undefined`: of nothing. */
export function unfinishedHandlers(): string | undefined {
  const warned = [...running].filter(({ type, name }) => !abandoned[type].has(name));
  if (warned.length === 0) return undefined;
  const names = warned.map(({ type, name, id }) => (id ? `${type} ${name} (${id})` : `${type} ${name}`));
  return `the workflow ended while handlers were running: ${names.join(", ")}; wait for \`allHandlersFinished\` first`;
}

/**
 * Receives signals and hands them to their handlers, as long as the run lives: first those that came with its start,
 * before the workflow begins.
 *
 * One that has no handler stays with the host: if the run ends without it, the next run of the chain gets it.
 */
export function pumpSignals(fail: (error: unknown) => void): void {
  onFailure = fail;
  takeWhatIsHere([...wanted]);
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
    if (!onFailure) return;
    takeWhatIsHere([name]);
    if (!waits.has(name)) receive(name);
    return;
  }
  wanted.delete(name);
  const op = waits.get(name);
  if (op !== undefined) operations.cancel(op);
}

/** Handles what came before there was a handler, at once and in the order in which it came. */
function takeWhatIsHere(names: (string | null)[]): void {
  if (names.length === 0) return;
  const named = names.includes(ANY) ? null : (names as string[]);
  for (let signal = signals.take(named); signal; signal = signals.take(named)) deliver(signal);
}

function receive(name: string | null): void {
  const [op, signal] = signals.receive(name);
  waits.set(name, op);
  read(signal, (result) => {
    waits.delete(name);
    // By name again: what was canceled may be wanted anew.
    if (wanted.has(name)) receive(name);
    if (result.tag === "err") return;
    deliver(result.val);
  });
}

function deliver({ name, args, headers }: Signal): void {
  kept.push({ signalName: name, args: fromPayloads(args), headers: toHeaders(headers) });
  deliverKept();
  askConditions();
  conditionsMayHold();
}

function deliverKept(): void {
  for (const signal of kept.splice(0)) {
    const { signalName: name } = signal;
    const handler = handlers.signal.get(name) ?? defaultSignalHandler?.bind(undefined, name);
    if (!handler) {
      kept.push(signal);
      continue;
    }
    const take = onTheWayIn("handleSignal", async ({ args }) => void (await handler(...args)));
    handle({ type: "signal", name }, () => take(signal)).catch((error) => onFailure?.(error));
  }
}

async function handle<T>(one: Running, handler: () => T | Promise<T>): Promise<T> {
  running.add(one);
  try {
    return await within(CancellationScope.root(), handler);
  } finally {
    running.delete(one);
    conditionsMayHold();
  }
}

export function answer(queryName: string, args: unknown[]): unknown {
  if (queryName === workflowMetadataQuery.name) return metadata();
  let answered: { result: unknown } | undefined;
  const ask = onTheWayIn("handleQuery", (input) => {
    answered = { result: answerOf(input.queryName, input.args) };
    // For interceptors, which are made for promises; nothing is waited for in a query.
    return answered.result as Promise<unknown>;
  });
  const result = ask({ queryId: "", queryName, args, headers: {} }) as unknown;
  if (!(result instanceof Promise)) return result;
  // Who looks at it without being asked sees no error of an interceptor: what the handler gave is the answer.
  result.catch(() => {});
  if (!answered) throw new TypeError(`an interceptor of query \`${queryName}\` waits before it calls \`next\``);
  return answered.result;
}

/** The handlers that the run has now; the host adds what it knows. */
function metadata(): unknown {
  const of = (type: "signal" | "query" | "update") =>
    [...handlers[type].keys()].sort().map((name) => ({ name, description: descriptions[type].get(name) }));
  return {
    definition: { signalDefinitions: of("signal"), queryDefinitions: of("query"), updateDefinitions: of("update") },
  };
}

function answerOf(name: string, args: unknown[]): unknown {
  const handler = handlers.query.get(name) ?? defaultQueryHandler?.bind(undefined, name);
  if (!handler) {
    const known = [...handlers.query.keys()].sort().join(" ");
    throw ApplicationFailure.nonRetryable(`unknown queryType ${name}. KnownQueryTypes=[${known}]`, "QueryNotFound");
  }
  const result = handler(...args);
  if (result instanceof Promise) {
    // Its end is of no interest.
    result.catch(() => {});
    throw new TypeError(`the handler of query \`${name}\` is async: answer from what the workflow knows already`);
  }
  return result;
}

export function validate(update: UpdateInput): void {
  const { name } = update;
  const isKnown = handlers.update.has(name);
  if (!isKnown && !defaultUpdateHandler) throw unknownUpdate(name);
  const validator = isKnown ? validators.get(name) : defaultUpdateValidator?.bind(undefined, name);
  const check = onTheWayIn("validateUpdate", ({ args }) => void validator?.(...args));
  withinUpdate({ id: update.updateId, name }, () => check(update));
}

export async function update(update: UpdateInput): Promise<unknown> {
  const { updateId: id, name } = update;
  const handler = handlers.update.get(name) ?? defaultUpdateHandler?.bind(undefined, name);
  if (!handler) throw unknownUpdate(name);
  const run = onTheWayIn("handleUpdate", async ({ args }) => handler(...args));
  const result = withinUpdate({ id, name }, () => handle({ type: "update", name, id }, () => run(update)));
  askConditions();
  return result;
}

function unknownUpdate(name: string): ApplicationFailure {
  const known = [...handlers.update.keys()].sort().join(" ");
  return ApplicationFailure.nonRetryable(`unknown update ${name}. KnownUpdates=[${known}]`, "UpdateNotFound");
}
