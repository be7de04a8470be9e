// A history as rows: one for each activity, timer, child and so on, with its events on demand.

import { h, fill, facts, folded } from "./dom.js";
import { between, clock, duration, pill, time, words } from "./format.js";
import { attributes, typeOf } from "./history.js";
import { failureTree, inShort } from "./failure.js";
import { show, showAll, showMap } from "./payload.js";

/** So many rows at once; the newest stay. */
const ROWS = 300;

export class Timeline {
  /** `opened(event)` is told which row is open, for the address. */
  constructor(context, { withTasks, event, opened }) {
    Object.assign(this, { context, withTasks, opened });
    this.open = new Set(event ? [event] : []);
    this.rows = new Map();
    this.n_shown = ROWS;
    this.list = h("ol.timeline");
    this.earlier = h("button.quiet", { onclick: () => this.more() });
    this.element = h("div", null, this.earlier, this.list);
  }

  more() {
    this.n_shown += ROWS;
    this.draw(this.history, this.end);
  }

  draw(history, end) {
    Object.assign(this, { history, end });
    const wanted = history.groups.filter((it) => it.kind !== "task" || this.withTasks || it.state !== "Completed");
    const shown = wanted.slice(-this.n_shown);
    this.earlier.hidden = shown.length === wanted.length;
    this.earlier.textContent = `${wanted.length - shown.length} earlier`;
    const scale = scaleOf(shown, end);
    const elements = shown.map((group) => this.row(group, scale));
    // What is there stays: a row that someone reads must not go away under them.
    const there = [...this.list.children];
    if (there.length > elements.length || there.some((it, nth) => it !== elements[nth])) fill(this.list, elements);
    else this.list.append(...elements.slice(there.length));
  }

  row(group, scale) {
    let row = this.rows.get(group.key);
    if (!row) {
      const bar = h("span.fill");
      const head = h("summary", { "data-row": true });
      const body = h("div.events");
      const details = h("details", { id: `event-${group.key}` }, head, body);
      row = { element: h("li", null, details), bar, head, body, details, n_events: 0 };
      details.open = group.events.some((it) => this.open.has(it.eventId));
      details.addEventListener("toggle", () => {
        if (details.open) this.fillBody(row);
        this.opened(details.open ? group.key : undefined);
      });
      this.rows.set(group.key, row);
    }
    row.group = group;
    if (row.n_events !== group.events.length) {
      row.n_events = group.events.length;
      row.element.className = `${group.kind.replace(" ", "-")} ${(group.state || "point").toLowerCase()}`;
      fill(row.head, this.summary(group, row));
      if (row.details.open) this.fillBody(row);
    }
    const from = scale(group.from);
    const to = group.state === "Open" || group.state === "Canceling" ? scale(this.end) : scale(group.to);
    row.bar.style.left = `min(${from * 100}%, 100% - 4px)`;
    row.bar.style.width = `max(4px, ${(to - from) * 100}%)`;
    return row.element;
  }

  summary(group, row) {
    const isPoint = group.state === "";
    const note = group.failure ?? group.lastFailure;
    const text = note ? inShort(note) : "";
    const took = group.events.length > 1 && group.state !== "Open" ? between(group.from, group.to) : "";
    return [
      h("span.number", null, group.key),
      h("span.what", null, label(group) ? [h("span.kind", null, label(group)), " "] : null, h("b", null, nameOf(group)), group.attempt > 1 ? [" ", h("span.note", null, `attempt ${group.attempt}`)] : null, text ? [" ", h("span.why", null, text)] : null),
      h("span.state", null, isPoint ? null : pill(group.state)),
      h("span.track", { "aria-hidden": "true" }, row.bar),
      h("span.took", { title: clock(group.from, true) }, took || clock(group.from, true)),
    ];
  }

  fillBody(row) {
    const { group } = row;
    if (row.n_drawn === group.events.length) return;
    row.n_drawn = group.events.length;
    fill(row.body, group.events.map((it) => eventDetails(this.context, it)));
  }
}

function label(group) {
  return group.kind === "event" ? "" : group.kind === "task" ? "workflow task" : group.kind;
}

function nameOf(group) {
  if (group.kind === "timer") return duration(attributes(group.events[0]).startToFireTimeout) || group.name;
  if (group.kind === "child") return `${group.name} ${attributes(group.events[0]).workflowId ?? ""}`;
  if (group.kind === "event") return words(group.type.replace(/^WORKFLOW_EXECUTION_/, ""));
  return group.name;
}

/** Places in time, 0 to 1. A run may do in a millisecond what it then waits a month for: gaps count by the logarithm
 * of their length. */
function scaleOf(groups, end) {
  const times = new Set([end, ...groups.flatMap((it) => [it.from, it.to])].map((it) => Date.parse(it)));
  const sorted = [...times].sort((a, b) => a - b);
  const at = new Map();
  let place = 0;
  for (const [nth, ms] of sorted.entries()) {
    if (nth > 0) place += 1 + Math.log2(1 + ms - sorted[nth - 1]);
    at.set(ms, place);
  }
  return (text) => (place === 0 ? 0 : (at.get(Date.parse(text)) ?? place) / place);
}

/** Fields that say nothing to a reader, or nothing new. */
const DULL = new Set(["header", "priority", "workflowTaskCompletedEventId", "sdkMetadata", "meteringMetadata", "workerVersion", "deploymentVersion", "namespaceId"]);

function eventDetails(context, event) {
  const it = attributes(event);
  const [plain, large] = [[], []];
  for (const [name, value] of Object.entries(it)) {
    if (DULL.has(name) || value === "0s" || value === "" || value === "0") continue;
    const drawn = field(context, name, value, large);
    if (drawn !== undefined) plain.push([words(name), drawn]);
  }
  return h("article.event", null,
    h("h4", null, h("span.number", null, event.eventId), words(typeOf(event)), time(event.eventTime, true)),
    facts(plain), large);
}

function field(context, name, value, large) {
  if (value === null || typeof value !== "object") {
    const text = String(value);
    if (typeof value === "string" && /^[A-Z]+(_[A-Z0-9]+)+$/.test(text)) return words(text.replace(/^.*?_(POLICY|TYPE|CAUSE|STATE|BEHAVIOR|KIND|INITIATOR)_/, ""));
    if (/^\d{4}-\d\d-\d\dT/.test(text)) return time(text, true);
    if (/^\d+(\.\d+)?s$/.test(text)) return duration(text);
    return text;
  }
  if (name === "failure" || /[fF]ailure$/.test(name)) {
    large.push(h("h5", null, words(name)), failureTree(value, context.run));
    return undefined;
  }
  if (value.payloads) {
    large.push(h("h5", null, words(name)), showAll(value));
    return undefined;
  }
  const map = value.fields ?? value.indexedFields;
  if (map) {
    large.push(h("h5", null, words(name)), showMap(map));
    return undefined;
  }
  if (value.metadata) {
    large.push(h("h5", null, words(name)), show(value));
    return undefined;
  }
  if (value.workflowId) return context.run(value.workflowId, value.runId);
  if (value.name && Object.keys(value).every((it) => it === "name" || it === "kind")) return value.name;
  if (Object.keys(value).length === 0) return undefined;
  large.push(folded(words(name), false, h("pre.json", { tabindex: "0" }, JSON.stringify(value, null, 2))));
  return undefined;
}
