import type { Client, Workflow, WorkflowHandleWithFirstExecutionRunId, WorkflowResultType } from "@temporalio/client";
import type { WorkerOptions } from "@temporalio/worker";

export interface TestEnvironmentOptions {
  /** What `refrain-build` has made. */
  component: string;
  /** Functions in the place of the real ones. Without any, activities wait for a worker. */
  activities?: object;
  /** Default: `test`. */
  taskQueue?: string;
  /** The binary. Default: the environment's `REFRAIN_BIN`, or `refrain` on the path. */
  server?: string;
  /** Of the worker that runs the mocks. */
  interceptors?: WorkerOptions["interceptors"];
}

export interface StartOptions {
  args?: unknown[];
  /** Default: a new one. */
  workflowId?: string;
  [option: string]: unknown;
}

/** `await using env = await TestEnvironment.create({ component, activities: { ... } })`, or `close` it. */
export class TestEnvironment implements AsyncDisposable {
  /** Starts a host on a free port, deploys the component and begins to work on the mocked activities. */
  static create(options: TestEnvironmentOptions): Promise<TestEnvironment>;
  /** Temporal's client of that host. Who waits for a result through it lets time pass at once. */
  readonly client: Client;
  readonly address: string;
  readonly taskQueue: string;
  /**
   * Who waits for its result, or for an update, gets an error once a workflow task fails, of the run or of a child of it: that
   * is a bug; or once it asks for an activity that the mocks of its task queue lack. A handle of `client` goes on waiting.
   */
  start<W extends Workflow>(
    workflow: string | W,
    options?: StartOptions,
  ): Promise<WorkflowHandleWithFirstExecutionRunId<W>>;
  execute<W extends Workflow>(workflow: string | W, options?: StartOptions): Promise<WorkflowResultType<W>>;
  /** Lets so much time pass, at once. */
  sleep(duration: string | number): Promise<void>;
  /** Puts another component in the place of the first one, for new runs; or one on another task queue. */
  deploy(component: string, taskQueue?: string): Promise<void>;
  /** Mocks the activities of another task queue. */
  work(taskQueue: string, activities: object, interceptors?: WorkerOptions["interceptors"]): Promise<void>;
  /** What happened in a run, as Temporal's JSON: to be saved for `replaySaved`. */
  history(workflowId: string): Promise<string>;
  /** Errors: the component does not do again what the run did. */
  replay(workflowId: string): Promise<void>;
  /** The same, of histories that were saved. */
  replaySaved(...files: string[]): Promise<void>;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
