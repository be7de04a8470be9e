import { type UpdateInput } from "./interceptors.js";
export interface SignalDefinition<Args extends any[] = [], Name extends string = string> {
    type: "signal";
    name: Name;
    /** Only for the compiler. */
    args?: Args;
}
export interface QueryDefinition<Result, Args extends any[] = [], Name extends string = string> {
    type: "query";
    name: Name;
    args?: Args;
    result?: Result;
}
export interface UpdateDefinition<Result, Args extends any[] = [], Name extends string = string> {
    type: "update";
    name: Name;
    args?: Args;
    result?: Result;
}
/** What becomes of a handler that is running when the workflow ends: it is abandoned, with a warning or without. */
export declare const HandlerUnfinishedPolicy: {
    readonly WARN_AND_ABANDON: "WARN_AND_ABANDON";
    readonly ABANDON: "ABANDON";
};
export type HandlerUnfinishedPolicy = (typeof HandlerUnfinishedPolicy)[keyof typeof HandlerUnfinishedPolicy];
export interface SignalHandlerOptions {
    description?: string;
    /** Default: `WARN_AND_ABANDON`. */
    unfinishedPolicy?: HandlerUnfinishedPolicy;
}
export interface QueryHandlerOptions {
    description?: string;
}
export interface UpdateHandlerOptions<Args extends any[]> {
    description?: string;
    validator?: (...args: Args) => void;
    /** Default: `WARN_AND_ABANDON`. */
    unfinishedPolicy?: HandlerUnfinishedPolicy;
}
export type DefaultSignalHandler = (name: string, ...args: unknown[]) => void | Promise<void>;
export type DefaultQueryHandler = (name: string, ...args: unknown[]) => unknown;
export type DefaultUpdateHandler = (name: string, ...args: unknown[]) => unknown;
export type DefaultUpdateValidator = (name: string, ...args: unknown[]) => void;
type Definition = SignalDefinition<any> | QueryDefinition<any, any> | UpdateDefinition<any, any>;
/** Of all definitions made, for the component's own description. */
export declare const defined: Definition[];
export declare function defineSignal<Args extends any[] = [], Name extends string = string>(name: Name, _options?: object): SignalDefinition<Args, Name>;
export declare function defineQuery<Result, Args extends any[] = [], Name extends string = string>(name: Name, _options?: object): QueryDefinition<Result, Args, Name>;
export declare function defineUpdate<Result, Args extends any[] = [], Name extends string = string>(name: Name, _options?: object): UpdateDefinition<Result, Args, Name>;
/** Names of queries that no program handles. The host answers the first. */
export declare const stackTraceQuery: QueryDefinition<string>;
export declare const enhancedStackTraceQuery: QueryDefinition<unknown>;
export declare const workflowMetadataQuery: QueryDefinition<unknown>;
export declare function setHandler<Args extends any[]>(definition: SignalDefinition<Args>, handler: ((...args: NoInfer<Args>) => void | Promise<void>) | undefined, options?: SignalHandlerOptions): void;
export declare function setHandler<Result, Args extends any[]>(definition: QueryDefinition<Result, Args>, handler: ((...args: NoInfer<Args>) => NoInfer<Result>) | undefined, options?: QueryHandlerOptions): void;
export declare function setHandler<Result, Args extends any[]>(definition: UpdateDefinition<Result, Args>, handler: ((...args: NoInfer<Args>) => NoInfer<Result> | Promise<NoInfer<Result>>) | undefined, options?: UpdateHandlerOptions<NoInfer<Args>>): void;
/** Takes the signals that no other handler takes. */
export declare function setDefaultSignalHandler(handler: DefaultSignalHandler | undefined): void;
/** Answers the queries that no other handler answers. */
export declare function setDefaultQueryHandler(handler: DefaultQueryHandler | undefined): void;
/** Takes the updates that no other handler takes. */
export declare function setDefaultUpdateHandler(handler: DefaultUpdateHandler | undefined, validator?: DefaultUpdateValidator): void;
/** Is no handler of a signal or an update running? To be waited for before the end. */
export declare function allHandlersFinished(): boolean;
/** What to warn of at the end of the workflow. `undefined`: of nothing. */
export declare function unfinishedHandlers(): string | undefined;
/**
 * Receives signals and hands them to their handlers, as long as the run lives: first those that came with its start,
 * before the workflow begins.
 *
 * One that has no handler stays with the host: if the run ends without it, the next run of the chain gets it.
 */
export declare function pumpSignals(fail: (error: unknown) => void): void;
export declare function answer(queryName: string, args: unknown[]): unknown;
export declare function validate(update: UpdateInput): void;
export declare function update(update: UpdateInput): Promise<unknown>;
export {};
