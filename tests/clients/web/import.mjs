// Opens exported histories on the import page of Temporal's own web UI, looks at every event in every view,
// and says what the page or the browser complains of.
//
//     node import.mjs http://127.0.0.1:8233 HISTORY.json...

import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { PATIENCE_MS, start } from "./browser.mjs";

const [address, ...files] = process.argv.slice(2);
// The page shows so many events at a time, unless more are asked for.
const EVENTS_MAX = 100;
// What a page shows that was given something it can't read.
const BROKEN = ["undefined", "NaN", "Invalid Date", "[object Object]"];

const browser = await start();
const page = await browser.newPage();
page.setDefaultTimeout(PATIENCE_MS);
let complaints = [];
// The news of the product come from elsewhere; there are none here.
await page.route(
  (url) => url.origin !== address,
  (route) => route.fulfill({ json: {} }),
);
page.on("pageerror", (error) => complaints.push(`the page broke: ${error.message}`));
page.on("response", (answer) => {
  if (answer.status() >= 400) complaints.push(`${answer.status()} for ${answer.url()}`);
});
page.on("console", (line) => {
  // A payload of nothing (`binary/null`) is warned of, whoever made it.
  if (line.type() === "error") complaints.push(`an error on the console: ${line.text()}`);
});

let wrong = 0;
for (const file of files) {
  complaints = [];
  await look(file).catch((error) => complaints.push(error.message));
  console.log(complaints.length === 0 ? `${basename(file)}: fine` : `${file}:\n  ${complaints.join("\n  ")}`);
  wrong += complaints.length;
}
await browser.close();
process.exit(wrong === 0 && files.length > 0 ? 0 : 1);

async function look(file) {
  const history = JSON.parse(readFileSync(file, "utf8"));
  const events = history.events ?? history;
  const started = events[0].workflowExecutionStartedEventAttributes;
  const n = Math.min(events.length, EVENTS_MAX);

  await page.goto(`${address}/import`);
  await page.setInputFiles("input[type=file]", file);
  await page.getByRole("button", { name: "Import", exact: true }).click();
  const rows = page.getByTestId("event-summary-row");
  await rows.nth(n - 1).waitFor();
  if ((await rows.count()) !== n) complaints.push(`${await rows.count()} events are shown, expected ${n}`);
  await page.evaluate(() => {
    for (const button of document.querySelectorAll("[aria-label='Expand details']")) button.click();
  });
  // The details of the first event have it too.
  await page.getByText(started.taskQueue.name, { exact: true }).first().waitFor();
  await page.getByText(started.workflowType.name, { exact: true }).first().waitFor();
  await check();
  await page.getByText("Compact", { exact: true }).click();
  await page.waitForURL("**/history/compact");
  // One row for all that an activity or a timer went through, none for workflow tasks: fewer, or none at all.
  await page.waitForFunction(
    (n) => document.querySelectorAll("[data-testid=event-summary-row]").length < n,
    events.length,
  );
  await check();
  await page.getByText("JSON", { exact: true }).click();
  await page.waitForURL("**/history/json");
  await page.getByText("eventType").first().waitFor();
  await check();
}

async function check() {
  const text = await page.locator("body").innerText();
  for (const it of BROKEN.filter((it) => text.includes(it))) complaints.push(`\`${it}\` is on the page`);
}
