// One run: what it is, what it waits for, what came of it, and its history as it grows.

import { ApiError, pause, repeat, visible } from "./api.js";
import { h, facts, folded, panel, place, toast } from "./dom.js";
import { between, bytes, duration, enumName, isTime, moving, pill, short, statusOf, time, words } from "./format.js";
import { History, attributes, isEnd, typeOf } from "./history.js";
import { Timeline } from "./timeline.js";
import { failureTree } from "./failure.js";
import { show, showAll, showMap, value } from "./payload.js";
import * as actions from "./actions.js";

const PAGE = 500;
/** A run that grows faster than it can be read is drawn so often. */
const DRAW_S = 0.3;
const REFRESH_S = 2;
/** Attributes of the host's own: the facts have them. */
const OWN = /^(BuildIds|Temporal.*)$/;

export async function view(context, id, runId) {
  const { api, query, signal, to, title } = context;
  title(id);
  const describe = () => api.get(["workflows", id], { "execution.runId": runId });
  let described = await describe();
  const execution = described.workflowExecutionInfo.execution;
  if (!runId) history.replaceState(null, "", to(["workflows", id, execution.runId], Object.fromEntries(query)));
  runId = execution.runId;

  const past = new History();
  const parts = {
    head: place((it) => head(context, execution, it, past), "header"),
    stuck: place((it) => stuck(context, it)),
    facts: place((it) => summary(context, it)),
    ends: place((it) => ends(context, it)),
    pending: place((it) => pending(context, it)),
    waits: place((it) => panel("Waits for", h("pre.trace", { tabindex: "0" }, it))),
    state: place((it) => panel("Published state", showMap(it))),
  };
  const timeline = new Timeline(context, {
    withTasks: query.get("tasks") === "1",
    event: query.get("event"),
    opened: (event) => {
      const fields = { tasks: timeline.withTasks ? "1" : "", event };
      history.replaceState(null, "", to(["workflows", id, runId], fields));
    },
  });
  const tasks = h("input", { type: "checkbox", checked: timeline.withTasks, onchange: () => {
    timeline.withTasks = tasks.checked;
    timeline.opened();
    draw();
  } });
  const live = h("span.live", { hidden: true }, "live");
  const events = h("section.history", null,
    h("div.panel", null,
      h("div.heading", null, h("h2", null, "History"), live, h("span.space"),
        h("label.check", null, tasks, " workflow tasks"),
        h("button.quiet", { onclick: () => exportHistory(context, execution).catch((error) => toast(error.message)) }, "Export JSON")),
      timeline.element));
  context.show(parts.head.element, parts.stuck.element, parts.waits.element, h("div.columns", null, parts.facts.element, parts.ends.element), parts.pending.element, parts.state.element, events);

  const draw = () => {
    if (signal.aborted) return;
    const info = described.workflowExecutionInfo;
    const isOpen = !isTime(info.closeTime);
    const [started, closing] = [past.groups[0]?.events[0], isOpen ? undefined : past.groups.at(-1)?.events.findLast(isEnd)];
    parts.head.show({ type: info.type?.name, status: statusOf(info), isOpen });
    parts.stuck.show(isOpen && described.pendingWorkflowTask ? { event: past.stuck(), task: described.pendingWorkflowTask } : null);
    parts.facts.show({ described, started: started && attributes(started), closing: closing && attributes(closing) });
    parts.ends.show(started && { input: attributes(started).input, type: closing && typeOf(closing), closing: closing && attributes(closing) });
    parts.pending.show({ activities: described.pendingActivities ?? [], children: described.pendingChildren ?? [] });
    live.hidden = !isOpen;
    live.textContent = "live";
    live.classList.remove("lost");
    timeline.draw(past, isOpen ? new Date().toISOString() : info.closeTime);
  };

  const inside = async () => {
    const isOpen = !isTime(described.workflowExecutionInfo.closeTime);
    const [trace, published] = await Promise.all([
      isOpen ? api.ask(["workflows", id, "query", "__stack_trace"], { execution }) : undefined,
      api.ours(["workflows", id, "state"], { runId }).catch(() => undefined),
    ]);
    if (signal.aborted) return;
    const payload = trace?.queryResult?.payloads?.[0];
    parts.waits.show(payload && (value(payload) ?? "").trimEnd());
    const state = published?.state ?? {};
    parts.state.show(Object.keys(state).length > 0 ? state : null);
  };
  const refresh = async () => {
    described = await describe();
    draw();
    await inside();
  };
  const lost = (error) => {
    if (signal.aborted) return undefined;
    if (!(error instanceof ApiError)) throw error;
    live.hidden = false;
    live.textContent = error.message;
    live.classList.add("lost");
    return error.status;
  };

  draw();
  inside().catch(lost);
  follow(context, id, runId, past, draw, refresh, lost);
  repeat(signal, REFRESH_S, async () => {
    if (isTime(described.workflowExecutionInfo.closeTime)) return;
    await refresh().catch(lost);
  });
}

