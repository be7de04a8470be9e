// Streams of random numbers: one that asks the host, and named ones that do not disturb it or each other.

import host from "refrain:workflow/context@0.1.0";
import { needRun } from "./top-level";

export interface WorkflowRandomStream {
  /** From 0 to 1, without 1. */
  random(): number;
  uuid4(): string;
  fill(bytes: Uint8Array): Uint8Array;
  /** Calls `fn` with `Math.random` taken from this stream. */
  with<T>(fn: () => T): T;
}

abstract class Stream implements WorkflowRandomStream {
  protected abstract next(): bigint;

  random(): number {
    return Number(this.next() >> 11n) / 2 ** 53;
  }

  fill(bytes: Uint8Array): Uint8Array {
    for (let at = 0; at < bytes.length; at++) bytes[at] = Number(this.next() & 0xffn);
    return bytes;
  }

  uuid4(): string {
    const bytes = this.fill(new Uint8Array(16));
    bytes[6] = (bytes[6]! & 0x0f) | 0x40;
    bytes[8] = (bytes[8]! & 0x3f) | 0x80;
    const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  }

  with<T>(fn: () => T): T {
    const before = Math.random;
    Math.random = () => this.random();
    try {
      return fn();
    } finally {
      Math.random = before;
    }
  }
}

class OfHost extends Stream {
  protected next(): bigint {
    needRun("`workflowRandom`");
    return BigInt(host.randomU64());
  }
}

const U64 = (1n << 64n) - 1n;

/** SplitMix64. The host gives the seed when the stream is first used; after that, others do not matter to it. */
class Seeded extends Stream {
  private state = BigInt(host.randomU64());

  protected next(): bigint {
    this.state = (this.state + 0x9e3779b97f4a7c15n) & U64;
    let mixed = this.state;
    mixed = ((mixed ^ (mixed >> 30n)) * 0xbf58476d1ce4e5b9n) & U64;
    mixed = ((mixed ^ (mixed >> 27n)) * 0x94d049bb133111ebn) & U64;
    return mixed ^ (mixed >> 31n);
  }
}

const named = new Map<string, Seeded>();

/** The same stream for the same name. */
export function getRandomStream(name: string): WorkflowRandomStream {
  needRun("`getRandomStream`");
  let stream = named.get(name);
  if (!stream) named.set(name, (stream = new Seeded()));
  return stream;
}

export const workflowRandom: WorkflowRandomStream = new OfHost();
