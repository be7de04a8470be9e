// What `refrain-build` says of a module that is no component, and what it takes of what workflows do not need.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const path = (from) => fileURLToPath(new URL(from, import.meta.url));
const PROJECT = path("../../../guest-examples/typescript/");
const WORKFLOW = "export async function one(): Promise<number> { return 1; }\n";

/** What is said of these files, of which `workflow.ts` is built. */
function built(files) {
  const folder = mkdtempSync(join(tmpdir(), "build-test-"));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const args = [path("../bin/refrain-build.mjs"), join(folder, "workflow.ts"), "--output", join(folder, "it.wasm")];
    const { status, stdout, stderr } = spawnSync("node", args, { cwd: PROJECT, encoding: "utf8" });
    return { status, said: (stdout + stderr).replaceAll(/[^\s(]*build-test-\w+\//g, "") };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** In the order of the lines of what is said. */
const REFUSED = {
  "reads files": {
    program: { "workflow.ts": `import { readFileSync } from "node:fs";\n${WORKFLOW}readFileSync("a");` },
    said: ["the module `fs` of Node's is not there for workflows, which do no I/O: use it in an activity", "workflow.ts:1"],
  },
  "imports activities as they are": {
    program: {
      "workflow.ts": `import * as activities from "./activities";\n${WORKFLOW}void activities.read;`,
      "activities.ts": 'import net from "net";\nexport const read = async () => net.connect(1);',
    },
    said: ["the module `net` of Node's is not there", "import types only (`import type * as activities`)", "activities.ts:1"],
  },
  "imports a client": {
    program: { "workflow.ts": `import { Client } from "@temporalio/client";\n${WORKFLOW}new Client();` },
    said: ["`@temporalio/client` is not for workflows: use it in an activity", "workflow.ts:1"],
  },
  "asks for its run before there is one": {
    program: { "workflow.ts": `import { workflowInfo } from "@temporalio/workflow";\n\nworkflowInfo();\n${WORKFLOW}` },
    said: [
      "the program failed as its modules were loaded: `workflowInfo` is for a workflow: no run has begun at the top level",
      "at <anonymous> (workflow.ts:3)",
      "hint: the top level of a module runs once, when the component is built",
    ],
  },
  "requires what is not there": {
    program: { "workflow.ts": `${WORKFLOW}\nrequire("crypto");` },
    said: ["the program failed as its modules were loaded: the module `crypto` of Node's is not there", "(workflow.ts:3)"],
  },
  "imports a package that is not installed": {
    program: { "workflow.ts": `import words from "@far/words/long";\n${WORKFLOW}words();` },
    said: ['Could not resolve "@far/words/long"', "workflow.ts:1:18", "`npm install @far/words` adds it"],
  },
  "imports a file that is not there": {
    program: { "workflow.ts": `${WORKFLOW}export * from "./more";` },
    said: ['Could not resolve "./more"', "workflow.ts:2:14"],
  },
  "exports no function": {
    program: { "workflow.ts": "export const limit = 3;\nasync function one() { return limit; }\nvoid one;" },
    said: ["there is no workflow here: expected an exported function"],
  },
  "throws as it is loaded": {
    program: { "workflow.ts": `import "./limits";\n${WORKFLOW}`, "limits.ts": 'throw new RangeError("no limits");' },
    said: ["the program failed as its modules were loaded: no limits", "(limits.ts:1)"],
  },
};

for (const [what, { program, said: expected }] of Object.entries(REFUSED)) {
  test(`a module that ${what} is refused, with the place and what to do`, () => {
    const { status, said } = built(program);
    assert.equal(status, 1, said);
    let rest = said;
    for (const part of expected) {
      assert(rest.includes(part), `${part}\nis not in\n${said}`);
      rest = rest.slice(rest.indexOf(part) + part.length);
    }
    assert(!said.includes("wasm backtrace"), said);
  });
}

test("what libraries ask for as they are loaded, and may do without, is no reason to refuse them", () => {
  const library = `
    export const began = [Date.now(), performance.now(), Math.random()];
    let random;
    try {
      random = require("crypto").randomBytes;
    } catch {
      random = (length: number) => crypto.getRandomValues(new Uint8Array(length));
    }
    console.log(random(2).length);
    export const store = new AsyncLocalStorage();
    export const lazy = () => require("fs");
  `;
  const { status, said } = built({ "workflow.ts": `export * from "./library";\n${WORKFLOW}`, "library.ts": library });
  assert.equal(status, 0, said);
});
