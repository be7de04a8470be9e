/** The frames of the author's program alone. */
export declare function traced(stack: string | undefined): string;
