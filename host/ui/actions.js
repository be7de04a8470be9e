// Dialogs: what is done to a run is asked for first, and what the server says against it is shown where it was asked.

import { IDENTITY, requestId } from "./api.js";
import { h, fill, toast } from "./dom.js";
import { clock, words } from "./format.js";
import { ofJson, showAll, value } from "./payload.js";
import { failureTree } from "./failure.js";
import { go } from "./app.js";

/** `fields`: `{ name, label, kind, value, options, hint }`. `act(values)` may return what is to be shown instead of closing. */
export function ask({ title, text, fields = [], danger, doIt, act }) {
  const wrong = h("p.wrong", { role: "alert", hidden: true });
  const answer = h("div.answer", { hidden: true });
  const submit = h(danger ? "button.danger" : "button.main", null, doIt);
  const inputs = fields.map(input);
  const close = () => dialog.close();
  const form = h("form", {
    onsubmit: async (event) => {
      event.preventDefault();
      wrong.hidden = true;
      submit.disabled = true;
      try {
        const values = Object.fromEntries(inputs.map((it) => [it.name, it.element.value]));
        const shown = await act(values);
        if (shown instanceof Node) fill(answer, shown).hidden = false;
        else close();
      } catch (error) {
        fill(wrong, error.message).hidden = false;
      } finally {
        submit.disabled = false;
      }
    },
  }, h("h2", null, title), text ? h("p", null, text) : null, inputs.map((it) => it.label), wrong, answer,
  h("div.buttons", null, h("button.quiet", { type: "button", onclick: close }, "Close"), submit));
  const dialog = opened(title, form);
  (inputs[0]?.element ?? submit).focus();
}

