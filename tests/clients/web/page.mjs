// Uses the host's own web page as people do, and says what it saw.
//
//     node page.mjs http://127.0.0.1:8233/refrain

import { readFileSync } from "node:fs";
import http from "node:http";
import { PATIENCE_MS, start } from "./browser.mjs";

const address = process.argv[2].replace(/\/?$/, "/");
const { origin, hostname, port } = new URL(address);
const complaints = [];
const browser = await start();
const context = await browser.newContext({ acceptDownloads: true, timezoneId: "Europe/Berlin" });
const page = await context.newPage();
page.setDefaultTimeout(PATIENCE_MS);
page.on("pageerror", (error) => complaints.push(`the page broke: ${error.message}`));
page.on("request", (request) => {
  if (!/^(data|blob):/.test(request.url()) && new URL(request.url()).origin !== origin) complaints.push(`something is loaded from ${request.url()}`);
});
// A filter that is wrong is an answer like any other to us, and an error to a browser.
page.on("console", (line) => {
  if (line.type() === "error" && !line.location().url.includes("query=Colour")) complaints.push(`an error on the console: ${line.text()}`);
});

const say = (what, seen) => console.log(`${what}: ${seen}`);
const main = page.locator("main");
const row = (text) => page.locator(".timeline li", { hasText: text }).first();
const title = (text) => page.getByRole("heading", { level: 1, name: text, exact: true }).waitFor();
const ids = async () => (await page.locator("tbody td.id").allInnerTexts()).sort().join(" ");
const until = (what, ...args) => page.waitForFunction(what, ...args);
const goTo = async (rest) => {
  await page.goto(`${address}#/default/${rest}`);
};
const press = (key) => page.keyboard.press(key);

await list();
await keyboard();
await live();
await failing();
await stuck();
await retrying();
await chain();
await stranger();
await schedule();
await queues();
await narrow();
say("complaints", JSON.stringify(complaints));
await otherSites();
await browser.close();
process.exit(0);

async function list() {
  await page.goto(address.replace(/\/$/, ""));
  await page.locator("tbody tr").nth(7).waitFor();
  say("address", new URL(page.url()).pathname);
  say("list", await ids());
  await page.locator(".chip.failed").waitFor();
  say("counts", (await page.locator(".chips").innerText()).replaceAll("\n", " "));
  const filter = page.getByLabel("Filter");
  await filter.fill("WorkflowType = 'travel'");
  await filter.press("Enter");
  await until(() => document.querySelectorAll("tbody tr").length === 1);
  say("filtered", `${await ids()} at ${new URL(page.url()).hash}`);
  await filter.fill("Colour = 'red'");
  await filter.press("Enter");
  await page.locator(".wrong").waitFor();
  say("wrong filter", await page.locator(".wrong").innerText());
  await page.goBack();
  await until(() => document.querySelectorAll("tbody tr").length === 1);
  say("back", await page.getByLabel("Filter").inputValue());
  await goTo("workflows");
  await page.locator(".chip.failed").click();
  await until(() => document.querySelectorAll("tbody tr").length === 1);
  say("by status", await ids());
}

async function keyboard() {
  await goTo("workflows?query=WorkflowId+%3D+'order-1'");
  await until(() => document.querySelector("tbody")?.textContent.startsWith("Runningorder-1"));
  await press("/");
  await until(() => document.activeElement.name === "query");
  await press("Escape");
  await press("j");
  await until(() => document.activeElement.textContent === "order-1");
  await press("Enter");
  await title("order-1");
  await press("?");
  await page.getByRole("dialog", { name: "Keys" }).waitFor();
  await press("Escape");
  say("keyboard", "from the filter into a run");
}

