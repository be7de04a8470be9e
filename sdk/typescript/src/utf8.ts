// QuickJS has no TextEncoder and no TextDecoder. A loop in the program costs a hundred times what the engine's own
// functions do, and a payload may have megabytes: so they do the work, on text with one character for each byte.

/** Of the engine's own, newer than the types that this is compiled with. */
interface Newer {
  fromBase64(text: string): Uint8Array;
  toBase64(): string;
  toWellFormed(): string;
}
const newer = (it: unknown): Newer => it as Newer;

/** With U+FFFD for what is half of a pair. */
export function encodeUtf8(text: string): Uint8Array {
  const octets = unescape(encodeURIComponent(newer(text).toWellFormed()));
  return newer(Uint8Array).fromBase64(btoa(octets));
}

// Malformed input gives U+FFFD, byte by byte.
export function decodeUtf8(bytes: Uint8Array): string {
  const octets = atob(newer(bytes).toBase64());
  try {
    return decodeURIComponent(escape(octets));
  } catch {
    return decodeURIComponent(escape(octets.replace(SEQUENCE, (_, good) => good ?? REPLACEMENT)));
  }
}

/** A character of more than one byte, or a byte that is part of none. */
const SEQUENCE = new RegExp(
  "([\\xc2-\\xdf][\\x80-\\xbf]" +
    "|\\xe0[\\xa0-\\xbf][\\x80-\\xbf]|\\xed[\\x80-\\x9f][\\x80-\\xbf]|[\\xe1-\\xec\\xee\\xef][\\x80-\\xbf]{2}" +
    "|\\xf0[\\x90-\\xbf][\\x80-\\xbf]{2}|\\xf4[\\x80-\\x8f][\\x80-\\xbf]{2}|[\\xf1-\\xf3][\\x80-\\xbf]{3}" +
    ")|[\\x80-\\xff]",
  "g",
);
/** U+FFFD. */
const REPLACEMENT = "\xef\xbf\xbd";
