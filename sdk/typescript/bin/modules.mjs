// What a program imports that is no file and no package of its own: Temporal's SDK, and modules of Node's.

import { builtinModules } from "node:module";
import { resolve } from "node:path";

/** Those that Temporal's SDK has for workflows, or that are right in them anyway. */
const OF_NODE = {
  assert: "assert.cjs",
  "assert/strict": "assert.cjs",
  async_hooks: "async_hooks.ts",
  url: "url.cjs",
  util: "util.cjs",
};
const BUILT_IN = new Set(builtinModules.filter((it) => !it.startsWith("_")));

/** A plugin of esbuild. */
export function modules(sdk) {
  return {
    name: "refrain-modules",
    setup(build) {
      // A file of Temporal's SDK is one of ours, also where a program looks into the package.
      build.onResolve({ filter: /^@temporalio\/(workflow|common)(\/|$)/ }, ({ path }) => ({
        path: resolve(sdk, path.startsWith("@temporalio/common") ? "src/common.ts" : "src/index.ts"),
      }));
      build.onResolve({ filter: /^@temporalio\// }, (it) => missing(it, `\`${it.path}\` is not for workflows`));
      build.onResolve({ filter: /^(node:)?[a-z_0-9]+(\/[a-z]+)?$/ }, async (it) => {
        const name = it.path.replace(/^node:/, "");
        const ours = Object.hasOwn(OF_NODE, name) && OF_NODE[name];
        if (ours) return { path: resolve(sdk, "src/node", ours) };
        if (!BUILT_IN.has(name) || it.pluginData === modules) return undefined;
        // A package may have the name, and do the same for browsers.
        const { importer, kind, resolveDir } = it;
        const installed = await build.resolve(name, { importer, kind, resolveDir, pluginData: modules });
        if (installed.errors.length === 0) return installed;
        return missing(it, `the module \`${name}\` of Node's is not there for workflows, which do no I/O`);
      });
      build.onLoad({ filter: /.*/, namespace: "refrain-missing" }, ({ pluginData }) => ({
        contents: `throw new Error(${JSON.stringify(pluginData)});`,
      }));
    },
  };
}

/** An error, unless the program may do without: what it asks for as it runs is missing when it runs. */
function missing({ kind, path }, what) {
  const text = `${what}: use it in an activity; from a file of activities, import types only (\`import type * as activities\`)`;
  if (kind === "import-statement") return { errors: [{ text }] };
  return { path, namespace: "refrain-missing", pluginData: text };
}
