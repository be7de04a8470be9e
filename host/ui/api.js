// The server's HTTP/JSON API, from the page's own origin.

/** Where the page lies: the API is beneath it. */
const BASE = new URL(".", document.baseURI).pathname;
/** Payloads with their encodings: what they hold is for us to show. */
const WHOLE = "application/json+no-payload-shorthand";
export const IDENTITY = "refrain-page";
const REFRESH_S = 5;

export class ApiError extends Error {
  constructor(status, body) {
    super(body.message || `the server answered ${status}`);
    this.status = status;
  }
}

async function call(path, options) {
  let answer;
  try {
    answer = await fetch(BASE + path, { ...options, headers: { Accept: WHOLE, ...options?.headers } });
  } catch (error) {
    if (options?.signal?.aborted) throw error;
    throw new ApiError(0, { message: "the server does not answer" });
  }
  if (!answer.ok) throw new ApiError(answer.status, await answer.json().catch(() => ({})));
  try {
    return await answer.json();
  } catch (error) {
    if (options?.signal?.aborted) throw error;
    throw new ApiError(0, { message: "the server's answer was cut off" });
  }
}

const of = (namespace, rest) => `api/v1/namespaces/${encodeURIComponent(namespace)}/${rest}`;

export function path(parts) {
  return parts.map(encodeURIComponent).join("/");
}

export function query(fields) {
  const some = Object.entries(fields ?? {}).filter(([, value]) => value !== undefined && value !== "");
  return some.length > 0 ? `?${new URLSearchParams(some)}` : "";
}

export class Api {
  constructor(namespace, signal) {
    this.namespace = namespace;
    this.signal = signal;
  }

  get(parts, fields, signal = this.signal) {
    return call(of(this.namespace, path(parts)) + query(fields), { signal });
  }

  /** Our own service. */
  ours(parts, fields) {
    const base = `refrain/v1/namespaces/${encodeURIComponent(this.namespace)}/`;
    return call(base + path(parts) + query(fields), { signal: this.signal });
  }

  post(parts, body) {
    const headers = { "Content-Type": "application/json" };
    return call(of(this.namespace, path(parts)), { method: "POST", headers, body: JSON.stringify(body) });
  }

  /** An answer of `undefined` if there is none: of what is shown beside other things. */
  async ask(parts, body) {
    return this.post(parts, body).catch(() => undefined);
  }
}

export async function namespaces() {
  const answer = await call("api/v1/namespaces?pageSize=200");
  return (answer.namespaces ?? []).map((it) => it.namespaceInfo?.name).filter(Boolean);
}

/** Not `crypto.randomUUID`: browsers have it on secure pages only. */
export function requestId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (it) => it.toString(16).padStart(2, "0")).join("");
}

/** Again and again, each time `seconds` after the last one ended, while someone looks. */
export async function repeat(signal, seconds, work) {
  while (!signal.aborted) {
    await visible(signal);
    if (signal.aborted) return;
    await work();
    await pause(seconds, signal);
  }
}

/** Of a view that is looked at: what fails now is shown the next time. */
export function again(signal, load) {
  repeat(signal, REFRESH_S, () => load().catch(() => undefined));
}

/** Until what `begin` waits for is there, or the view is left. Nothing of either is kept. */
function until(signal, begin) {
  if (signal.aborted) return Promise.resolve();
  return new Promise((done) => {
    const over = () => {
      end();
      signal.removeEventListener("abort", over);
      done();
    };
    const end = begin(over);
    signal.addEventListener("abort", over);
  });
}

export function pause(seconds, signal) {
  return until(signal, (over) => {
    const timer = setTimeout(over, seconds * 1000);
    return () => clearTimeout(timer);
  });
}

/** A browser has few connections to one server: pages that nobody looks at leave them to others. */
export function visible(signal) {
  if (!document.hidden) return Promise.resolve();
  return until(signal, (over) => {
    document.addEventListener("visibilitychange", over);
    return () => document.removeEventListener("visibilitychange", over);
  });
}
