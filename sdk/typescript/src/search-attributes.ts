import state from "refrain:workflow/state@0.1.0";
import type { Fields, Payload } from "refrain:workflow/types@0.1.0";
import { fromPayload, toPayload } from "./payload";
import { needRun } from "./top-level";
import { decodeUtf8, encodeUtf8 } from "./utf8";

/** What a search attribute may hold; the name must be registered in the namespace with that type. */
export const SearchAttributeType = {
  TEXT: "TEXT",
  KEYWORD: "KEYWORD",
  INT: "INT",
  DOUBLE: "DOUBLE",
  BOOL: "BOOL",
  DATETIME: "DATETIME",
  KEYWORD_LIST: "KEYWORD_LIST",
} as const;
export type SearchAttributeType = (typeof SearchAttributeType)[keyof typeof SearchAttributeType];

interface ValueOf {
  TEXT: string;
  KEYWORD: string;
  INT: number;
  DOUBLE: number;
  BOOL: boolean;
  DATETIME: Date;
  KEYWORD_LIST: string[];
}

/** As the host and its tools name them. */
const WIRE_NAMES: Record<SearchAttributeType, string> = {
  TEXT: "Text",
  KEYWORD: "Keyword",
  INT: "Int",
  DOUBLE: "Double",
  BOOL: "Bool",
  DATETIME: "Datetime",
  KEYWORD_LIST: "KeywordList",
};

/** Is a value of that type? Of those that fit, the first is what a value is taken for that came without one. */
const FITS: Record<SearchAttributeType, (value: unknown) => boolean> = {
  TEXT: (value) => typeof value === "string",
  KEYWORD: (value) => typeof value === "string",
  INT: Number.isInteger,
  DOUBLE: (value) => typeof value === "number",
  BOOL: (value) => typeof value === "boolean",
  DATETIME: (value) => value instanceof Date,
  KEYWORD_LIST: Array.isArray,
};
const TYPES = Object.values(SearchAttributeType);

export interface SearchAttributeKey<T extends SearchAttributeType> {
  readonly name: string;
  readonly type: T;
}

/** A value, or `null` to take the attribute away. */
export interface SearchAttributePair<T extends SearchAttributeType = SearchAttributeType> {
  readonly key: SearchAttributeKey<T>;
  readonly value: ValueOf[T] | null;
}

export function defineSearchAttributeKey<T extends SearchAttributeType>(name: string, type: T): SearchAttributeKey<T> {
  return { name, type };
}

/** What search attributes are by their names alone: lists, also of one. */
export type SearchAttributeValue = string[] | number[] | boolean[] | Date[];
export type SearchAttributes = Record<string, SearchAttributeValue | Readonly<SearchAttributeValue> | undefined>;

/** The search attributes of a run, read by their keys. */
export class TypedSearchAttributes {
  private readonly pairs: readonly SearchAttributePair<any>[];

  constructor(pairs: readonly SearchAttributePair<any>[] = []) {
    this.pairs = pairs;
  }

  getAll(): SearchAttributePair<any>[] {
    return [...this.pairs];
  }

  copy(): TypedSearchAttributes {
    return new TypedSearchAttributes(this.getAll());
  }

  /** With these in place of those of the same names. `null` takes one away. */
  updateCopy(updates: readonly SearchAttributePair<any>[]): TypedSearchAttributes {
    const pairs = new Map(this.pairs.map((pair) => [pair.key.name, pair]));
    for (const pair of updates) {
      if (pair.value !== null) pairs.set(pair.key.name, pair);
      else if (pairs.get(pair.key.name)?.key.type === pair.key.type) pairs.delete(pair.key.name);
    }
    return new TypedSearchAttributes([...pairs.values()]);
  }

  toJSON(): SearchAttributePair<any>[] {
    return this.getAll();
  }

  /** Nothing if there is none of this name whose value fits. */
  get<T extends SearchAttributeType>(key: SearchAttributeKey<T>): ValueOf[T] | undefined {
    const found = this.pairs.find((it) => it.key.name === key.name)?.value;
    // Before the host has told the type, a list of one is not known to be a list.
    const value = key.type === "KEYWORD_LIST" && typeof found === "string" ? [found] : found;
    return FITS[key.type](value) ? (value as ValueOf[T]) : undefined;
  }
}

/** Those of a run. */
export function fromHost(fields: Fields): SearchAttributePair<any>[] {
  return fields.map(([name, payload]) => {
    const told = payload.metadata.find(([it]) => it === "type")?.[1];
    const named = told && TYPES.find((it) => WIRE_NAMES[it] === decodeUtf8(told));
    const stored = fromPayload(payload);
    const read = !named && Array.isArray(stored) && stored.length === 1 ? stored[0] : stored;
    const value = named === "DATETIME" ? new Date(read as string) : read;
    const type = named ?? TYPES.find((it) => FITS[it](value))!;
    return { key: { name, type }, value };
  });
}

/** By their names alone. */
export function toLists(pairs: readonly SearchAttributePair<any>[]): SearchAttributes {
  const list = (value: unknown) => (Array.isArray(value) ? value : [value]) as SearchAttributeValue;
  return Object.fromEntries(pairs.map(({ key, value }) => [key.name, list(value)]));
}

/** Sets search attributes of this run; the others stay. An empty list takes one away, as `null` does in a pair. */
export function upsertSearchAttributes(attributes: SearchAttributes | readonly SearchAttributePair<any>[]): void {
  needRun("`upsertSearchAttributes`");
  state.upsertSearchAttributes(Array.isArray(attributes) ? attributes.map(field) : byName(attributes as SearchAttributes));
}

/** Those of a start. None: nothing is said. */
export function searchAttributesOf(options: {
  searchAttributes?: SearchAttributes;
  typedSearchAttributes?: SearchAttributePair[] | TypedSearchAttributes;
}): Fields | null {
  const { searchAttributes, typedSearchAttributes } = options;
  if (!searchAttributes && !typedSearchAttributes) return null;
  const typed = typedSearchAttributes instanceof TypedSearchAttributes ? typedSearchAttributes.getAll() : typedSearchAttributes;
  return [...byName(searchAttributes ?? {}), ...(typed ?? []).map(field)];
}

function field({ key, value }: SearchAttributePair<any>): [string, Payload] {
  // Nothing takes it away.
  const payload = toPayload(value === null ? undefined : text(value));
  payload.metadata.push(["type", encodeUtf8(WIRE_NAMES[key.type as SearchAttributeType])]);
  return [key.name, payload];
}

function byName(attributes: SearchAttributes): Fields {
  return Object.entries(attributes).map(([name, values = []]) => {
    // As text, a time is not known by itself.
    if (values.length === 1 && values[0] instanceof Date) {
      return field({ key: defineSearchAttributeKey(name, "DATETIME"), value: values[0] });
    }
    // The host knows the type: it takes a list of one for what is no list too.
    return [name, toPayload(values.length > 0 ? values.map(text) : undefined)];
  });
}

function text(value: unknown): unknown {
  return value instanceof Date ? value.toISOString() : value;
}
