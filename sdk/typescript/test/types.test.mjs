// `types/` is what the compiler says of `src/`: a project is checked against it, whatever its own settings are. To be
// written anew with `UPDATE_EXPECT=1 node --test test/types.test.mjs`.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const path = (from) => fileURLToPath(new URL(from, import.meta.url));
const ts = createRequire(path("../../../guest-examples/typescript/package.json"))("typescript");

const TYPES = path("../types/");
const ENTRIES = ["index", "common"];

/** What the compiler makes of the sources, by the names of files. */
function declarations() {
  const program = ts.createProgram([...ENTRIES.map((it) => path(`../src/${it}.ts`)), path("../globals.d.ts")], {
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    target: ts.ScriptTarget.ES2022,
    lib: ["lib.es2022.d.ts"],
    types: [],
    strict: true,
    declaration: true,
    emitDeclarationOnly: true,
    stripInternal: true,
  });
  const files = {};
  program.emit(undefined, (file, text) => {
    const host = text.includes('"refrain:workflow/') ? '/// <reference path="../src/host.d.ts" />\n' : "";
    // All ways to resolve a module find a file by its extension.
    files[basename(file)] = host + text.replace(/((?:from|import\()\s*"\.\/[\w-]+)"/g, '$1.js"');
  });
  return files;
}

test("`types/` says what the sources say", () => {
  const made = declarations();
  if (process.env.UPDATE_EXPECT) {
    rmSync(TYPES, { recursive: true, force: true });
    mkdirSync(TYPES);
    for (const [name, text] of Object.entries(made)) writeFileSync(TYPES + name, text);
  }
  const kept = Object.fromEntries(readdirSync(TYPES).map((name) => [name, readFileSync(TYPES + name, "utf8")]));
  assert.deepEqual(kept, made);
});

const OF_NODE = { types: ["node"], typeRoots: [path("../../../tests/clients/typescript/node_modules/@types")] };
const WITH_GLOBALS = { types: [] };
const PROJECTS = {
  "has nothing but the globals of this SDK": { ...WITH_GLOBALS, lib: ["lib.es2022.d.ts"] },
  "has the types of Node": OF_NODE,
  "has those of Node and of browsers": { ...OF_NODE, lib: ["lib.es2022.d.ts", "lib.dom.d.ts"] },
  "is of an older year": { ...OF_NODE, lib: ["lib.es2020.d.ts"], target: ts.ScriptTarget.ES2020 },
  "tells what is undefined from what is missing": { ...OF_NODE, exactOptionalPropertyTypes: true },
  "allows only what can be erased": { ...OF_NODE, erasableSyntaxOnly: true, verbatimModuleSyntax: true },
  "resolves as Node does": { ...OF_NODE, module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext },
  "resolves as Node once did": { ...OF_NODE, module: ts.ModuleKind.CommonJS, moduleResolution: ts.ModuleResolutionKind.Node10 },
};

for (const [what, options] of Object.entries(PROJECTS)) {
  test(`a file compiles in a project that ${what}`, () => {
    const files = [path("temporal-file.ts"), ...(options.types.length === 0 ? [path("../globals.d.ts")] : [])];
    const program = ts.createProgram(files, {
      module: ts.ModuleKind.ESNext,
      moduleResolution: ts.ModuleResolutionKind.Bundler,
      target: ts.ScriptTarget.ES2022,
      lib: ["lib.es2022.d.ts"],
      paths: { "@temporalio/workflow": [`${TYPES}index.d.ts`] },
      strict: true,
      noEmit: true,
      ...options,
    });
    // Also what is in `types/` itself, which most projects do not ask for.
    const isOurs = (it) => it.file?.fileName.includes("sdk/typescript/");
    const told = ts.getPreEmitDiagnostics(program).filter((it) => it.file === undefined || isOurs(it));
    assert.deepEqual(told.map((it) => ts.flattenDiagnosticMessageText(it.messageText, "\n")), []);
  });
}
