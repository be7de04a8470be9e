import state from "refrain:workflow/state@0.1.0";
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

/** The search attributes of a run, read by their keys. */
export class TypedSearchAttributes {
  constructor(private readonly values: Record<string, unknown>) {}

  get<T extends SearchAttributeType>(key: SearchAttributeKey<T>): ValueOf[T] | undefined {
    const value = this.values[key.name];
    if (value === undefined) return undefined;
    return (key.type === "DATETIME" ? new Date(value as string) : value) as ValueOf[T];
  }
}

/** Sets search attributes of this run; the others stay. */
export function upsertSearchAttributes(attributes: readonly SearchAttributePair<any>[]): void {
  state.upsertSearchAttributes(
    attributes.map(({ key, value }) => {
      const payload = toPayload(value instanceof Date ? value.toISOString() : value);
      payload.metadata.push(["type", encodeUtf8(WIRE_NAMES[key.type as SearchAttributeType])]);
      return [key.name, payload];
    }),
  );
}
