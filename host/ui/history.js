// Events of a history, put together by what they are about: an activity, a timer, a child.

import { words } from "./format.js";

export function attributes(event) {
  const name = Object.keys(event).find((it) => it.endsWith("EventAttributes"));
  return name ? event[name] : {};
}

export function typeOf(event) {
  return (event.eventType ?? "").replace("EVENT_TYPE_", "");
}

/** Of a whole run. */
export function isEnd(event) {
  return /^WORKFLOW_EXECUTION_(COMPLETED|FAILED|TIMED_OUT|CANCELED|TERMINATED|CONTINUED_AS_NEW)$/.test(typeOf(event));
}

const OUTCOMES = [
  [/(_COMPLETED|_FIRED)$/, "Completed"],
  [/_TIMED_OUT$/, "TimedOut"],
  [/_FAILED$/, "Failed"],
  [/_CANCELED$/, "Canceled"],
  [/_TERMINATED$/, "Terminated"],
  [/_REJECTED$/, "Failed"],
  [/^EXTERNAL_WORKFLOW_EXECUTION_(SIGNALED|CANCEL_REQUESTED)$/, "Completed"],
  [/_CONTINUED_AS_NEW$/, "ContinuedAsNew"],
];

const BEGINNINGS = [
  [/^ACTIVITY_TASK_SCHEDULED$/, "activity", (it) => it.activityType?.name],
  [/^TIMER_STARTED$/, "timer", (it) => it.timerId],
  [/^START_CHILD_WORKFLOW_EXECUTION_INITIATED$/, "child", (it) => it.workflowType?.name],
  [/^SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED$/, "signal out", (it) => it.signalName],
  [/^REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED$/, "cancel out", (it) => it.workflowExecution?.workflowId],
  [/^WORKFLOW_EXECUTION_UPDATE_(ADMITTED|ACCEPTED)$/, "update", (it) => (it.acceptedRequest ?? it.request)?.input?.name],
  [/^WORKFLOW_TASK_SCHEDULED$/, "task", () => ""],
  [/^WORKFLOW_EXECUTION_SIGNALED$/, "signal", (it) => it.signalName],
  [/^MARKER_RECORDED$/, "marker", (it) => it.markerName],
];

/** What an event goes on with, by the number of the event that began it. */
function beginning(type, it) {
  if (type.startsWith("TIMER_")) return it.startedEventId;
  return it.scheduledEventId ?? it.initiatedEventId ?? it.acceptedEventId;
}

export class History {
  constructor() {
    this.groups = [];
    this.n_events = 0;
    this.byBeginning = new Map();
  }

  add(events) {
    for (const event of events) this.one(event);
  }

  one(event) {
    const type = typeOf(event);
    const it = attributes(event);
    this.n_events += 1;
    let group = type.startsWith("WORKFLOW_EXECUTION_UPDATE_ACCEPTED") ? undefined : this.byBeginning.get(beginning(type, it));
    const outcome = OUTCOMES.find(([pattern]) => pattern.test(type))?.[1];
    if (!group) {
      const [, kind, name] = BEGINNINGS.find(([pattern]) => pattern.test(type)) ?? [];
      const isPoint = kind === undefined || kind === "signal" || kind === "marker";
      group = { key: event.eventId, kind: kind ?? "event", name: name?.(it) ?? "", type, events: [], state: isPoint ? outcome ?? "" : "Open", from: event.eventTime };
      this.groups.push(group);
      this.byBeginning.set(event.eventId, group);
    }
    if (outcome) group.state = outcome;
    else if (type.endsWith("_CANCEL_REQUESTED") && group.kind === "activity") group.state = "Canceling";
    group.to = event.eventTime;
    group.last = type;
    group.failure = it.failure ?? it.outcome?.failure ?? group.failure;
    group.attempt = it.attempt ?? group.attempt;
    if (it.lastFailure) group.lastFailure = it.lastFailure;
    if (it.workflowExecution?.runId) group.run = it.workflowExecution;
    group.events.push(event);
  }

  /** The failure of the last workflow task, if none has succeeded after it: the run is stuck. */
  stuck() {
    for (let n = this.groups.length - 1; n >= 0; n -= 1) {
      const { kind, state, events } = this.groups[n];
      if (kind !== "task" || state === "Open") continue;
      const last = events[events.length - 1];
      const cause = attributes(last).cause ?? "";
      return state === "Failed" && cause !== "WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW" ? last : undefined;
    }
    return undefined;
  }

  /** Where a reset may go back to: what was decided, and what came of it. */
  resetPoints() {
    const points = [];
    for (const group of this.groups.filter((it) => it.kind === "task" && it.state !== "Open")) {
      const last = group.events[group.events.length - 1];
      points.push({ id: last.eventId, time: last.eventTime, state: group.state, then: [] });
    }
    let nth = 0;
    for (const group of this.groups.filter((it) => it.kind !== "task")) {
      while (nth < points.length - 1 && Number(points[nth + 1].id) < Number(group.key)) nth += 1;
      if (points[nth] && Number(group.key) > Number(points[nth].id)) points[nth].then.push(group.name || words(group.type.replace(/^WORKFLOW_EXECUTION_/, "")));
    }
    return points.reverse();
  }
}
