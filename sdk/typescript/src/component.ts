// The exports of a workflow component.

import "./globals";
import context from "refrain:workflow/context@0.1.0";
import type { IncomingUpdate, Outcome } from "refrain:workflow/lifecycle@0.1.0";
import type { Payload, Payloads } from "refrain:workflow/types@0.1.0";
import { putOffTheCollector } from "./collector";
import { log, logEarlyLines, toText } from "./context";
import { ContinueAsNew } from "./continue-as-new";
import { toHeaders } from "./converter";
import { PayloadConverterError, UnhandledRejectionError } from "./errors";
import { ApplicationFailure, CancelledFailure, TemporalFailure, isCancellation, toFailure } from "./failures";
import { type UpdateInput, type WorkflowInterceptorsFactory, install, onTheWayIn } from "./interceptors";
import { answer, defined, pumpSignals, unfinishedHandlers, update, validate } from "./handlers";
import { atRest, conditionsMayHold } from "./operation";
import { whatInstead } from "./not-there";
import { fromPayloads, toPayload } from "./payload";
import { Engine, afterLooks, then, watchRejections } from "./rejections";
import { CancellationScope, within } from "./scope";
import { traced } from "./source-lines";
import { Task } from "./task";
import { begin } from "./top-level";
import { type WorkflowOptions, workflowOptions } from "./workflow-options";

export { runAsync } from "./scope";

const SDK = { name: "refrain-typescript", version: "0.1.0" };

type Workflow = (...args: any[]) => Promise<unknown>;
interface Named {
  name: string;
  description: string;
}

/** What the world `workflow` exports, for a module whose exported functions are workflows. */
export function component(module: Record<string, unknown>, ...interceptors: { interceptors?: unknown }[]) {
  const workflows = new Map<string, Workflow>();
  for (const [name, value] of Object.entries(module)) {
    if (typeof value === "function" && !isClass(value) && name !== "interceptors") workflows.set(name, value as Workflow);
  }
  if (workflows.size === 0) {
    throw new Error("there is no workflow here: expected an exported function, as `export async function order() { … }`");
  }
  const factories = [module, ...interceptors].map((it) => it.interceptors).filter((it) => typeof it === "function");

  async function run(type: string, args: Payloads): Promise<Outcome> {
    begin();
    logEarlyLines();
    const workflow = workflows.get(type) ?? workflows.get("default");
    if (!workflow) {
      const message = `no workflow type \`${type}\` in this component`;
      throw toFailure(ApplicationFailure.nonRetryable(message, "WorkflowNotFound"));
    }
    const task = Task.enter();
    try {
      for (const make of factories) install((make as WorkflowInterceptorsFactory)());
      const call = ({ args }: { args: unknown[] }) => workflow(...args);
      // An interceptor gets a promise, whatever the workflow does.
      const execute = factories.length > 0 ? onTheWayIn("execute", async (input) => call(input)) : call;
      // Nobody else sees them, and all that the host knows of the run comes with them.
      const headers = factories.length > 0 ? toHeaders(context.info().headers) : {};
      const result = await race(task, () => execute({ args: fromPayloads(args), headers }));
      warnOfHandlers();
      return { tag: "completed", val: [resultOf(`workflow \`${type}\``, result)] };
    } catch (error) {
      warnOfHandlers();
      if (error instanceof ContinueAsNew) return { tag: "continue-as-new", val: error.command };
      throw thrown(error, workflowOptions(workflow).failureExceptionTypes);
    } finally {
      await task.back();
    }
  }

  putOffTheCollector();
  return {
    run,
    query: (name: string, args: Payloads): Payloads => {
      begin();
      try {
        return [resultOf(`query \`${name}\``, answer(name, fromPayloads(args)))];
      } catch (error) {
        throw toFailure(error);
      }
    },
    validateUpdate: (incoming: IncomingUpdate): void => {
      begin();
      try {
        validate(inputOf(incoming));
      } catch (error) {
        throw toFailure(error);
      }
    },
    update: async (incoming: IncomingUpdate): Promise<Payloads> => {
      begin();
      const task = Task.enter();
      try {
        const result = update(inputOf(incoming));
        task.stay();
        return [resultOf(`update \`${incoming.name}\``, await result)];
      } catch (error) {
        throw thrown(error);
      } finally {
        await task.back();
      }
    },
    definition: () => ({
      workflowTypes: [...workflows.keys()].map(named),
      signals: namesOf("signal"),
      queries: namesOf("query"),
      updates: namesOf("update"),
      sdk: SDK,
    }),
  };
}

/** A module may export classes beside its workflows. Only theirs is a prototype that can't be set. */
function isClass(value: Function): boolean {
  return Object.getOwnPropertyDescriptor(value, "prototype")?.writable === false;
}

/** The workflow, beside it what waits for signals and for cancellation. */
function race(task: Task, workflow: () => Promise<unknown>): Promise<unknown> {
  const root = CancellationScope.root();
  return new Engine((resolve, reject) => {
    pumpSignals((error) => afterLooks(() => reject(error)));
    watchRejections({
      atRest,
      // What nobody waits for may be canceled.
      report: (error) => isCancellation(error) || reject(new UnhandledRejectionError(error)),
      threw: (error) => isCancellation(error) || reject(new Uncaught(error)),
    });
    // The task stays open by it as long as it can come, and after it by one of its own.
    task.stayFor(context.cancellation(), (request) => {
      if (request.tag !== "ok") return;
      task.stay();
      root.end(new CancelledFailure("Workflow cancelled"));
      conditionsMayHold();
    });
    // By way of `then`: a workflow that throws before its first `await` rejects too.
    const result = then.call(Engine.resolve(), () => within(root, workflow));
    then.call(
      result,
      (result) => afterLooks(() => resolve(result)),
      (error) => afterLooks(() => reject(error)),
    );
  });
}

function inputOf({ id, name, args, headers }: IncomingUpdate): UpdateInput {
  return { updateId: id, name, args: fromPayloads(args), headers: toHeaders(headers) };
}

function resultOf(what: string, value: unknown): Payload {
  try {
    return toPayload(value);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new PayloadConverterError(`the result of ${what} can't be stored: ${why}`, error);
  }
}

function warnOfHandlers(): void {
  const warning = unfinishedHandlers();
  if (warning) log.warn(warning);
}

/** What a callback threw. Whatever it is, it fails the task: the workflow itself could not catch it. */
class Uncaught {
  constructor(readonly error: unknown) {}
}

/** A failure to return. Anything else is a bug, and goes on as what traps. */
function thrown(it: unknown, failures: WorkflowOptions["failureExceptionTypes"] = []): unknown {
  const isUncaught = it instanceof Uncaught;
  const error = isUncaught ? it.error : it;
  const isFailure = error instanceof TemporalFailure || failures.some((type) => error instanceof type);
  if (isFailure && !isUncaught) return toFailure(error);
  const bug = error instanceof Error ? error : new TypeError(
    `${described(error)} was thrown: throw an \`ApplicationFailure\` to fail the workflow, or another Error`,
  );
  const instead = whatInstead(bug);
  if (instead !== undefined) bug.message += ` (${instead})`;
  log.error(`${bug.name}: ${bug.message}\n${traced(bug.stack)}`.trimEnd());
  return bug;
}

function described(thrown: unknown): string {
  return thrown === undefined || thrown === null ? String(thrown) : `the ${typeof thrown} ${toText(thrown)}`;
}

function namesOf(type: "signal" | "query" | "update"): Named[] {
  return defined.filter((definition) => definition.type === type).map(({ name }) => named(name));
}

function named(name: string): Named {
  return { name, description: "" };
}
