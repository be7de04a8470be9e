#!/usr/bin/env node
// Makes a workflow component of a module whose exported functions are workflows:
//
//   refrain-build <workflow.ts> --output <component.wasm> [--interceptors <module>]... [--wit <folder>]
//
// A module of interceptors exports `interceptors`, as the workflow's own may.
//
// esbuild and componentize-qjs are those of the package that this is run in.

import { spawnSync } from "node:child_process";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const sdk = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    output: { type: "string", short: "o" },
    interceptors: { type: "string", multiple: true, default: [] },
    // In the repository, and in the package.
    wit: { type: "string", default: ["../../wit", "wit"].map((it) => resolve(sdk, it)).find(hasWorlds) },
  },
});
if (positionals.length !== 1 || !values.output) {
  fail("usage: refrain-build <workflow.ts> --output <component.wasm> [--interceptors <module>]... [--wit <folder>]");
}

const source = resolve(positionals[0]);
const bundle = resolve(values.output.replace(/\.wasm$/, "") + ".bundle.js");
const ofProject = createRequire(resolve("package.json"));
const { build } = ofProject("esbuild");
const { TraceMap, eachMapping } = ofProject("@jridgewell/trace-mapping");

/** What the engine does not have, and where it comes from: in a bundle only if the program names it. */
const extras = {
  abort: /\bAbort(Controller|Signal)\b/,
  "structured-clone": /\bstructuredClone\b/,
  url: /\bURL(SearchParams)?\b/,
};

let built;
try {
  built = await bundled([]);
  const [{ text }] = built.outputFiles.filter((file) => file.path.endsWith(".js"));
  const named = Object.entries(extras).filter(([, names]) => names.test(text));
  if (named.length > 0) built = await bundled(named.map(([name]) => resolve(sdk, `src/inject/${name}.js`)));
} catch {
  process.exit(1);
}

function bundled(inject) {
  return build({
    stdin: {
      contents: `
        import { component } from "@refrain/workflow/component";
        import * as workflows from "./${basename(source)}";
        ${values.interceptors.map((it, nth) => `import * as interceptors${nth} from ${JSON.stringify(resolve(it))};`).join("\n")}
        export const { run, query, validateUpdate, update, definition } =
          component(${["workflows", ...values.interceptors.map((_, nth) => `interceptors${nth}`)].join(", ")});
      `,
      resolveDir: dirname(source),
    },
    outfile: bundle,
    write: false,
    sourcemap: "external",
    bundle: true,
    // A file of Temporal's SDK is one of ours.
    alias: {
      "@temporalio/workflow": resolve(sdk, "src/index.ts"),
      "@temporalio/common": resolve(sdk, "src/common.ts"),
    },
    inject,
    define: { global: "globalThis" },
    // A linked SDK finds what it stands on where the project has it.
    nodePaths: [resolve("node_modules")],
    format: "esm",
    target: "es2022",
    // Cancellation scopes follow the program through `then`, which QuickJS's own `await` does not call.
    supported: { "async-await": false, "async-generator": false, "for-await": false },
    external: ["refrain:*"],
    keepNames: true,
    logLevel: "warning",
  });
}

const [map, code] = built.outputFiles.sort((a, b) => b.path.length - a.path.length);
writeFileSync(bundle, `${code.text}\n${sourceLines(map.text)}\n`);

const args = ["--wit", values.wit, "--world", "workflow", "--js", bundle, "--output", values.output];
// A quarter smaller and a third faster to compile; workflows run as fast.
args.push("--opt-size");
const made = spawnSync(resolve("node_modules/.bin/componentize-qjs"), args, { encoding: "utf8" });
if (made.error) {
  fail(`cannot start componentize-qjs: ${made.error.message}\nhint: npm install --save-dev componentize-qjs`);
}
if (made.status !== 0) {
  fail(made.stdout + made.stderr);
}
rmSync(bundle);

/**
 * For stack traces: which line of which file a line of the bundle was. In runs, as most follow the one before:
 * `[first line of the bundle, file, first line there, how many]`.
 */
function sourceLines(text) {
  const map = new TraceMap(text);
  const files = new Map();
  const runs = [];
  eachMapping(map, ({ generatedLine, source, originalLine }) => {
    // The frames of the SDK and of what it stands on are no news to an author.
    if (source === null || source.startsWith("<") || /sdk\/typescript\/|node_modules\//.test(source)) return;
    const file = relative(process.cwd(), resolve(dirname(bundle), source));
    if (!files.has(file)) files.set(file, files.size);
    const last = runs.at(-1);
    if (last && last[0] + last[3] > generatedLine) return;
    const nth = files.get(file);
    const follows = last && last[0] + last[3] === generatedLine && last[1] === nth && last[2] + last[3] === originalLine;
    if (follows) last[3]++;
    else runs.push([generatedLine, nth, originalLine, 1]);
  });
  // As text, which takes less memory in each run than the list would.
  const sources = JSON.stringify({ files: [...files.keys()], runs });
  return `globalThis.__refrainSources = ${JSON.stringify(sources)};`;
}

function hasWorlds(folder) {
  return existsSync(resolve(folder, "worlds.wit"));
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
