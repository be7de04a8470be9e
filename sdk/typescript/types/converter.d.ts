/// <reference path="../src/host.d.ts" />
import type { Fields } from "refrain:workflow/types@0.1.0";
export interface Payload {
    metadata?: Record<string, Uint8Array> | null;
    data?: Uint8Array | null;
}
/** What travels with a call beside its arguments, made by interceptors. */
export type Headers = Record<string, Payload>;
export interface PayloadConverter {
    toPayload<T>(value: T): Payload;
    fromPayload<T>(payload: Payload): T;
}
/** The one that is used for all values: JSON, and bytes as they are. */
export declare const defaultPayloadConverter: PayloadConverter;
export declare function toHeaders(fields: Fields): Headers;
export declare function fromHeaders(headers: Headers): Fields;
