/** To be called first in an export of the component. */
export declare function begin(): void;
/** False at the top level of a module. */
export declare function hasBegun(): boolean;
/** Errors at the top level of a module. */
export declare function needRun(what: string): void;
