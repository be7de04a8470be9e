import assert from "node:assert/strict";
import { test } from "node:test";
import { compiled } from "./compiled.mjs";

const { toMs } = await compiled("duration.ts");

test("a duration is milliseconds or text with a unit", () => {
  const texts = ["10", "10ms", "1.5 days", "2 hrs", "1w", " 30 Seconds "];
  assert.deepEqual(texts.map(toMs), [10, 10, 129_600_000, 7_200_000, 604_800_000, 30_000]);
  assert.equal(toMs(0.4), 1);
});

test("less than nothing is nothing", () => {
  assert.deepEqual([-5, "-5", "-1s", "-2 days"].map(toMs), [0, 0, 0, 0]);
});

test("what is no duration is said to be none, with an example of one", () => {
  for (const it of ["soon", "", "1 fortnight", "1..5s", null, undefined]) {
    assert.throws(() => toMs(it), (error) => error.message === `\`${it}\` is no duration: give milliseconds, or text such as "30s"`);
  }
});
