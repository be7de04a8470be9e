// Nexus is not there: its names are, so that a file that has them compiles and says so when it runs.

import type { Duration } from "./duration";
import { WorkflowError } from "./errors";
import type { EventGroupMarker } from "./event-groups";

export const NexusOperationCancellationType = {
  ABANDON: "ABANDON",
  TRY_CANCEL: "TRY_CANCEL",
  WAIT_CANCELLATION_REQUESTED: "WAIT_CANCELLATION_REQUESTED",
  WAIT_CANCELLATION_COMPLETED: "WAIT_CANCELLATION_COMPLETED",
} as const;
export type NexusOperationCancellationType =
  (typeof NexusOperationCancellationType)[keyof typeof NexusOperationCancellationType];

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
  startOperation(
    operation: unknown,
    input: unknown,
    options?: Partial<StartNexusOperationOptions>,
  ): Promise<NexusOperationHandle<any>>;
}

/** Errors: always. Another service is reached by an activity, another workflow by `executeChild`. */
export function createNexusServiceClient<T>({ endpoint }: NexusServiceClientOptions<T>): NexusServiceClient<T> {
  throw new WorkflowError(
    `no Nexus endpoint \`${endpoint}\`: Nexus is not supported; call the service in an activity, or a workflow with \`executeChild\``,
  );
}
