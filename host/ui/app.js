// Which view is shown: the part of the address after `#` says it, so that every state has a link and goes back.

import { Api, ApiError, namespaces, path, query } from "./api.js";
import { h, fill, empty, toast } from "./dom.js";
import { isUtc, setUtc } from "./format.js";
import { helpDialog } from "./actions.js";
import * as runs from "./runs.js";
import * as run from "./run.js";
import * as schedules from "./schedules.js";
import * as queues from "./queues.js";

const main = document.getElementById("main");
const VIEWS = { workflows: "Workflows", schedules: "Schedules", queues: "Task queues" };
let leaving = new AbortController();

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** `#/default/workflows/order-7/<run>?event=3` */
function where() {
  const [place, fields] = location.hash.replace(/^#\/?/, "").split("?");
  const [namespace, view, ...rest] = place.split("/").map(decoded);
  return { namespace: namespace || "default", view: view || "workflows", rest: rest.filter(Boolean), query: new URLSearchParams(fields ?? "") };
}

/** An address of this page. */
export function href(parts, fields) {
  return `#/${path(parts)}${query(fields)}`;
}

export function go(address) {
  history.pushState(null, "", address);
  route();
}

function problem(error) {
  return h("div.problem", { role: "alert" }, h("strong", null, error instanceof ApiError && error.status === 0 ? "No connection" : "That did not work"), h("p", null, error.message));
}

async function route() {
  leaving.abort();
  leaving = new AbortController();
  const { signal } = leaving;
  const { namespace, view, rest, query } = where();
  document.querySelectorAll("dialog[open]").forEach((it) => it.close());
  header(namespace, view);
  const api = new Api(namespace, signal);
  const root = h("div.view");
  const context = {
    api, namespace, query, signal, root,
    to: (parts, fields) => href([namespace, ...parts], fields),
    /** A link to a run. */
    run: (id, runId, text) => h("a", { href: href([namespace, "workflows", id, runId].filter(Boolean)) }, text ?? id),
    show: (...children) => {
      if (signal.aborted) return;
      fill(root, children);
      if (root.parentNode !== main) fill(main, root);
    },
    title: (text) => {
      if (!signal.aborted) document.title = `${text} · Refrain`;
    },
  };
  try {
    if (view === "workflows") await (rest[0] ? run.view(context, rest[0], rest[1]) : runs.view(context));
    else if (view === "schedules") await (rest[0] ? schedules.one(context, rest[0]) : schedules.view(context));
    else if (view === "queues") await (rest[0] ? queues.one(context, rest[0]) : queues.view(context));
    else context.show(empty("There is no such view."));
  } catch (error) {
    if (signal.aborted) return;
    if (!(error instanceof ApiError)) console.error(error);
    context.show(problem(error));
  }
}

function header(namespace, view) {
  const links = Object.entries(VIEWS).map(([key, text]) =>
    h("a", { href: href([namespace, key]), "aria-current": key === view ? "page" : null }, text));
  fill(document.getElementById("nav"), links);
  document.getElementById("home").href = href([namespace, "workflows"]);
  document.getElementById("zone").textContent = isUtc() ? "UTC" : "local";
  const select = document.getElementById("namespace");
  if (![...select.options].some((it) => it.value === namespace)) select.append(h("option", { value: namespace }, namespace));
  select.value = namespace;
}

async function listNamespaces() {
  const select = document.getElementById("namespace");
  const names = await namespaces().catch(() => []);
  const { namespace, view } = where();
  fill(select, [...new Set([...names, namespace])].sort().map((it) => h("option", { value: it }, it)));
  header(namespace, view);
  select.onchange = () => go(href([select.value, where().view]));
}

function toggleZone() {
  setUtc(!isUtc());
  toast(isUtc() ? "Times are in UTC" : "Times are in your zone");
  route();
}

/** Of rows that can be walked through with j and k. */
function step(by) {
  const rows = [...document.querySelectorAll("[data-row]")].filter((it) => it.offsetParent !== null);
  const at = rows.indexOf(document.activeElement);
  const next = rows[Math.min(Math.max(at < 0 ? (by > 0 ? 0 : rows.length - 1) : at + by, 0), rows.length - 1)];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

const KEYS = {
  j: () => step(1),
  k: () => step(-1),
  "/": () => document.querySelector("[data-filter]")?.focus(),
  "?": helpDialog,
  u: toggleZone,
  w: () => go(href([where().namespace, "workflows"])),
  s: () => go(href([where().namespace, "schedules"])),
  q: () => go(href([where().namespace, "queues"])),
};

addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, dialog");
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape" && event.target.matches("[data-filter]")) return event.target.blur();
  const act = typing ? undefined : KEYS[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
document.getElementById("zone").addEventListener("click", toggleZone);
document.getElementById("help").addEventListener("click", helpDialog);
// Comes for each link and for back and forward; `hashchange` would come a second time.
addEventListener("popstate", () => route());
listNamespaces();
route();
