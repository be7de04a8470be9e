// Temporal's names of choices, and the host's: `START_TO_CLOSE` is `start-to-close`.

/** Without the prefix that older programs write. */
export function toHost<T extends string>(name: string, prefix = ""): T {
  return name.replace(prefix, "").toLowerCase().replaceAll("_", "-") as T;
}

export function fromHost<T extends string>(name: string): T {
  return name.toUpperCase().replaceAll("-", "_") as T;
}
