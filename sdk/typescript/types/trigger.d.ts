/** A promise that is resolved or rejected from outside. */
export declare class Trigger<T> implements PromiseLike<T> {
    resolve: (value: T | PromiseLike<T>) => void;
    reject: (reason?: unknown) => void;
    protected readonly promise: Promise<T>;
    constructor();
    then<A = T, B = never>(fulfilled?: ((value: T) => A | PromiseLike<A>) | null, rejected?: ((reason: any) => B | PromiseLike<B>) | null): PromiseLike<A | B>;
}
