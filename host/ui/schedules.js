// Schedules: what starts when, what came of it, and pausing, unpausing and triggering them.

import { IDENTITY, again, requestId } from "./api.js";
import { h, cell, empty, facts, headings, panel, place, toast } from "./dom.js";
import { MONTHS, duration, enumName, moving, pill, time, words } from "./format.js";
import { ask } from "./actions.js";
import { showAll } from "./payload.js";

const DAYS = "Sun Mon Tue Wed Thu Fri Sat".split(" ");

export async function view(context) {
  const { api, query, signal, to, title } = context;
  title("Schedules");
  const list = place((found) => draw(found));
  const draw = (found) => {
    const all = found.schedules ?? [];
    if (all.length === 0) return empty("There are no schedules here. ", h("code", null, "temporal schedule create"), " makes one.");
    return [
      h("table.list", null,
        headings("State", "Schedule", "Starts", "When", "Next", "Last"),
        h("tbody", null, all.map(({ scheduleId, info = {} }) => h("tr", null,
          cell("State", pill(info.paused ? "Paused" : "Active")),
          h("td.id", { "data-label": "Schedule" }, h("a", { href: to(["schedules", scheduleId]), "data-row": true }, scheduleId)),
          cell("Starts", info.workflowType?.name), cell("When", when(info.spec)),
          cell("Next", info.paused ? null : time(info.futureActionTimes?.[0])), cell("Last", time(info.recentActions?.at(-1)?.actualTime)))))),
      h("nav.pages", { "aria-label": "Pages" }, found.nextPageToken ? h("a", { href: to(["schedules"], { after: found.nextPageToken }) }, "More") : null)];
  };
  const load = async () => list.show(await api.get(["schedules"], { maximumPageSize: 100, nextPageToken: query.get("after") ?? "" }));
  await load();
  context.show(h("h1", null, "Schedules"), list.element);
  again(signal, load);
}

export async function one(context, id) {
  const { api, signal, title } = context;
  title(id);
  const body = place((it) => draw(context, id, it, load));
  const load = async () => body.show(await api.get(["schedules", id]));
  await load();
  context.show(body.element);
  again(signal, load);
}

function draw(context, id, { schedule, info = {} }, load) {
  const { spec, action, policies, state = {} } = schedule;
  const starts = action?.startWorkflow ?? {};
  const patch = async (once, body, said) => {
    await context.api.post(["schedules", id, "patch"], { patch: body, identity: IDENTITY, requestId: once });
    toast(said);
    // What was done is done, also if it can't be shown now.
    await load().catch(() => {});
  };
  const pause = (once) => ask({
    title: state.paused ? "Unpause" : "Pause", doIt: state.paused ? "Unpause" : "Pause", fields: [{ name: "note", label: "Note" }],
    act: ({ note }) => (state.paused ? patch(once, { unpause: note || "unpaused on the web page" }, "It goes on") : patch(once, { pause: note || "paused on the web page" }, "It is paused")),
  });
  const trigger = (once) => ask({
    title: "Trigger", text: "The workflow starts now, as if it were its time.", doIt: "Trigger",
    act: () => patch(once, { triggerImmediately: {} }, "It is triggered"),
  });
  const running = new Set((info.runningWorkflows ?? []).map((it) => it.workflowId));
  return [
    h("header", null,
      h("p.crumbs", null, h("a", { href: context.to(["schedules"]) }, "Schedules"), " / ", starts.workflowType?.name),
      h("div.title", null, h("h1", null, id), pill(state.paused ? "Paused" : "Active")),
      h("div.actions", { role: "group", "aria-label": "Actions" }, h("button", { onclick: () => pause(requestId()) }, state.paused ? "Unpause" : "Pause"), h("button.main", { onclick: () => trigger(requestId()) }, "Trigger now"))),
    info.invalidScheduleError ? h("div.problem", { role: "alert" }, info.invalidScheduleError) : null,
    h("div.columns", null,
      h("section", null, panel("Schedule", facts([
        ["When", when(spec)],
        ["Zone", spec?.timezoneName || "UTC"],
        ["Jitter", duration(spec?.jitter)],
        ["From", time(spec?.startTime)],
        ["Until", time(spec?.endTime)],
        ["Overlap", words(enumName(policies?.overlapPolicy, "SCHEDULE_OVERLAP_POLICY_")) || "Skip"],
        ["Catches up", duration(policies?.catchupWindow)],
        ["Pauses on failure", policies?.pauseOnFailure ? "yes" : null],
        ["Left", state.limitedActions ? state.remainingActions ?? "0" : null],
        ["Notes", state.notes],
        ["Starts", starts.workflowType?.name],
        ["As", starts.workflowId],
        ["Task queue", starts.taskQueue?.name],
        ["Started", info.actionCount],
        ["Missed", Number(info.missedCatchupWindow) > 0 ? info.missedCatchupWindow : null],
        ["Skipped", Number(info.overlapSkipped) > 0 ? info.overlapSkipped : null],
        ["Made", time(info.createTime)],
        ["Changed", time(info.updateTime)],
      ]))),
      h("section", null, panel("Input", showAll(starts.input)),
        panel("Next", state.paused ? empty("It is paused.") : ahead(info.futureActionTimes)))),
    h("section", null, panel("Recent", recent(context, info.recentActions, running))),
  ];
}

