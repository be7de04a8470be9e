// Errors under Temporal's names that are bugs in a program: they fail the workflow task, not the workflow.

class Named extends Error {
  constructor(message?: string) {
    super(message);
    this.name = new.target.name;
  }
}

/** Something was asked for that a workflow can't do. */
export class WorkflowError extends Named {}

/** The program does not do what its history says. The host finds that by itself; nothing here throws it. */
export class DeterminismViolationError extends WorkflowError {}

/** Something was done at a time when it can't be done. */
export class IllegalStateError extends Named {}

/** What a client says of a workflow that is not there. */
export class WorkflowNotFoundError extends Named {
  constructor(
    message: string,
    readonly workflowId: string,
    readonly runId: string | undefined,
  ) {
    super(message);
  }
}

/** What a client says of a namespace that is not there. */
export class NamespaceNotFoundError extends Named {
  constructor(readonly namespace: string) {
    super(`Namespace not found: '${namespace}'`);
  }
}

/** What an activity throws that somebody else completes. */
export class CompleteAsyncError extends Named {}

/** A promise was rejected, and nobody had asked for its outcome: an `await` or a `catch` is missing. */
export class UnhandledRejectionError extends Named {
  constructor(override readonly cause: unknown) {
    super(`Unhandled Promise rejection: ${cause} (await the promise, or handle its failure with \`catch\`)`);
    // The line is that of the error itself.
    if (cause instanceof Error) this.stack = cause.stack;
  }
}

/** A value can't be used. */
export class ValueError extends Named {
  constructor(
    message?: string,
    override readonly cause?: unknown,
  ) {
    super(message);
  }
}

/** A value can't be a payload, or a payload not a value. */
export class PayloadConverterError extends ValueError {}
