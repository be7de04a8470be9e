import type { Duration } from "./duration.js";
import type { EventGroupMarker } from "./event-groups.js";
export declare const NexusOperationCancellationType: {
    readonly ABANDON: "ABANDON";
    readonly TRY_CANCEL: "TRY_CANCEL";
    readonly WAIT_CANCELLATION_REQUESTED: "WAIT_CANCELLATION_REQUESTED";
    readonly WAIT_CANCELLATION_COMPLETED: "WAIT_CANCELLATION_COMPLETED";
};
export type NexusOperationCancellationType = (typeof NexusOperationCancellationType)[keyof typeof NexusOperationCancellationType];
export interface StartNexusOperationOptions {
    readonly scheduleToCloseTimeout?: Duration;
    readonly scheduleToStartTimeout?: Duration;
    readonly startToCloseTimeout?: Duration;
    readonly cancellationType?: NexusOperationCancellationType;
    readonly summary?: string;
    readonly eventGroups?: EventGroupMarker[];
}
export interface StartNexusOperationInput {
    readonly input: unknown;
    readonly endpoint: string;
    readonly service: string;
    readonly operation: string;
    readonly options: StartNexusOperationOptions;
    readonly seq: number;
    readonly headers: Record<string, string>;
}
export interface StartNexusOperationOutput {
    readonly token?: string;
    readonly result: Promise<unknown>;
}
export interface NexusOperationHandle<T> {
    readonly service: string;
    readonly operation: string;
    readonly token?: string;
    result(): Promise<T>;
}
export interface NexusServiceClientOptions<T> {
    endpoint: string;
    service: T;
}
export interface NexusServiceClient<_T> {
    executeOperation(operation: unknown, input: unknown, options?: Partial<StartNexusOperationOptions>): Promise<any>;
    startOperation(operation: unknown, input: unknown, options?: Partial<StartNexusOperationOptions>): Promise<NexusOperationHandle<any>>;
}
/** Errors: always. Another service is reached by an activity, another workflow by `executeChild`. */
export declare function createNexusServiceClient<T>({ endpoint }: NexusServiceClientOptions<T>): NexusServiceClient<T>;
