import state from "refrain:workflow/state@0.1.0";
import type { Fields, Payload } from "refrain:workflow/types@0.1.0";
import { toPayload } from "./payload";
import { encodeUtf8 } from "./utf8";

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
export type SearchAttributes = Record<string, SearchAttributeValue>;

/** The search attributes of a run, read by their keys. */
export class TypedSearchAttributes {
  private readonly values: Record<string, unknown>;
  private readonly pairs: SearchAttributePair<any>[];

  /** Of pairs; a run's own come by name, as the host shows them. */
  constructor(of: SearchAttributePair<any>[] | Record<string, unknown> = []) {
    this.pairs = Array.isArray(of) ? of : [];
    this.values = Array.isArray(of) ? Object.fromEntries(of.map(({ key, value }) => [key.name, value])) : of;
  }

  /** Of pairs alone: of a run's own, the host tells names and values. */
  getAll(): SearchAttributePair<any>[] {
    return [...this.pairs];
  }

  copy(): TypedSearchAttributes {
    return new TypedSearchAttributes(this.pairs.length > 0 ? this.getAll() : { ...this.values });
  }

  get<T extends SearchAttributeType>(key: SearchAttributeKey<T>): ValueOf[T] | undefined {
    const value = this.values[key.name];
    if (value === undefined || value === null) return undefined;
    return (key.type === "DATETIME" ? new Date(value as string) : value) as ValueOf[T];
  }
}

/** Sets search attributes of this run; the others stay. An empty list takes one away, as `null` does in a pair. */
export function upsertSearchAttributes(attributes: SearchAttributes | readonly SearchAttributePair<any>[]): void {
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
  const payload = toPayload(text(value));
  payload.metadata.push(["type", encodeUtf8(WIRE_NAMES[key.type as SearchAttributeType])]);
  return [key.name, payload];
}

function byName(attributes: SearchAttributes): Fields {
  return Object.entries(attributes).map(([name, values]) => {
    const texts = values.map(text);
    return [name, toPayload(texts.length > 1 ? texts : texts[0])];
  });
}

function text(value: unknown): unknown {
  return value instanceof Date ? value.toISOString() : value;
}