function opened(title, form) {
  const dialog = h("dialog", { "aria-label": title, onclose: () => dialog.remove() }, form);
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

function input({ name, label, kind = "text", value: given = "", options = [], hint, required }) {
  const list = `options-${name}`;
  const common = { name, required, spellcheck: "false", autocomplete: "off" };
  let element;
  if (kind === "json") element = h("textarea", { ...common, rows: "4", placeholder: "nothing" });
  else if (kind === "select") element = h("select", common, options.map((it) => h("option", { value: it.value }, it.text)));
  else element = h("input", { ...common, type: kind, list: options.length > 0 ? list : undefined });
  if (given) element.value = given;
  const known = kind === "text" && options.length > 0 ? h("datalist", { id: list }, options.map((it) => h("option", { value: it.value }, it.text))) : null;
  return { name, element, label: h("label.field", null, h("span", null, label), element, known, hint ? h("small", null, hint) : null) };
}

/** Payloads of what was typed: one JSON value, or nothing. */
function payloads(text) {
  if (text.trim() === "") return undefined;
  try {
    JSON.parse(text);
  } catch (error) {
    throw new Error(`The input is not JSON: ${error.message}`);
  }
  return { payloads: [ofJson(text.trim())] };
}

const JSON_FIELD = { name: "input", label: "Input (JSON)", kind: "json" };
const REASON = { name: "reason", label: "Reason" };

/** The signals, queries or updates that the run's program says it has. */
async function known({ api }, execution, kind) {
  const answer = await api.ask(["workflows", execution.workflowId, "query", "__temporal_workflow_metadata"], { execution });
  const metadata = answer?.queryResult?.payloads?.[0];
  const all = (metadata && value(metadata)?.definition?.[`${kind}Definitions`]) ?? [];
  return all.filter((it) => it.name).map((it) => ({ value: it.name, text: it.description ?? "" }));
}

const path = (execution, ...rest) => ["workflows", execution.workflowId, ...rest];

export async function signal(context, execution) {
  const once = requestId();
  const options = await known(context, execution, "signal");
  if (context.signal?.aborted) return;
  ask({
    title: "Send a signal", doIt: "Send",
    fields: [{ name: "name", label: "Name", options, required: true, value: options.length === 1 ? options[0].value : "" }, JSON_FIELD],
    act: async ({ name, input }) => {
      await context.api.post(path(execution, "signal", name), { workflowExecution: execution, input: payloads(input), identity: IDENTITY, requestId: once });
      toast(`Signal ${name} is sent`);
    },
  });
}

export async function query(context, execution) {
  const options = await known(context, execution, "query");
  if (context.signal?.aborted) return;
  ask({
    title: "Ask a query", doIt: "Ask",
    fields: [{ name: "name", label: "Name", options, required: true, value: options[0]?.value ?? "__stack_trace" }, JSON_FIELD],
    act: async ({ name, input }) => {
      const answer = await context.api.post(path(execution, "query", name), { execution, query: { queryArgs: payloads(input) } });
      return h("div", null, showAll(answer.queryResult, "The answer is empty."));
    },
  });
}

export async function update(context, execution) {
  const once = requestId();
  const options = await known(context, execution, "update");
  if (context.signal?.aborted) return;
  ask({
    title: "Send an update", text: "Its answer is waited for.", doIt: "Send",
    fields: [{ name: "name", label: "Name", options, required: true, value: options.length === 1 ? options[0].value : "" }, JSON_FIELD],
    act: async ({ name, input }) => {
      const request = { meta: { updateId: once, identity: IDENTITY }, input: { args: payloads(input) } };
      const waitPolicy = { lifecycleStage: "UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_COMPLETED" };
      const { outcome } = await context.api.post(path(execution, "update", name), { workflowExecution: execution, waitPolicy, request });
      if (!outcome) return h("p", null, "It is not done yet. Send it again to look: it is the same update.");
      return outcome.failure ? failureTree(outcome.failure, context.run) : h("div", null, showAll(outcome.success, "Done."));
    },
  });
}

export function cancel(context, execution) {
  const once = requestId();
  ask({
    title: "Request to cancel", text: "The workflow is told, and may clean up before it ends.", doIt: "Request", danger: true, fields: [REASON],
    act: async ({ reason }) => {
      await context.api.post(path(execution, "cancel"), { workflowExecution: execution, reason, identity: IDENTITY, requestId: once });
      toast("The request is sent");
    },
  });
}

export function terminate(context, execution) {
  ask({
    title: "Terminate", text: "The run ends at once. Its program is not told and cleans nothing up.", doIt: "Terminate", danger: true, fields: [REASON],
    act: async ({ reason }) => {
      await context.api.post(path(execution, "terminate"), { workflowExecution: execution, reason, identity: IDENTITY });
      toast("The run is terminated");
    },
  });
}

export function reset(context, execution, points, at) {
  const once = requestId();
  const options = points.map((it) => ({
    value: it.id,
    text: `${it.id} · ${clock(it.time)}${it.state === "Completed" ? "" : ` · ${words(it.state).toLowerCase()}`}${it.then.length > 0 ? ` · then ${it.then.slice(0, 3).join(", ")}` : ""}`,
  }));
  ask({
    title: "Reset", doIt: "Reset", danger: true,
    text: "A new run begins with the history up to this workflow task and decides it anew. This run is terminated if it is open. Signals that came later come again.",
    fields: [{ name: "event", label: "Go back to", kind: "select", options, value: at }, { ...REASON, value: "reset on the web page" }],
    act: async ({ event, reason }) => {
      const answer = await context.api.post(path(execution, "reset"), { workflowExecution: execution, workflowTaskFinishEventId: event, reason, identity: IDENTITY, requestId: once });
      toast("A new run has begun");
      go(context.to(path(execution, answer.runId)));
    },
  });
}

export function pause(context, execution, isPaused) {
  const once = requestId();
  const verb = isPaused ? "unpause" : "pause";
  ask({
    title: isPaused ? "Let it go on" : "Pause", text: isPaused ? null : "The run takes no step until it is let go on.", doIt: isPaused ? "Go on" : "Pause", fields: [REASON],
    act: async ({ reason }) => {
      await context.api.post(path(execution, verb), { runId: execution.runId, reason, identity: IDENTITY, requestId: once });
      toast(isPaused ? "The run goes on" : "The run is paused");
    },
  });
}

export function helpDialog() {
  if (document.querySelector("dialog[open]")) return;
  const keys = [["j k", "next, previous row"], ["Enter", "open it"], ["/", "filter"], ["w s q", "workflows, schedules, task queues"], ["u", "times in UTC or in your zone"], ["?", "this list"]];
  opened("Keys",
    h("form", { method: "dialog" }, h("h2", null, "Keys"),
      h("dl.facts", null, keys.map(([key, text]) => h("div", null, h("dt", null, key.split(" ").map((it) => h("kbd", null, it))), h("dd", null, text)))),
      h("div.buttons", null, h("button.main", null, "Close"))));
}
