/// <reference path="../src/host.d.ts" />
import type { Fields } from "refrain:workflow/types@0.1.0";
/** What a search attribute may hold; the name must be registered in the namespace with that type. */
export declare const SearchAttributeType: {
    readonly TEXT: "TEXT";
    readonly KEYWORD: "KEYWORD";
    readonly INT: "INT";
    readonly DOUBLE: "DOUBLE";
    readonly BOOL: "BOOL";
    readonly DATETIME: "DATETIME";
    readonly KEYWORD_LIST: "KEYWORD_LIST";
};
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
export interface SearchAttributeKey<T extends SearchAttributeType> {
    readonly name: string;
    readonly type: T;
}
/** A value, or `null` to take the attribute away. */
export interface SearchAttributePair<T extends SearchAttributeType = SearchAttributeType> {
    readonly key: SearchAttributeKey<T>;
    readonly value: ValueOf[T] | null;
}
export declare function defineSearchAttributeKey<T extends SearchAttributeType>(name: string, type: T): SearchAttributeKey<T>;
/** What search attributes are by their names alone: lists, also of one. */
export type SearchAttributeValue = string[] | number[] | boolean[] | Date[];
export type SearchAttributes = Record<string, SearchAttributeValue | Readonly<SearchAttributeValue> | undefined>;
/** The search attributes of a run, read by their keys. */
export declare class TypedSearchAttributes {
    private readonly pairs;
    constructor(pairs?: readonly SearchAttributePair<any>[]);
    getAll(): SearchAttributePair<any>[];
    copy(): TypedSearchAttributes;
    /** With these in place of those of the same names. `null` takes one away. */
    updateCopy(updates: readonly SearchAttributePair<any>[]): TypedSearchAttributes;
    toJSON(): SearchAttributePair<any>[];
    /** Nothing if there is none of this name whose value fits. */
    get<T extends SearchAttributeType>(key: SearchAttributeKey<T>): ValueOf[T] | undefined;
}
/** Those of a run. */
export declare function fromHost(fields: Fields): SearchAttributePair<any>[];
/** By their names alone. */
export declare function toLists(pairs: readonly SearchAttributePair<any>[]): SearchAttributes;
/** Sets search attributes of this run; the others stay. An empty list takes one away, as `null` does in a pair. */
export declare function upsertSearchAttributes(attributes: SearchAttributes | readonly SearchAttributePair<any>[]): void;
/** Those of a start. None: nothing is said. */
export declare function searchAttributesOf(options: {
    searchAttributes?: SearchAttributes;
    typedSearchAttributes?: SearchAttributePair[] | TypedSearchAttributes;
}): Fields | null;
export {};
