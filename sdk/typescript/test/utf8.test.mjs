// The engine that workflows run in has no TextEncoder and no TextDecoder: ours against Node's.

import assert from "node:assert/strict";
import { test } from "node:test";
import { compiled } from "./compiled.mjs";

const { decodeUtf8, encodeUtf8 } = await compiled("utf8.ts");

// What the engine has and Node before 25 has not.
Uint8Array.fromBase64 ??= (text) => new Uint8Array(Buffer.from(text, "base64"));
Uint8Array.prototype.toBase64 ??= function () {
  return Buffer.from(this).toString("base64");
};

/** The first and the last character of each length, and what lies around the half pairs. */
const EDGES = "\0\x7f\x80\u07ff\u0800\ud7ff\ue000\uffff\u{10000}\u{10ffff}";

test("text comes back as it was, whatever is in it and however long it is", () => {
  for (const text of ["", "plain", EDGES, "ä".repeat(5000) + "b".repeat(5000) + EDGES.repeat(1000)]) {
    const bytes = new TextEncoder().encode(text);
    assert.deepEqual(encodeUtf8(text), bytes);
    assert.equal(decodeUtf8(bytes), text);
  }
});

test("half a pair is written as U+FFFD", () => {
  for (const text of ["\ud800", "\udc00", "a\udfffb", "\ud800\ud800\udc00", "\udc00\ud800"]) {
    assert.deepEqual(encodeUtf8(text), new TextEncoder().encode(text));
  }
});

test("each byte that is part of no character is read as U+FFFD", () => {
  const read = (...bytes) => decodeUtf8(Uint8Array.from(bytes));
  assert.equal(read(0x61, 0xff, 0x62), "a\ufffdb");
  assert.equal(read(0xc3), "\ufffd", "cut off");
  assert.equal(read(0xe2, 0x82, 0x61), "\ufffd\ufffda", "cut off by another");
  assert.equal(read(0xc0, 0x80), "\ufffd\ufffd", "longer than needed");
  assert.equal(read(0xe0, 0x80, 0x80), "\ufffd\ufffd\ufffd", "longer than needed");
  assert.equal(read(0xed, 0xa0, 0x80), "\ufffd\ufffd\ufffd", "half of a pair");
  assert.equal(read(0xf4, 0x90, 0x80, 0x80), "\ufffd\ufffd\ufffd\ufffd", "past the last character");
  assert.equal(read(0xff, 0xf0, 0x9f, 0x98, 0x80, 0xc3, 0xa4), "\ufffd😀ä", "what is whole stays");
});
