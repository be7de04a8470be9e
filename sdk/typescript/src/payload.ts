// Values to bytes and back: JSON, as `wit/README.md` says.

import type { Fields, Payload, Payloads } from "refrain:workflow/types@0.1.0";
import { PayloadConverterError } from "./errors";
import { decodeUtf8, encodeUtf8 } from "./utf8";

const JSON_PLAIN = encodeUtf8("json/plain");
const BINARY_NULL = encodeUtf8("binary/null");
const BINARY_PLAIN = encodeUtf8("binary/plain");

export function toPayload(value: unknown): Payload {
  // `null` is a value of JSON: whoever reads it gets `null`, not `undefined`.
  if (value === undefined) {
    return { metadata: [["encoding", BINARY_NULL]], data: new Uint8Array(0) };
  }
  if (value instanceof Uint8Array) {
    return { metadata: [["encoding", BINARY_PLAIN]], data: value };
  }
  return { metadata: [["encoding", JSON_PLAIN]], data: encodeUtf8(toJson(value)) };
}

/** Errors: says what has no JSON form, and what to do. */
function toJson(value: unknown): string {
  let json: string | undefined;
  try {
    json = JSON.stringify(value);
  } catch (error) {
    throw new PayloadConverterError(whyNot(value) ?? String(error), error);
  }
  if (json === undefined) {
    throw new PayloadConverterError(`a ${typeof value} has no JSON form: give what it stands for`);
  }
  return json;
}

function whyNot(value: unknown, path: string[] = [], around: object[] = []): string | undefined {
  const it = path.length > 0 ? `\`${path.join(".")}\`` : "it";
  if (typeof value === "bigint") return `${it} is a BigInt, which JSON does not have: give a string`;
  if (typeof value !== "object" || value === null) return undefined;
  if (around.includes(value)) return `${it} is part of itself: give an id instead`;
  for (const [name, part] of Object.entries(value)) {
    const why = whyNot(part, [...path, name], [...around, value]);
    if (why) return why;
  }
  return undefined;
}

export function fromPayload(payload: Payload): unknown {
  const bytes = payload.metadata.find(([name]) => name === "encoding")?.[1];
  if (bytes && isSame(bytes, JSON_PLAIN)) return JSON.parse(decodeUtf8(payload.data));
  const encoding = bytes ? decodeUtf8(bytes) : "binary/plain";
  switch (encoding) {
    case "json/protobuf":
      return JSON.parse(decodeUtf8(payload.data));
    case "binary/null":
      return undefined;
    case "binary/plain":
      return payload.data;
    default:
      throw new PayloadConverterError(`unknown encoding \`${encoding}\``);
  }
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  if (one.length !== other.length) return false;
  for (let at = 0; at < one.length; at++) if (one[at] !== other[at]) return false;
  return true;
}

export function toPayloads(values: readonly unknown[]): Payloads {
  return values.map(toPayload);
}

export function fromPayloads(payloads: Payloads): unknown[] {
  return payloads.map(fromPayload);
}

/** Fields of a memo. `null` takes one away. */
export function toFields(values: Record<string, unknown> | undefined): Fields {
  return Object.entries(values ?? {}).map(([name, value]) => [name, toPayload(value ?? undefined)]);
}

export function fromFields(fields: Fields): Record<string, unknown> {
  return Object.fromEntries(fields.map(([name, value]) => [name, fromPayload(value)]));
}
