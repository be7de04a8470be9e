// What `npm pack` puts into the package, and that each thing it exports is in it.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const sdk = fileURLToPath(new URL("..", import.meta.url));
const packed = () => {
  const args = ["pack", "--dry-run", "--json", "--silent"];
  const json = execFileSync("npm", args, { cwd: sdk, encoding: "utf8" });
  return new Set(JSON.parse(json)[0].files.map((it) => it.path));
};

test("the package has the SDK, its tool, its test kit and the contract with the host, and no tests", () => {
  const files = packed();
  const { exports, bin } = JSON.parse(readFileSync(`${sdk}/package.json`, "utf8"));
  const targets = Object.values(exports).flatMap((it) => (typeof it === "string" ? [it] : Object.values(it)));
  for (const target of [...targets, ...Object.values(bin), "wit/worlds.wit", "wit/types.wit", "README.md"]) {
    assert(files.has(target.replace(/^\.\//, "")), `${target} is not packed`);
  }
  assert.deepEqual([...files].filter((it) => it.startsWith("test/")), []);
  assert(!existsSync(`${sdk}/wit`), "the copy of the contract is taken away again");
});
