/** A promise that is resolved or rejected from outside. */
export class Trigger<T> implements PromiseLike<T> {
  resolve!: (value: T | PromiseLike<T>) => void;
  reject!: (reason?: unknown) => void;
  protected readonly promise: Promise<T>;

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    // Whoever awaits the trigger sees its rejection; nobody has to.
    this.promise.catch(() => {});
  }

  then<A = T, B = never>(
    fulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    rejected?: ((reason: any) => B | PromiseLike<B>) | null,
  ): PromiseLike<A | B> {
    return this.promise.then(fulfilled, rejected);
  }
}