function ahead(times = []) {
  if (times.length === 0) return empty("nothing");
  return h("ol.plain", null, times.map((it) => h("li", null, time(it), " ", h("span.note", null, moving("distance", it)))));
}

function recent(context, list = [], running) {
  if (list.length === 0) return empty("nothing yet");
  return h("ol.plain", null, [...list].reverse().map((it) => {
    const run = it.startWorkflowResult ?? {};
    const status = enumName(it.startWorkflowStatus, "WORKFLOW_EXECUTION_STATUS_");
    return h("li", null, time(it.actualTime), " ", run.workflowId ? context.run(run.workflowId, run.runId) : "",
      running.has(run.workflowId) || status === "Running" ? [" ", pill("Running")] : status ? [" ", pill(status)] : null);
  }));
}

/** In words, or as it was written. */
function when(spec = {}) {
  const said = [
    ...(spec.cronString ?? []),
    ...(spec.interval ?? []).map((it) => `every ${duration(it.interval)}${duration(it.phase) ? `, ${duration(it.phase)} later` : ""}`),
    ...(spec.structuredCalendar ?? []).map((it) => it.comment || calendar(it)),
  ];
  return said.length > 0 ? said.map((it) => h("div", null, it)) : "never";
}

function calendar(it) {
  const part = (ranges, name, names) => ranges?.length > 0 ? `${name}${ranges.map((range) => rangeText(range, names)).join(", ")}` : "";
  const clock = `${rangeText(it.hour?.[0] ?? {})}:${rangeText(it.minute?.[0] ?? {}).padStart(2, "0")}`;
  const isPlain = [it.hour, it.minute].every((ranges) => (ranges ?? []).length <= 1 && !(ranges?.[0]?.end > (ranges?.[0]?.start ?? 0)));
  const all = (ranges, first, last) => ranges?.length === 1 && (ranges[0].start ?? 0) === first && ranges[0].end === last && (ranges[0].step ?? 1) === 1;
  return [
    isPlain ? `at ${clock}` : [part(it.hour, "hours "), part(it.minute, "minutes ")].filter(Boolean).join(", "),
    all(it.dayOfWeek, 0, 6) ? "" : part(it.dayOfWeek, "", DAYS),
    all(it.dayOfMonth, 1, 31) ? "" : part(it.dayOfMonth, "on day "),
    all(it.month, 1, 12) ? "" : part(it.month, "in ", ["", ...MONTHS]),
    part(it.year, ""),
  ].filter(Boolean).join(", ");
}

function rangeText({ start = 0, end = 0, step = 1 }, names) {
  const name = (n) => names?.[n] ?? String(n);
  return `${name(start)}${end > start ? `–${name(end)}` : ""}${step > 1 ? ` every ${step}` : ""}`;
}
