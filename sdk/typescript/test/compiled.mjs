// One file of the SDK that imports no other, as Node can run it.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

const ts = createRequire(new URL("../../../guest-examples/typescript/package.json", import.meta.url))("typescript");

export async function compiled(name) {
  const source = await readFile(new URL(`../src/${name}`, import.meta.url), "utf8");
  const { outputText } = ts.transpileModule(source, { compilerOptions: { module: "esnext", target: "es2022" } });
  return import(`data:text/javascript,${encodeURIComponent(outputText)}`);
}
