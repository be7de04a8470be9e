// Payloads: what they hold if it is JSON, else how much and in which encoding.

import { h } from "./dom.js";
import { bytes } from "./format.js";

const SHOWN_MAX = 20_000;
/** Longer ones are not looked into. */
const PRETTY_MAX = 100_000;

function decode(base64) {
  return Uint8Array.from(atob(base64 ?? ""), (it) => it.charCodeAt(0));
}

function text(base64) {
  return new TextDecoder().decode(decode(base64));
}

/** One payload of the JSON that a field has; of nothing if there is none. */
export function ofJson(json) {
  const encoded = (it) => btoa(Array.from(new TextEncoder().encode(it), (byte) => String.fromCharCode(byte)).join(""));
  return { metadata: { encoding: encoded("json/plain") }, data: encoded(json) };
}

/** The JSON text that it holds. */
function jsonOf(payload) {
  const encoding = text(payload.metadata?.encoding);
  if (encoding === "binary/null") return "null";
  return encoding.startsWith("json/") ? text(payload.data) : undefined;
}

export function value(payload) {
  try {
    return JSON.parse(jsonOf(payload));
  } catch {
    return undefined;
  }
}

export function show(payload) {
  const json = jsonOf(payload);
  const drawn = json === undefined ? null : pretty(json);
  if (drawn) return drawn;
  const size = decode(payload.data).length;
  const kind = text(payload.metadata?.encoding) || "no encoding";
  const external = payload.externalPayloads?.length > 0 ? ", kept elsewhere" : "";
  return h("p.opaque", null, `${bytes(size)}, `, h("code", null, kind), external);
}

/** A list of them, as `Payloads` has it. */
export function showAll(payloads, nothing = "nothing") {
  const list = payloads?.payloads ?? [];
  return list.length > 0 ? list.map(show) : h("p.empty", null, nothing);
}

/** Names and payloads. */
export function showMap(fields) {
  const rows = Object.keys(fields).sort().map((name) => h("div", null, h("dt", null, name), h("dd", null, show(fields[name]))));
  return h("dl.facts.values", null, rows);
}

const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null|[{}[\],:]|\s+/gy;

/** JSON with lines and colors, from its own tokens: numbers keep all their digits. `null` if it is none. */
function pretty(json) {
  const pre = h("pre.json", { tabindex: "0" });
  if (json.length > PRETTY_MAX) {
    pre.append(`${json.slice(0, SHOWN_MAX)}\n… ${bytes(json.length)} in all`);
    return pre;
  }
  try {
    JSON.parse(json);
  } catch {
    return null;
  }
  let [depth, length, before] = [0, 0, ""];
  const put = (it, kind) => {
    length += it.length;
    pre.append(kind ? h(`span.${kind}`, null, it) : it);
  };
  const line = () => put(`\n${"  ".repeat(depth)}`);
  const tokens = json.match(TOKEN) ?? [];
  if (tokens.join("").length !== json.length) return null;
  const all = tokens.filter((it) => it.trim() !== "");
  for (const [nth, token] of all.entries()) {
    if (length > SHOWN_MAX && json.length > SHOWN_MAX * 1.2) {
      put(`\n… ${bytes(json.length)} in all`);
      break;
    }
    const opens = token === "{" || token === "[";
    const closes = token === "}" || token === "]";
    if (closes) depth -= 1;
    if (closes ? before !== "{" && before !== "[" : before === "{" || before === "[" || before === ",") line();
    if (opens) depth += 1;
    if (token === ":") put(": ");
    else if (token[0] === '"') put(token, all[nth + 1] === ":" ? "key" : "text");
    else put(token, /[{}[\],]/.test(token) ? "" : "number");
    before = token;
  }
  return pre;
}
