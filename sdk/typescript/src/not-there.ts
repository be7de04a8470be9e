// What programs reach for that workflows do not have, and what to do instead.

const INSTEAD: Record<string, string> = {
  Buffer: "give and take `Uint8Array`, and text by `TextEncoder`",
  Intl: "format for people in an activity, or with a package that brings its own data",
  fetch: "workflows do no I/O: call it in an activity",
  process: "a workflow sees no environment: pass what it needs as an argument, or ask an activity",
  require: "write `import`",
  Temporal: "import a package that brings it, such as `temporal-polyfill`",
  XMLHttpRequest: "workflows do no I/O: call it in an activity",
  WebSocket: "workflows do no I/O: call it in an activity",
};

/** Of an error that says that a name is not defined. */
export function whatInstead(error: Error): string | undefined {
  const [, name] = /^'?(\w+)'? is not defined/.exec(error.message) ?? [];
  return error instanceof ReferenceError && name !== undefined && Object.hasOwn(INSTEAD, name) ? INSTEAD[name] : undefined;
}
