#!/usr/bin/env node
// Makes a workflow component of a module whose exported functions are workflows:
//
//   refrain-build <workflow.ts> --output <component.wasm> [--wit <folder>]
//
// esbuild and componentize-qjs are those of the package that this is run in.

import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const sdk = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    output: { type: "string", short: "o" },
    wit: { type: "string", default: resolve(sdk, "../../wit") },
  },
});
if (positionals.length !== 1 || !values.output) {
  fail("usage: refrain-build <workflow.ts> --output <component.wasm> [--wit <folder>]");
}

const source = resolve(positionals[0]);
const bundle = resolve(values.output.replace(/\.wasm$/, "") + ".bundle.js");
const { build } = createRequire(resolve("package.json"))("esbuild");

try {
  await build({
    stdin: {
      contents: `
        import { component } from "@refrain/workflow/component";
        import * as workflows from "./${basename(source)}";
        export const { run, query, validateUpdate, update, definition } = component(workflows);
      `,
      resolveDir: dirname(source),
    },
    outfile: bundle,
    bundle: true,
    format: "esm",
    target: "es2022",
    // Cancellation scopes follow the program through `then`, which QuickJS's own `await` does not call.
    supported: { "async-await": false, "async-generator": false, "for-await": false },
    external: ["refrain:*"],
    keepNames: true,
    logLevel: "warning",
  });
} catch {
  process.exit(1);
}

const args = ["--wit", values.wit, "--world", "workflow", "--js", bundle, "--output", values.output];
const made = spawnSync(resolve("node_modules/.bin/componentize-qjs"), args, { encoding: "utf8" });
if (made.error) {
  fail(`cannot start componentize-qjs: ${made.error.message}\nhint: npm install --save-dev componentize-qjs`);
}
if (made.status !== 0) {
  fail(made.stdout + made.stderr);
}
rmSync(bundle);

function fail(message) {
  console.error(message);
  process.exit(1);
}
