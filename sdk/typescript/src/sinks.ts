// Sinks: what a workflow tells its worker. There is no worker here, so a call becomes a line in the log of the run.

import { log, toText } from "./context";

export type SinkFunction = (...args: any[]) => void;
export type Sink = Record<string, SinkFunction>;
export type Sinks = Record<string, Sink>;

/** The sink that `log` was made of. */
export interface LoggerSinks extends Sinks {
  defaultWorkerLogger: Record<keyof typeof log, (message: string, attributes?: Record<string, unknown>) => void>;
}

/** `proxySinks<T>().alerter.alert("x")` logs `alerter.alert ["x"]`; calls are not repeated in replay. */
export function proxySinks<T extends Sinks>(): T {
  const sink = (name: string): Sink =>
    new Proxy({} as Sink, {
      get: (_, fn) =>
        name === "defaultWorkerLogger" && fn in log
          ? log[fn as keyof typeof log]
          : (...args: unknown[]) => log.info(`${name}.${String(fn)} ${toText(args)}`),
    });
  return new Proxy({} as T, { get: (_, name) => sink(String(name)) });
}