/** Reads the history, and then waits for what comes, until the run is closed. */
async function follow({ api, signal }, id, runId, past, draw, refresh, lost) {
  let token;
  while (!signal.aborted) {
    await visible(signal);
    try {
      const page = await api.get(["workflows", id, "history"], { "execution.runId": runId, maximumPageSize: PAGE, waitNewEvent: true, nextPageToken: token });
      const events = page.history?.events ?? [];
      past.add(events);
      token = page.nextPageToken;
      draw();
      if (!token) return await refresh().catch(lost);
      if (events.length > 0 && events.length < PAGE) {
        // What has come also changed what is pending.
        await refresh();
        await pause(DRAW_S, signal);
      }
    } catch (error) {
      const status = lost(error);
      if (signal.aborted || (status >= 400 && status < 500)) return;
      await pause(REFRESH_S, signal);
    }
  }
}

function head(context, execution, { type, status, isOpen }, past) {
  const button = (text, act, kind = "") => h(`button${kind}`, { onclick: () => act(context, execution) }, text);
  return [
    h("p.crumbs", null, h("a", { href: context.to(["workflows"]) }, "Workflows"), " / ", type),
    h("div.title", null, h("h1", null, execution.workflowId), pill(status)),
    h("div.actions", { role: "group", "aria-label": "Actions" },
      isOpen ? [button("Signal", actions.signal, ".main"), button("Query", actions.query), button("Update", actions.update),
        h("button", { onclick: () => actions.pause(context, execution, status === "Paused") }, status === "Paused" ? "Go on" : "Pause"),
        button("Cancel", actions.cancel), button("Terminate", actions.terminate, ".danger")] : button("Query", actions.query),
      h("button", { onclick: () => actions.reset(context, execution, past.resetPoints()) }, "Reset")),
  ];
}

/** A workflow task that failed is tried again and again: why, and when next. */
function stuck(context, { event, task }) {
  if (!event) return null;
  const { cause, failure } = attributes(event);
  // It says so of the run: the task is tried again.
  const info = failure?.applicationFailureInfo && { ...failure.applicationFailureInfo, nonRetryable: false };
  const trying = (task.attempt ?? 1) > 1 ? `attempt ${task.attempt}` : "";
  return h("div.problem.stuck", { role: "alert" },
    h("strong", null, "The run is stuck: its workflow task fails"),
    h("p.notes", null, [words((cause ?? "").replace("WORKFLOW_TASK_FAILED_CAUSE_", "")), trying].filter(Boolean).map((it) => h("span.note", null, it)),
      isTime(task.scheduledTime) ? h("span.note", null, "next try ", time(task.scheduledTime)) : null),
    failureTree({ ...failure, applicationFailureInfo: info }, context.run),
    h("p.hint", null, "Nothing is lost. It goes on by itself once a component that fits is deployed."));
}

function summary(context, { described, started, closing }) {
  const { workflowExecutionInfo: info, executionConfig: config } = described;
  const other = (text, run) => (run ? h("a", { href: context.to(["workflows", info.execution.workflowId, run]) }, text) : null);
  const version = info.versioningInfo?.deploymentVersion ?? info.versioningInfo?.versioningOverride?.pinned?.version;
  const first = info.firstRunId !== info.execution.runId ? info.firstRunId : undefined;
  const fields = Object.entries(info.searchAttributes?.indexedFields ?? {}).filter(([name]) => !OWN.test(name));
  const isOpen = !isTime(info.closeTime);
  return [panel("Run", facts([
    ["Run id", h("code", null, info.execution.runId)],
    ["Type", info.type?.name],
    ["Task queue", h("a", { href: context.to(["queues", info.taskQueue]) }, info.taskQueue)],
    ["Started", time(info.startTime, true)],
    ["Begins", info.executionTime !== info.startTime ? time(info.executionTime) : null],
    ["Closed", time(info.closeTime, true)],
    [isOpen ? "Open for" : "Took", isOpen ? moving("since", info.startTime) : between(info.startTime, info.closeTime)],
    ["Version", version ? short(version.buildId) : null],
    ["Behavior", words(enumName(info.versioningInfo?.behavior, "VERSIONING_BEHAVIOR_"))],
    ["Parent", info.parentExecution ? context.run(info.parentExecution.workflowId, info.parentExecution.runId) : null],
    ["Root", info.rootExecution && info.rootExecution.workflowId !== info.execution.workflowId ? context.run(info.rootExecution.workflowId, info.rootExecution.runId) : null],
    ["First run", other("first of the chain", first)],
    ["Previous run", other("before this one", started?.continuedExecutionRunId)],
    ["Next run", other("after this one", closing?.newExecutionRunId)],
    ["Attempt", started?.attempt > 1 ? started.attempt : null],
    ["Cron", started?.cronSchedule],
    ["Times out", isTime(described.workflowExtendedInfo?.runExpirationTime) ? time(described.workflowExtendedInfo.runExpirationTime) : null],
    ["Execution timeout", duration(config?.workflowExecutionTimeout)],
    ["Run timeout", duration(config?.workflowRunTimeout)],
    ["Cancel requested", described.workflowExtendedInfo?.cancelRequested ? "yes" : null],
    ["Started by", started?.identity],
    ["History", `${info.historyLength} events, ${bytes(Number(info.historySizeBytes))}`],
  ]),
  fields.length > 0 ? [h("h3", null, "Search attributes"), showMap(Object.fromEntries(fields))] : null,
  Object.keys(info.memo?.fields ?? {}).length > 0 ? [h("h3", null, "Memo"), showMap(info.memo.fields)] : null)];
}

