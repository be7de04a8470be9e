// Times, lengths of time, and names of enums, for people.

import { h } from "./dom.js";

let utc = localStorage.getItem("zone") === "UTC";
export const isUtc = () => utc;
export function setUtc(to) {
  utc = to;
  localStorage.setItem("zone", to ? "UTC" : "local");
}

const pad = (n, digits = 2) => String(n).padStart(digits, "0");
export const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

export function isTime(text) {
  return Boolean(text) && !text.startsWith("0001-") && !text.startsWith("1970-01-01T00:00:00Z");
}

function parts(date) {
  const get = (name) => date[`get${utc ? "UTC" : ""}${name}`]();
  return [get("FullYear"), get("Month"), get("Date"), get("Hours"), get("Minutes"), get("Seconds")];
}

/** `10:48:59.695`, and the day unless it is today. */
export function clock(text, withMs = false) {
  const date = new Date(text);
  const [year, month, day, hours, minutes, seconds] = parts(date);
  const [thisYear, thisMonth, today] = parts(new Date());
  const ms = withMs ? `.${pad(date.getUTCMilliseconds(), 3)}` : "";
  const time = `${pad(hours)}:${pad(minutes)}:${pad(seconds)}${ms}`;
  if (year === thisYear && month === thisMonth && day === today) return time;
  return `${MONTHS[month]} ${day}${year === thisYear ? "" : ` ${year}`}, ${time}`;
}

export function time(text, withMs = false) {
  if (!isTime(text)) return null;
  return h("time", { datetime: text, title: `${text}\n${ago(text)}` }, clock(text, withMs));
}

function ago(text) {
  const ms = Date.now() - new Date(text).getTime();
  return ms >= 0 ? `${span(ms)} ago` : `in ${span(-ms)}`;
}

const MOVING = { since: (text) => between(text), distance: ago };

/** A text that goes on by itself: `since` a time, or the `distance` to it. */
export function moving(kind, text) {
  return h("span.moving", { "data-kind": kind, "data-time": text }, MOVING[kind](text));
}

setInterval(() => {
  for (const { dataset, firstChild } of document.querySelectorAll(".moving")) firstChild.data = MOVING[dataset.kind](dataset.time);
}, 1000);

/** `1.2 s`, `3 min 5 s`, `2 d 4 h`. */
export function span(ms) {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const units = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];
  let rest = Math.round(seconds);
  const said = [];
  for (const [unit, length] of units) {
    const n = Math.floor(rest / length);
    if (n > 0) said.push(`${n} ${unit}`);
    rest -= n * length;
  }
  return said.slice(0, 2).join(" ");
}

export function between(from, to) {
  return isTime(from) ? span(Math.max(0, (isTime(to) ? new Date(to) : new Date()) - new Date(from))) : "";
}

/** A protobuf duration, `3600s`. */
export function duration(text) {
  const seconds = parseFloat(text ?? "");
  return seconds > 0 ? span(seconds * 1000) : "";
}

/** `WORKFLOW_EXECUTION_STATUS_TIMED_OUT` without its prefix: `TimedOut`, as filters have it. */
export function enumName(text, prefix) {
  const rest = (text ?? "").replace(prefix, "");
  return rest.split("_").filter(Boolean).map((it) => it[0] + it.slice(1).toLowerCase()).join("");
}

/** `TimedOut` or `TIMED_OUT`: `Timed out`. */
export function words(name) {
  const spaced = /[a-z]/.test(name) ? name.replace(/(?<=[a-z])(?=[A-Z])/g, " ") : name.replaceAll("_", " ");
  const text = spaced.toLowerCase();
  return text && text[0].toUpperCase() + text.slice(1);
}

export function statusOf(info) {
  return enumName(info?.status, "WORKFLOW_EXECUTION_STATUS_") || "Unknown";
}

export function pill(name) {
  return h(`span.pill.${name.toLowerCase()}`, null, words(name));
}

export function bytes(n) {
  if (n < 1024) return `${n} B`;
  return n < 1024 * 1024 ? `${(n / 1024).toFixed(1)} KB` : `${(n / 1024 / 1024).toFixed(1)} MB`;
}

/** Of a digest. */
export function short(digest) {
  return h("code", { title: digest }, digest.replace(/^sha256:/, "").slice(0, 12));
}
