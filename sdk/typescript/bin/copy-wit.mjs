// Before the package is packed: the contract with the host lies beside the SDK, where `refrain-build` finds it.

import { cpSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

const wit = fileURLToPath(new URL("../wit", import.meta.url));
rmSync(wit, { recursive: true, force: true });
if (!process.argv.includes("--remove")) cpSync(fileURLToPath(new URL("../../../wit", import.meta.url)), wit, { recursive: true });