function ends(context, { input, type, closing }) {
  return [panel("Input", showAll(input)), closing ? outcome(context, type, closing) : null];
}

function outcome(context, type, it) {
  if (it.failure) return h("div.panel.failed", null, h("h2", null, "Failure"), failureTree(it.failure, context.run));
  switch (type) {
    case "WORKFLOW_EXECUTION_COMPLETED":
      return panel("Result", showAll(it.result));
    case "WORKFLOW_EXECUTION_TERMINATED":
      return h("div.panel.failed", null, h("h2", null, "Terminated"), h("p", null, it.reason || "no reason given", it.identity ? ` (${it.identity})` : ""), it.details ? showAll(it.details, "") : null);
    case "WORKFLOW_EXECUTION_CONTINUED_AS_NEW":
      return panel("Continued as new", showAll(it.input));
    default:
      return panel(words(type.replace("WORKFLOW_EXECUTION_", "")), it.details ? showAll(it.details) : null);
  }
}

function pending(context, { activities, children }) {
  if (activities.length + children.length === 0) return null;
  return [
    activities.length > 0 ? panel(`Pending activities (${activities.length})`, h("div.cards", null, activities.map((it) => activity(context, it)))) : null,
    children.length > 0 ? panel(`Pending children (${children.length})`, h("ul.plain", null, children.map((it) =>
      h("li", null, context.run(it.workflowId, it.runId), " ", h("span.note", null, it.workflowTypeName))))) : null,
  ];
}

function activity(context, it) {
  const state = enumName(it.state, "PENDING_ACTIVITY_STATE_");
  const policy = it.activityOptions?.retryPolicy ?? {};
  const attempts = policy.maximumAttempts ? `${it.attempt} of ${policy.maximumAttempts}` : `${it.attempt}`;
  const next = it.nextAttemptScheduleTime;
  return h("article.card", null,
    h("h3", null, it.activityType?.name, " ", pill(it.paused ? "Paused" : state)),
    facts([
      ["Id", it.activityId],
      ["Attempt", attempts],
      ["Next try", isTime(next) && Date.parse(next) > Date.now() ? [time(next), ", ", moving("distance", next)] : null],
      ["Scheduled", it.scheduledTime !== next ? time(it.scheduledTime) : null],
      ["Running since", state === "Started" ? time(it.lastStartedTime) : null],
      ["Last heartbeat", time(it.lastHeartbeatTime)],
      ["Worker", it.lastWorkerIdentity],
      ["Task queue", it.activityOptions?.taskQueue?.name],
    ]),
    it.lastFailure ? [h("h4", null, "Last failure"), failureTree(it.lastFailure, context.run)] : null,
    it.heartbeatDetails ? folded("Heartbeat", false, it.heartbeatDetails.payloads.map(show)) : null);
}

/** As `temporal workflow show --output json` has it: for `refrain replay`, and for Temporal's import page. */
async function exportHistory({ api }, { workflowId, runId }) {
  const events = [];
  let token;
  do {
    const page = await api.get(["workflows", workflowId, "history"], { "execution.runId": runId, maximumPageSize: PAGE, nextPageToken: token });
    events.push(...(page.history?.events ?? []));
    token = page.nextPageToken;
  } while (token);
  const file = new Blob([JSON.stringify({ events }, null, 2)], { type: "application/json" });
  const link = h("a", { href: URL.createObjectURL(file), download: `${workflowId.replace(/[^\w.-]+/g, "_")}-${runId}.json` });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
