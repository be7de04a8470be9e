import { log } from "./context.js";
export type SinkFunction = (...args: any[]) => void;
export type Sink = Record<string, SinkFunction>;
export type Sinks = Record<string, Sink>;
/** The sink that `log` was made of. */
export interface LoggerSinks extends Sinks {
    defaultWorkerLogger: Record<keyof typeof log, (message: string, attributes?: Record<string, unknown>) => void>;
}
/** `proxySinks<T>().alerter.alert("x")` logs `alerter.alert ["x"]`; calls are not repeated in replay. */
export declare function proxySinks<T extends Sinks>(): T;
