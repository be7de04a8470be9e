// A failure and its causes, as a tree.

import { h, folded } from "./dom.js";
import { words } from "./format.js";
import { showAll } from "./payload.js";

/** `link(workflowId, runId)` leads to another run. */
export function failureTree(failure, link) {
  if (!failure) return null;
  const kind = kindOf(failure, link);
  const details = kind.details?.payloads?.length > 0 ? folded("Details", false, showAll(kind.details)) : null;
  return h("div.failure", null,
    h("p.message", null, kind.type ? h("strong", null, kind.type) : null, kind.type && failure.message ? ": " : "", failure.message || (kind.type ? "" : "no message")),
    kind.notes.length > 0 ? h("p.notes", null, kind.notes.map((it) => h("span.note", null, it))) : null,
    details,
    failure.stackTrace ? folded("Stack trace", !failure.cause, h("pre.trace", { tabindex: "0" }, failure.stackTrace)) : null,
    failure.cause ? h("div.cause", null, h("span.by", null, "caused by"), failureTree(failure.cause, link)) : null);
}

function kindOf(failure, link) {
  const application = failure.applicationFailureInfo;
  if (application) {
    return { type: application.type, details: application.details, notes: application.nonRetryable ? ["not retried"] : [] };
  }
  const activity = failure.activityFailureInfo;
  if (activity) {
    const retry = words((activity.retryState ?? "").replace("RETRY_STATE_", ""));
    return { type: `Activity ${activity.activityType?.name ?? ""}`, notes: [`id ${activity.activityId}`, retry, activity.identity].filter(Boolean) };
  }
  const child = failure.childWorkflowExecutionFailureInfo;
  if (child) {
    const run = child.workflowExecution ?? {};
    return { type: `Child ${child.workflowType?.name ?? ""}`, notes: run.workflowId ? [link(run.workflowId, run.runId)] : [] };
  }
  const timeout = failure.timeoutFailureInfo;
  if (timeout) {
    return { type: "Timeout", details: timeout.lastHeartbeatDetails, notes: [words((timeout.timeoutType ?? "").replace("TIMEOUT_TYPE_", ""))] };
  }
  if (failure.canceledFailureInfo) return { type: "Canceled", details: failure.canceledFailureInfo.details, notes: [] };
  if (failure.terminatedFailureInfo) return { type: "Terminated", notes: [] };
  if (failure.serverFailureInfo) return { type: "Server", notes: failure.serverFailureInfo.nonRetryable ? ["not retried"] : [] };
  return { type: "", notes: failure.source ? [failure.source] : [] };
}

/** In one line, with the innermost cause, which is what one looks for. */
export function inShort(failure) {
  let inner = failure;
  while (inner?.cause) inner = inner.cause;
  return [inner?.applicationFailureInfo?.type, inner?.message].filter(Boolean).join(": ");
}
