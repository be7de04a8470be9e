/** With U+FFFD for what is half of a pair. */
export declare function encodeUtf8(text: string): Uint8Array;
export declare function decodeUtf8(bytes: Uint8Array): string;