async function live() {
  await row("1 d").waitFor();
  await page.getByText("timer 3 for another", { exact: false }).waitFor();
  say("waits", await page.locator("section", { hasText: "Published state" }).locator("dl").first().innerText().then((it) => it.replaceAll("\n", " ")));
  await page.getByRole("button", { name: "Signal" }).click();
  const dialog = page.getByRole("dialog", { name: "Send a signal" });
  await dialog.getByLabel("Input").fill("{ not JSON");
  await dialog.getByRole("button", { name: "Send" }).click();
  await dialog.getByRole("alert").filter({ hasText: "not JSON" }).waitFor();
  await dialog.getByLabel("Input").fill("");
  say("signal", await dialog.getByLabel("Name").inputValue());
  await dialog.getByRole("button", { name: "Send" }).click();
  // Without a reload: the rows and the result come by themselves.
  await row("warehouseConfirmed").waitFor();
  await row("scheduleDelivery").waitFor();
  await page.locator(".title .pill.completed").waitFor();
  await page.getByRole("heading", { name: "Result" }).waitFor();
  say("result", (await page.locator(".panel", { has: page.getByRole("heading", { name: "Result" }) }).locator("pre").innerText()).replace(/\s+/g, " "));
  await row("charge").locator("summary").first().click();
  await row("charge").locator(".event h4").nth(2).waitFor();
  say("events", (await row("charge").locator(".event h4").allInnerTexts()).map((it) => it.replace(/\s+\d\d:.*/s, "").replace(/\s+/g, " ")).join(", "));
  const link = page.url();
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Export JSON" }).click()]);
  const history = JSON.parse(readFileSync(await download.path(), "utf8"));
  say("export", `${history.events.length} events, the last ${history.events.at(-1).eventType}`);
  await page.goto("about:blank");
  await page.goto(link);
  await row("charge").locator(".event").first().waitFor();
  say("link", "the row is open again");
}

async function failing() {
  await goTo("workflows/trip-1");
  await page.locator(".panel.failed .cause").waitFor();
  say("failure", (await page.locator(".panel.failed").innerText()).replace(/\s*\n\s*/g, " | "));
  await row("cancelCar").waitFor();
  say("timeline", (await page.locator(".timeline .what").allInnerTexts()).map((it) => it.replace(/\s+/g, " ").trim()).join(" | "));
  await page.getByRole("button", { name: "Reset" }).click();
  const dialog = page.getByRole("dialog", { name: "Reset" });
  await dialog.getByLabel("Go back to").selectOption({ index: 0 });
  const old = page.url();
  await dialog.getByRole("button", { name: "Reset" }).click();
  await until((old) => location.href !== old, old);
  await page.locator(".title .pill.failed").waitFor();
  say("reset", "a new run is shown");
}

async function stuck() {
  await goTo("workflows/trap-1");
  const problem = page.locator(".stuck");
  await problem.waitFor();
  const text = await problem.innerText();
  say("stuck", ["W0201", "trapped on purpose", "bad::give_up"].filter((it) => text.includes(it)).join(", "));
  await page.getByRole("button", { name: "Terminate" }).click();
  const dialog = page.getByRole("dialog", { name: "Terminate" });
  await dialog.getByLabel("Reason").fill("<i>enough</i>");
  await dialog.getByRole("button", { name: "Terminate" }).click();
  await page.locator(".title .pill.terminated").waitFor();
  say("terminated", await page.locator(".panel.failed p").innerText());
}

async function retrying() {
  await goTo("workflows/retry-1");
  const card = page.locator(".card", { has: page.locator(".failure") });
  await card.getByText("Next try").waitFor();
  const failure = await card.locator(".failure").innerText();
  const attempt = await card.locator(".facts > div", { hasText: "Attempt" }).innerText();
  say("retrying", `${attempt.replace(/\s+/g, " ")}, last ${failure}`);
}

async function chain() {
  await goTo("workflows/chain-1");
  await page.locator(".title .pill.completed").waitFor();
  await page.getByRole("link", { name: "before this one" }).click();
  await page.locator(".title .pill.continuedasnew").waitFor();
  await page.getByRole("link", { name: "after this one" }).click();
  await page.locator(".title .pill.completed").waitFor();
  say("chain", "to the run before and back");
}

async function stranger() {
  await goTo("workflows");
  await page.getByRole("link", { name: "<b>evil</b>/1", exact: true }).click();
  await title("<b>evil</b>/1");
  await page.locator(".card", { hasText: "charge" }).waitFor();
  const inputs = page.locator(".panel", { has: page.getByRole("heading", { name: "Input" }) }).locator("pre");
  await inputs.nth(1).waitFor();
  say("stranger", (await inputs.allInnerTexts()).join(" "));
  say("markup", await main.locator("img, script, b:text('evil'), i").count());
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Request" }).click();
  await row("Cancel requested").waitFor();
  say("title", await page.title());
}

