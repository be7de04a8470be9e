/** The engine's own, which nobody watches. */
export declare const Engine: PromiseConstructor;
/** The engine's own: for what does not call the program. */
export declare const then: <TResult1 = any, TResult2 = never>(onfulfilled?: ((value: any) => TResult1 | PromiseLike<TResult1>) | null | undefined, onrejected?: ((reason: any) => TResult2 | PromiseLike<TResult2>) | null | undefined) => Promise<TResult1 | TResult2>;
interface Watch {
    /** Calls back when the program has come to rest. */
    atRest(check: () => void): void;
    /** A rejection that nobody looks at. */
    report(error: unknown): void;
    /** What was thrown where nobody can catch it, as by a timer's callback. */
    threw(error: unknown): void;
}
/** Begins with the run. */
export declare function watchRejections(how: Watch): void;
export declare function seen(promise: object): void;
/** Of what is thrown where nobody can catch it. */
export declare function threw(error: unknown): void;
/** To be told of each promise that may have been rejected, also of too many. */
export declare function suspect(promise: Promise<unknown>): void;
/** Calls back when the program has come to rest, and what nobody looked at by then is reported. */
export declare function afterLooks(done: () => void): void;
/** When `value` is a promise that is rejected, `promise` is too. */
export declare function follows(promise: Promise<unknown>, value: unknown): void;
/** Watches what is made by `new Promise`, and so by async functions, where `isWatched`. */
export declare function watchNewPromises(isWatched: () => boolean): void;
export {};
