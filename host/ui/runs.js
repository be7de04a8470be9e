// The runs of a namespace: filtered, counted, a page at a time.

import { ApiError, repeat } from "./api.js";
import { h, cell, fill, empty, headings } from "./dom.js";
import { between, isTime, moving, pill, statusOf, time, words } from "./format.js";
import { value } from "./payload.js";
import { go } from "./app.js";

const PAGE = 50;
const REFRESH_S = 3;
const STATUSES = ["Running", "Completed", "Failed", "TimedOut", "Canceled", "Terminated", "ContinuedAsNew", "Paused"];

export async function view(context) {
  const { api, query, signal, to } = context;
  context.title("Workflows");
  const [filter, status, after] = ["query", "status", "after"].map((it) => query.get(it) ?? "");
  const all = [status && `ExecutionStatus = '${status}'`, filter && (status ? `(${filter})` : filter)].filter(Boolean).join(" AND ");

  const input = h("input", {
    type: "search", name: "query", value: filter, "data-filter": true, spellcheck: "false", autocomplete: "off",
    "aria-label": "Filter", placeholder: "WorkflowType = 'order' AND StartTime > '2026-01-01T00:00:00Z'",
  });
  const submit = (event) => {
    event.preventDefault();
    go(to(["workflows"], { query: input.value.trim(), status }));
  };
  const counts = h("div.chips", { role: "group", "aria-label": "By status" });
  const wrong = h("p.wrong", { role: "alert", hidden: true });
  const rows = h("tbody");
  const table = h("table.list.runs", null,
    headings("Status", "Workflow", "Type", "Task queue", "Started", "Took"), rows);
  const nothing = h("div", { hidden: true });
  const pages = h("nav.pages", { "aria-label": "Pages" });
  context.show(h("form.filter", { onsubmit: submit, role: "search" }, input, h("button.main", null, "Filter")), wrong, counts, table, nothing, pages);

  let shown = "";
  const list = async () => {
    try {
      const found = await api.get(["workflows"], { query: all, pageSize: PAGE, nextPageToken: after });
      wrong.hidden = true;
      const now = JSON.stringify(found);
      if (now === shown) return;
      shown = now;
      draw(found);
    } catch (error) {
      if (signal.aborted || !(error instanceof ApiError)) throw error;
      fill(wrong, error.message).hidden = false;
    }
  };
  const draw = (found) => {
    const executions = found.executions ?? [];
    const focused = document.activeElement?.closest("tbody") === rows ? document.activeElement.getAttribute("href") : undefined;
    fill(rows, executions.map((it) => row(context, it)));
    if (focused) [...rows.querySelectorAll("a")].find((it) => it.getAttribute("href") === focused)?.focus();
    table.hidden = executions.length === 0;
    nothing.hidden = executions.length > 0;
    fill(nothing, executions.length > 0 ? null : all ? empty("No run fits this filter.") : empty("Nothing has run here yet. ", h("code", null, "refrain workflow start"), " starts a workflow."));
    fill(pages,
      after ? h("a", { href: to(["workflows"], { query: filter, status }) }, "Newest") : null,
      found.nextPageToken ? h("a", { href: to(["workflows"], { query: filter, status, after: found.nextPageToken }), rel: "next" }, "Older") : null);
  };
  const count = async () => {
    try {
      const counted = await api.get(["workflow-count"], { query: `${filter} GROUP BY ExecutionStatus`.trim() });
      fill(counts, chips(context, counted, filter, status));
    } catch (error) {
      // The list says what is wrong with the filter.
      if (!(error instanceof ApiError)) throw error;
    }
  };
  await Promise.all([list(), count()]);
  repeat(signal, REFRESH_S, () => Promise.all([after ? undefined : list(), count()])).catch((error) => {
    if (!signal.aborted) throw error;
  });
}

function chips({ to }, counted, filter, status) {
  const of = new Map((counted.groups ?? []).map((it) => [value(it.groupValues[0]), Number(it.count)]));
  const chip = (name, n, text) =>
    h(`a.chip.${(name || "all").toLowerCase()}`, { href: to(["workflows"], { query: filter, status: name }), "aria-current": name === status ? "true" : null }, h("b", null, n.toLocaleString("en")), ` ${text}`);
  const some = STATUSES.filter((it) => of.get(it) > 0 || it === status);
  return [chip("", Number(counted.count ?? 0), "all"), some.map((it) => chip(it, of.get(it) ?? 0, words(it).toLowerCase()))];
}

function row(context, info) {
  const { workflowId, runId } = info.execution;
  const status = statusOf(info);
  const link = h("a", { href: context.to(["workflows", workflowId, runId]), "data-row": true }, workflowId);
  return h("tr", null,
    cell("Status", pill(status)), h("td.id", { "data-label": "Workflow" }, link), cell("Type", info.type?.name),
    cell("Task queue", info.taskQueue), cell("Started", time(info.startTime)), cell("Took", h("span.number", null, isTime(info.closeTime) ? between(info.startTime, info.closeTime) : moving("since", info.startTime))));
}
