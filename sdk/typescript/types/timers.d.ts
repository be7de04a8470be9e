import { type Duration } from "./duration.js";
import { type TimerOptions } from "./interceptors.js";
/** Waits, for months if need be. */
export declare function sleep(duration: Duration, options?: TimerOptions): Promise<void>;
/** Waits until `holds` gives true. With a timeout: false if that was faster. */
export declare function condition(holds: () => boolean): Promise<void>;
export declare function condition(holds: () => boolean, timeout: Duration, options?: TimerOptions): Promise<boolean>;
/** Runs `fn` in a scope that is canceled after `timeout`. */
export declare function withTimeout<T>(timeout: Duration, fn: () => Promise<T>): Promise<T>;
