// QuickJS has no TextEncoder and no TextDecoder. A loop in the program costs a hundred times what the engine's own
// functions do, and a payload may have megabytes: so they do the work, on text with a character for each byte.

export function encodeUtf8(text: string): Uint8Array {
  const octets = /[^\0-\x7f]/.test(text) ? unescape(encodeURIComponent(wellFormed(text))) : text;
  const bytes = new Uint8Array(octets.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = octets.charCodeAt(i);
  return bytes;
}

/** With U+FFFD for what is half of a pair. */
function wellFormed(text: string): string {
  return text.replace(/[\ud800-\udbff][\udc00-\udfff]|[\ud800-\udfff]/g, (it) => (it.length === 2 ? it : "\ufffd"));
}

/** So many arguments fit on the engine's stack. */
const CHUNK = 4096;

// Malformed input gives U+FFFD, byte by byte.
export function decodeUtf8(bytes: Uint8Array): string {
  let octets = "";
  for (let at = 0; at < bytes.length; at += CHUNK) {
    octets += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  }
  if (!/[\x80-\xff]/.test(octets)) return octets;
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
