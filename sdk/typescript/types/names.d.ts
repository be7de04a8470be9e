/** Without the prefix that older programs write. */
export declare function toHost<T extends string>(name: string, prefix?: string): T;
/** Choices by their names, and by those that older programs write, with a prefix. */
export declare function withOldNames<Prefix extends string, const Choices extends Record<string, string>>(prefix: Prefix, choices: Choices): Choices & OldNames<Prefix, Choices>;
type OldNames<Prefix extends string, Choices> = {
    readonly [Name in keyof Choices & string as `${Prefix}${Name}`]: Choices[Name];
} & {
    readonly [_ in `${Prefix}UNSPECIFIED`]: undefined;
};
export declare function fromHost<T extends string>(name: string): T;
export {};
