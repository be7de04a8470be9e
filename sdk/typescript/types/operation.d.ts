/// <reference path="../src/host.d.ts" />
import type { Future, Op } from "refrain:workflow/types@0.1.0";
/** The outcome of a future of the host, as a promise. */
export declare function outcome<T, R>(future: Future<T>, decode: (value: T) => R): Promise<R>;
/** As `outcome`, of an operation that ends with the scope it was started in. */
export declare function operation<T, R>(start: () => [Op, Future<T>], decode: (value: T) => R): Promise<R>;
export declare function nothing(): void;
/**
 * Resolves once `holds` gives true, and rejects when the scope that this is called in is canceled. It is asked whenever
 * something has happened. Returns what gives up waiting.
 */
export declare function whenHolds(holds: () => boolean, resolve: () => void, reject: (error: unknown) => void): () => void;
/** Asks all conditions now. True if one held. */
export declare function askConditions(): boolean;
/** Asks all conditions once the program has come to rest. */
export declare function conditionsMayHold(): void;
/**
 * Calls back once the program has come to rest: a wait that is canceled at once resolves in a turn of its own, which is
 * then. It leaves nothing in history.
 */
export declare function atRest(then: () => void): void;
