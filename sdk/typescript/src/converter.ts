// Payloads as Temporal's SDK shows them to programs: in headers, and to who converts by hand.

import type { Fields, Payload as HostPayload } from "refrain:workflow/types@0.1.0";
import { fromPayload, toPayload } from "./payload";

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
export const defaultPayloadConverter: PayloadConverter = {
  toPayload: (value) => shown(toPayload(value)),
  fromPayload: <T>(payload: Payload) => fromPayload(hidden(payload)) as T,
};

export function toHeaders(fields: Fields): Headers {
  return Object.fromEntries(fields.map(([name, payload]) => [name, shown(payload)]));
}

export function fromHeaders(headers: Headers): Fields {
  return Object.entries(headers).map(([name, payload]) => [name, hidden(payload)]);
}

function shown({ metadata, data }: HostPayload): Payload {
  return { metadata: Object.fromEntries(metadata), data };
}

function hidden({ metadata, data }: Payload): HostPayload {
  return { metadata: Object.entries(metadata ?? {}), data: data ?? new Uint8Array(0) };
}
