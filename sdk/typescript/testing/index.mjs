// Tests of workflows: a host of their own whose time passes at once, mocked activities, a client, and a check of
// saved histories. Node.js, beside `@temporalio/testing`, `@temporalio/worker` and `@temporalio/client`.

import { execFile } from "node:child_process";
import { access, constants, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

/** How often a run that is waited for is looked at. */
const LOOK_MS = 250;

/** What a worker of Temporal's says of an activity that it does not have, and is asked for it again and again. */
const UNKNOWN = /is not registered on this worker/i;

/** Temporal's packages are those of the project that is tested. */
const ofProject = createRequire(resolve("package.json"));

/** Temporal's package starts what it is given the whole path of. */
async function onThePath(name) {
  for (const directory of (process.env.PATH ?? "").split(delimiter).filter(Boolean)) {
    const path = join(directory, process.platform === "win32" ? `${name}.exe` : name);
    if (await access(path, constants.X_OK).then(() => true, () => false)) return path;
  }
  throw new Error(`\`${name}\` is not on the path: install it, or say where it is by REFRAIN_BIN or the option \`server\``);
}

export class TestEnvironment {
  #host;
  #server;
  #component;
  #workers = [];
  #closed;

  /** @param {import(".").TestEnvironmentOptions} options */
  static async create({ component, activities = {}, taskQueue = "test", server, interceptors }) {
    const { TestWorkflowEnvironment } = ofProject("@temporalio/testing");
    const path = server ?? process.env.REFRAIN_BIN ?? (await onThePath("refrain"));
    const host = await TestWorkflowEnvironment.createTimeSkipping({
      server: { executable: { type: "existing-path", path } },
    });
    const environment = new TestEnvironment(host, path, component, taskQueue);
    try {
      await environment.deploy(component);
      if (Object.keys(activities).length > 0) await environment.work(taskQueue, activities, interceptors);
      return environment;
    } catch (error) {
      await environment.close();
      throw error;
    }
  }

  constructor(host, server, component, taskQueue) {
    this.#host = host;
    this.#server = server;
    this.#component = component;
    this.taskQueue = taskQueue;
  }

  get client() {
    return this.#host.client;
  }

  get address() {
    return this.#host.address;
  }

  async work(taskQueue, activities, interceptors) {
    const { Worker } = ofProject("@temporalio/worker");
    const connection = this.#host.nativeConnection;
    const worker = await Worker.create({ connection, taskQueue, activities, interceptors });
    const running = worker.run();
    // One that fails is seen when the environment is closed.
    running.catch(() => {});
    this.#workers.push({ worker, running });
  }

  async deploy(component, taskQueue = this.taskQueue) {
    await this.#refrain("deploy", component, "--task-queue", taskQueue, "--address", this.address);
  }

  async start(workflow, options = {}) {
    const handle = await this.client.workflow.start(workflow, this.#options(options));
    for (const wait of ["result", "executeUpdate"]) {
      const whole = handle[wait].bind(handle);
      handle[wait] = (...args) => this.#unlessBroken(handle.workflowId, () => whole(...args));
    }
    return handle;
  }

  async execute(workflow, options = {}) {
    return (await this.start(workflow, options)).result();
  }

  /** A run whose workflow task has failed waits for its repair, which no test brings. */
  async #unlessBroken(workflowId, wait) {
    const giveUp = new AbortController();
    let isOver = false;
    const over = () => void (isOver = true);
    const outcome = this.client.withAbortSignal(giveUp.signal, wait);
    const settled = outcome.then(over, over);
    while (!isOver) {
      await Promise.race([settled, pause(LOOK_MS)]);
      const why = !isOver && (await this.#whyBroken(workflowId));
      if (!why || isOver) continue;
      // Before the host can end: the wait has to tell it that time may not pass any more.
      giveUp.abort();
      await settled;
      throw new Error(why);
    }
    return outcome;
  }

  /** Of the run, or of one of its children. */
  async #whyBroken(workflowId) {
    const { workflow } = this.client;
    const { raw, ...run } = await workflow.getHandle(workflowId).describe();
    if ((raw.pendingWorkflowTask?.attempt ?? 0) > 1) return this.#howBroken(run);
    for (const { activityType, lastFailure } of raw.pendingActivities ?? []) {
      if (lastFailure?.applicationFailureInfo?.type !== "NotFoundError" || !UNKNOWN.test(lastFailure.message)) continue;
      return `nothing stands for the activity \`${activityType?.name}\` of workflow \`${run.type}\` (${workflowId}): ${lastFailure.message}`;
    }
    // To look at each of its children would take longer the more there are.
    const id = workflowId.replaceAll("'", "''");
    const query = `RootWorkflowId = '${id}' AND TemporalReportedProblems IN ('category=WorkflowTaskFailed')`;
    for await (const child of workflow.list({ query })) return this.#howBroken(child);
    return undefined;
  }

  async #howBroken({ workflowId, runId, type }) {
    const { events } = await this.client.workflow.getHandle(workflowId, runId).fetchHistory();
    const failed = events?.findLast((it) => it.workflowTaskFailedEventAttributes);
    const { message = "", stackTrace } = failed?.workflowTaskFailedEventAttributes?.failure ?? {};
    const why = message.includes("\n") ? message : `${message}\n${stackTrace ?? ""}`.trimEnd();
    return `workflow \`${type}\` (${workflowId}) is broken, its workflow task failed: ${why}`;
  }

  #options(options) {
    return { taskQueue: this.taskQueue, workflowId: crypto.randomUUID(), ...options };
  }

  sleep(duration) {
    return this.#host.sleep(duration);
  }

  async replay(workflowId) {
    const history = await this.history(workflowId);
    const directory = await mkdtemp(join(tmpdir(), "refrain-"));
    try {
      const file = join(directory, "history.json");
      await writeFile(file, history);
      await this.replaySaved(file);
    } finally {
      await rm(directory, { recursive: true });
    }
  }

  async replaySaved(...files) {
    for (const file of files) await this.#refrain("replay", file, this.#component);
  }

  history(workflowId) {
    const show = ["workflow", "show", "--workflow-id", workflowId, "--output", "json", "--address", this.address];
    return this.#refrain(...show);
  }

  async #refrain(...args) {
    try {
      return (await run(this.#server, args, { maxBuffer: 256 * 1024 * 1024 })).stdout;
    } catch (error) {
      throw new Error(`\`refrain ${args.join(" ")}\` failed:\n${error.stdout ?? ""}${error.stderr ?? error}`);
    }
  }

  /** Once, however often it is asked for. */
  close() {
    return (this.#closed ??= this.#end());
  }

  async #end() {
    try {
      for (const { worker } of this.#workers) worker.shutdown();
      await Promise.all(this.#workers.map(({ running }) => running));
    } finally {
      await this.#host.teardown();
    }
  }

  [Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose")]() {
    return this.close();
  }
}
