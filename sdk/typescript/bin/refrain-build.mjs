#!/usr/bin/env node
// Makes a workflow component of a module whose exported functions are workflows:
//
//   refrain-build <workflow.ts> --output <component.wasm> [--interceptors <module>]... [--wit <folder>]
//
// A module of interceptors exports `interceptors`, as the workflow's own may.
//
// esbuild and componentize-qjs are those of the package that this is run in.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { appendFileSync, existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { modules } from "./modules.mjs";

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
const { build, formatMessages } = ofProject("esbuild");
const { TraceMap, eachMapping, originalPositionFor } = ofProject("@jridgewell/trace-mapping");

/** A file of it, in the repository or in a package. */
const OF_THE_SDK = /sdk\/typescript\/|@refrain\/workflow\//;
/** What the engine does not have, and where it comes from: in a bundle only if the program names it. */
const extras = {
  assert: /\bassert\b/,
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
  await say(built.warnings, "warning");
} catch (error) {
  if (!Array.isArray(error.errors)) throw error;
  await say(error.warnings, "warning");
  await say(error.errors, "error");
  process.exit(1);
}

/** As esbuild would, but for what it advises on a package that is missing: to leave it out of the bundle is no way here. */
async function say(messages, kind) {
  const ours = messages.map((message) => {
    const [, name] = /^Could not resolve "((?:@[^/"]+\/)?[^./"@][^/"]*)/.exec(message.text) ?? [];
    return name === undefined ? message : { ...message, notes: [{ text: `\`npm install ${name}\` adds it, if that is its name there` }] };
  });
  const texts = await formatMessages(ours, { kind, color: process.stderr.isTTY === true });
  process.stderr.write(texts.join(""));
}

function bundled(inject) {
  return build({
    stdin: {
      contents: `
        import { component, runAsync } from "@refrain/workflow/component";
        globalThis.__refrainAsync = runAsync;
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
    plugins: [modules(sdk)],
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
    logLevel: "silent",
  });
}

const [map, code] = built.outputFiles.sort((a, b) => b.path.length - a.path.length);
const text = `${code.text}\n${ownAsync(code.text)}\n${sourceLines(map.text)}\n`;
// With `--opt-size` a component is a quarter smaller and a third faster to compile, and its programs take longer, an activity about half as long again.
const args = ["--world", "workflow"];
const sources = sourcesSection(text, args);
// The engine is stored as it is after its start, with a seed and a time in it: no two components are the same, byte for
// byte. What is made of the same as before is left as it is, so that its digest stays.
if (existsSync(values.output) && readFileSync(values.output).subarray(-sources.length).equals(sources)) process.exit(0);

writeFileSync(bundle, text);
args.push("--wit", values.wit, "--js", bundle, "--output", values.output);
const made = spawnSync(resolve("node_modules/.bin/componentize-qjs"), args, { encoding: "utf8" });
if (made.error) {
  fail(`cannot start componentize-qjs: ${made.error.message}\nhint: npm install --save-dev componentize-qjs`);
}
if (made.status !== 0) {
  rmSync(bundle);
  fail(whyNotMade(made.stdout + made.stderr));
}
rmSync(bundle);
appendFileSync(values.output, sources);

/** What a module that failed at its top level is told, with its own files and lines. */
function whyNotMade(said) {
  const [, error] = /Failed to (?:finish|evaluate) JavaScript module evaluation: (?:Error: )?([^]*)/.exec(said) ?? [];
  if (error === undefined) return said;
  // What `component` says: it has no place, and is not of the program's loading.
  if (error.startsWith("there is no workflow here")) return error.split("\n")[0];
  const sources = new TraceMap(map.text);
  const lines = error.trimEnd().split("\n").flatMap((line) => {
    const [, what, at, column] = /^(\s*at .*?)\(?\S*\.bundle\.js:(\d+):(\d+)\)?$/.exec(line) ?? [];
    if (what === undefined) return line.endsWith("(native)") ? [] : [line];
    const found = originalPositionFor(sources, { line: Number(at), column: Number(column) - 1 });
    if (found.source === null || OF_THE_SDK.test(found.source)) return [];
    return [`${what}(${relative(process.cwd(), resolve(dirname(bundle), found.source))}:${found.line})`];
  });
  const hint = "hint: the top level of a module runs once, when the component is built; what needs a run belongs in the workflow";
  return `the program failed as its modules were loaded: ${lines.join("\n")}\n${hint}`;
}

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
    if (source === null || source.startsWith("<") || OF_THE_SDK.test(source) || source.includes("node_modules/")) return;
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

/** Has `async` functions run by the SDK's `runAsync`, if esbuild lowers them as it did when this was written. */
function ownAsync(text) {
  const [, name] = /^var (__async\w*) = \(__this, __arguments, generator\) =>/m.exec(text) ?? [];
  return name === undefined ? "" : `${name} = globalThis.__refrainAsync;`;
}

/** A custom section of a component, which says by a hash what it was made of. */
function sourcesSection(...sources) {
  const { version } = ofProject("componentize-qjs/package.json");
  const files = readdirSync(values.wit).filter((file) => file.endsWith(".wit"));
  const wit = files.sort().map((file) => readFileSync(resolve(values.wit, file), "utf8"));
  const hash = createHash("sha256").update(JSON.stringify([version, wit, sources])).digest();
  const name = Buffer.from("refrain-sources");
  const content = Buffer.concat([Buffer.from([name.length]), name, hash]);
  return Buffer.concat([Buffer.from([0, content.length]), content]);
}

function hasWorlds(folder) {
  return existsSync(resolve(folder, "worlds.wit"));
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
