/// <reference path="../src/host.d.ts" />
import type { Fields, Payload, Payloads } from "refrain:workflow/types@0.1.0";
export declare function toPayload(value: unknown): Payload;
export declare function fromPayload(payload: Payload): unknown;
export declare function toPayloads(values: readonly unknown[]): Payloads;
export declare function fromPayloads(payloads: Payloads): unknown[];
/** Fields of a memo. `null` takes one away. */
export declare function toFields(values: Record<string, unknown> | undefined): Fields;
export declare function fromFields(fields: Fields): Record<string, unknown>;
