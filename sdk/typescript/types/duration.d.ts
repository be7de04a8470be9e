/** Milliseconds, or text such as `"24h"`, `"10 seconds"`, `"1.5 days"`. What is less than nothing is nothing. */
export type Duration = number | string;
export declare function toMs(duration: Duration): number;
export declare function optionalMs(duration: Duration | undefined): number | null;
