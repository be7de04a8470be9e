// Which export call the engine is in. `run` and each `update` are tasks of their own: what the host resolves wakes
// the task that reads it, and componentize-qjs returns a result for the task that was woken last. So a task has
// to be woken itself before it returns.

import operations from "refrain:workflow/operations@0.1.0";
import signals from "refrain:workflow/signals@0.1.0";
import type { Future, Op, Result } from "refrain:workflow/types@0.1.0";
import { Engine, then, threw } from "./rejections";

let current: Task | undefined;

/** Reads a future for the current task. The only place that does. What `done` throws is told: nobody else catches it. */
export function read<T>(future: Future<T>, done: (result: Result<T>) => void): void {
  const task = current;
  then.call(future.read(), (result) => {
    // Else the engine keeps its handle, of which a run has so many.
    future.drop();
    current = task;
    try {
      done(result as Result<T>);
    } catch (error) {
      threw(error);
    }
  });
}

export class Task {
  private wake: { op: Op; woken: Promise<unknown> } | undefined;

  /** To be called first in an export. */
  static enter(): Task {
    current = new Task();
    return current;
  }

  /** Keeps the task open while it waits for what others do. To be called while it is the current one. */
  stay(): void {
    // No such signal can come: this waits until it is canceled, and leaves nothing in history.
    this.stayFor(signals.receive("__wake"), () => {});
  }

  /** As `stay`, by a wait that is read anyway, and is canceled in the end. */
  stayFor<T>([op, future]: [Op, Future<T>], done: (result: Result<T>) => void): void {
    const woken = new Engine<void>((wake) =>
      read(future, (result) => {
        wake();
        done(result);
      }),
    );
    this.wake = { op, woken };
  }

  /** Makes this the current task again: to be awaited just before returning. */
  async back(): Promise<void> {
    if (this.wake) operations.cancel(this.wake.op);
    if (current !== this) await this.wake?.woken;
  }
}
