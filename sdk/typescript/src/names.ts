// Temporal's names of choices, and the host's: `START_TO_CLOSE` is `start-to-close`.

/** Without the prefix that older programs write. */
export function toHost<T extends string>(name: string, prefix = ""): T {
  return name.replace(prefix, "").toLowerCase().replaceAll("_", "-") as T;
}

/** Choices by their names, and by those that older programs write, with a prefix. */
export function withOldNames<Prefix extends string, const Choices extends Record<string, string>>(
  prefix: Prefix,
  choices: Choices,
): Choices & OldNames<Prefix, Choices> {
  const old: [string, string | undefined][] = Object.entries(choices).map(([name, choice]) => [prefix + name, choice]);
  old.push([`${prefix}UNSPECIFIED`, undefined]);
  return { ...choices, ...(Object.fromEntries(old) as OldNames<Prefix, Choices>) };
}

type OldNames<Prefix extends string, Choices> = {
  readonly [Name in keyof Choices & string as `${Prefix}${Name}`]: Choices[Name];
} & { readonly [_ in `${Prefix}UNSPECIFIED`]: undefined };

export function fromHost<T extends string>(name: string): T {
  return name.toUpperCase().replaceAll("-", "_") as T;
}
