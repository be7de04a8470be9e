/// <reference path="../src/host.d.ts" />
import type { Future, Op, Result } from "refrain:workflow/types@0.1.0";
/** Reads a future for the current task. The only place that does. What `done` throws is told: nobody else catches it. */
export declare function read<T>(future: Future<T>, done: (result: Result<T>) => void): void;
export declare class Task {
    private wake;
    /** To be called first in an export. */
    static enter(): Task;
    /** Keeps the task open while it waits for what others do. To be called while it is the current one. */
    stay(): void;
    /** As `stay`, by a wait that is read anyway, and is canceled in the end. */
    stayFor<T>([op, future]: [Op, Future<T>], done: (result: Result<T>) => void): void;
    /** Makes this the current task again: to be awaited just before returning. */
    back(): Promise<void>;
}