async function schedule() {
  await goTo("schedules");
  await page.getByRole("link", { name: "nightly" }).click();
  await title("nightly");
  say("schedule", (await page.locator(".facts > div").first().innerText()).replace(/\s+/g, " "));
  await page.getByRole("button", { name: "Pause" }).click();
  await page.getByLabel("Note").fill("holidays");
  await page.getByRole("dialog").getByRole("button", { name: "Pause" }).click();
  await page.locator(".title .pill.paused").waitFor();
  await page.getByText("holidays").waitFor();
  await page.getByRole("button", { name: "Trigger now" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Trigger" }).click();
  await page.getByRole("link", { name: /^nightly-order-/ }).waitFor();
  say("triggered", "and it has started a run");
}

async function queues() {
  await goTo("queues");
  await page.getByRole("link", { name: "orders" }).click();
  await title("orders");
  await page.locator("tbody tr").nth(1).waitFor();
  say("queue", (await page.locator("tbody tr").allInnerTexts()).map((it) => it.split(/\s+/).slice(0, 3).join(" ")).sort().join(", "));
}

async function narrow() {
  await page.setViewportSize({ width: 390, height: 800 });
  const tooWide = [];
  for (const rest of ["workflows", "workflows/trip-1", "workflows/order-2", "schedules", "schedules/nightly", "queues", "queues/orders"]) {
    await page.goto("about:blank");
    await goTo(rest);
    await page.locator("main .panel, main tbody tr").first().waitFor();
    if (await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)) tooWide.push(rest);
  }
  say("wider than 390", JSON.stringify(tooWide));
  const colors = [];
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    colors.push(await page.evaluate(() => getComputedStyle(document.body).backgroundColor));
  }
  say("light and dark", colors.join(" "));
}

async function otherSites() {
  // The page itself runs nothing that comes as text.
  const inline = await page.evaluate(() => {
    const refused = [];
    const attempt = (name, act) => {
      try {
        act();
      } catch {
        refused.push(name);
      }
    };
    attempt("markup", () => (document.body.innerHTML = "<b>x</b>"));
    attempt("handler", () => {
      const button = document.createElement("button");
      button.setAttribute("onclick", "window.handled = 1");
      button.click();
    });
    attempt("script", () => {
      const script = document.createElement("script");
      script.textContent = "window.scripted = 1";
      document.body.append(script);
    });
    return { refused, ran: [window.handled, window.scripted].filter(Boolean).length };
  });
  say("inline", `${inline.refused.join(" ")} refused, ${inline.ran} ran`);
  // Another site, in the same browser.
  const evil = await context.newPage();
  await evil.route("http://evil.example/**", (route) => route.fulfill({ contentType: "text/html", body: "<h1>hello</h1>" }));
  await evil.goto("http://evil.example/");
  const signal = `${address}api/v1/namespaces/default/workflows/order-2/signal/warehouseConfirmed`;
  const attempts = await evil.evaluate(async (signal) => {
    const said = [];
    for (const options of [{ mode: "cors" }, { mode: "no-cors" }]) {
      const answer = await fetch(signal, { method: "POST", body: "{}", ...options }).catch(() => undefined);
      said.push(answer ? answer.type : "refused");
    }
    return said.join(" ");
  }, signal);
  say("another site", attempts);
  // What a browser can't be made to say.
  const path = new URL(signal).pathname;
  const own = `${hostname}:${port}`;
  say("own origin", await status("POST", path.replace("order-2", "nobody"), { host: own, origin }));
  say("foreign origin", await status("POST", path, { host: own, origin: "https://evil.example" }));
  say("null origin", await status("POST", path, { host: own, origin: "null" }));
  say("a name that leads here", await status("POST", path, { host: `evil.example:${port}`, origin: `http://evil.example:${port}` }));
  say("its page", await status("GET", new URL(address).pathname, { host: `evil.example:${port}` }));
}

function status(method, path, headers) {
  return new Promise((done, failed) => {
    const request = http.request({ host: hostname, port, method, path, headers }, (answer) => {
      answer.resume();
      done(answer.statusCode);
    });
    request.on("error", failed);
    request.end(method === "POST" ? "{}" : undefined);
  });
}
