// The browser that these tests look at pages with.

import bundled from "@sparticuz/chromium";
import { chromium } from "playwright-core";

// Of a machine that does other things too. What is there is not waited for.
export const PATIENCE_MS = 120_000;
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export async function start() {
  const executablePath = process.env.CHROMIUM ?? (await bundled.executablePath());
  return chromium.launch({ executablePath, args: FLAGS, timeout: PATIENCE_MS });
}
