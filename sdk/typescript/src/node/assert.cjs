// Node's `assert`, which programs for Temporal's SDK may import or find as a global.

class AssertionError extends Error {
  constructor({ message, actual, expected, operator }) {
    super(message ?? `Expected ${shown(actual)} ${operator} ${shown(expected)}`);
    this.name = "AssertionError";
    this.code = "ERR_ASSERTION";
    this.generatedMessage = message === undefined;
    Object.assign(this, { actual, expected, operator });
  }
}

function shown(value) {
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function" || typeof value === "symbol" || value instanceof Error) return String(value);
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return String(value);
  }
}

function check(holds, actual, expected, operator, message) {
  if (holds) return;
  if (message instanceof Error) throw message;
  throw new AssertionError({ message, actual, expected, operator });
}

/** Are they alike, part by part? What has no parts is compared with `same`. */
function alike(a, b, same, seen = new Map()) {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return same(a, b);
  if (a === b || seen.get(a) === b) return true;
  if (same === Object.is && Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  seen.set(a, b);
  const both = (one, other) => alike(one, other, same, seen);
  if (a instanceof Date && b instanceof Date) return a.getTime() === b.getTime();
  if (a instanceof RegExp && b instanceof RegExp) return String(a) === String(b);
  if (a instanceof Error && b instanceof Error && (a.name !== b.name || a.message !== b.message)) return false;
  if (a instanceof Map && b instanceof Map) {
    return a.size === b.size && [...a].every(([key, value]) => b.has(key) && both(value, b.get(key)));
  }
  if (a instanceof Set && b instanceof Set) {
    return a.size === b.size && [...a].every((part) => b.has(part) || [...b].some((other) => both(part, other)));
  }
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => Object.hasOwn(b, name) && both(a[name], b[name]));
}

/** Is it the error that was expected? */
function fits(error, expected) {
  if (expected === undefined || typeof expected === "string") return true;
  if (expected instanceof RegExp) return expected.test(String(error));
  if (typeof expected !== "function") return Object.keys(expected).every((name) => alike(error?.[name], expected[name], Object.is));
  if (expected.prototype !== undefined && error instanceof expected) return true;
  return !(expected === Error || expected.prototype instanceof Error) && expected(error) === true;
}

function checkThrown(thrown, expected, message, operator) {
  check(thrown !== undefined, undefined, expected, operator, message ?? (typeof expected === "string" ? expected : "Missing expected exception."));
  if (!fits(thrown.error, expected)) throw thrown.error;
}

const loosely = (a, b) => a == b || (a !== a && b !== b);

function made(same) {
  const isStrict = same === Object.is;
  const name = (loose, strict) => (isStrict ? strict : loose);
  const assert = (value, message) => check(value, value, true, "==", message);
  return Object.assign(assert, {
    AssertionError,
    ok: assert,
    equal: (a, b, message) => check(same(a, b), a, b, name("==", "strictEqual"), message),
    notEqual: (a, b, message) => check(!same(a, b), a, b, name("!=", "notStrictEqual"), message),
    strictEqual: (a, b, message) => check(Object.is(a, b), a, b, "strictEqual", message),
    notStrictEqual: (a, b, message) => check(!Object.is(a, b), a, b, "notStrictEqual", message),
    deepEqual: (a, b, message) => check(alike(a, b, same), a, b, name("deepEqual", "deepStrictEqual"), message),
    notDeepEqual: (a, b, message) => check(!alike(a, b, same), a, b, name("notDeepEqual", "notDeepStrictEqual"), message),
    deepStrictEqual: (a, b, message) => check(alike(a, b, Object.is), a, b, "deepStrictEqual", message),
    notDeepStrictEqual: (a, b, message) => check(!alike(a, b, Object.is), a, b, "notDeepStrictEqual", message),
    match: (text, pattern, message) => check(pattern.test(text), text, pattern, "match", message),
    doesNotMatch: (text, pattern, message) => check(!pattern.test(text), text, pattern, "doesNotMatch", message),
    fail: (message = "Failed") => check(false, undefined, undefined, "fail", message),
    ifError: (value) => check(value === undefined || value === null, value, null, "ifError"),
    throws(fn, expected, message) {
      let thrown;
      try {
        fn();
      } catch (error) {
        thrown = { error };
      }
      checkThrown(thrown, expected, message, "throws");
    },
    doesNotThrow: (fn) => void fn(),
    async rejects(promise, expected, message) {
      let thrown;
      try {
        await (typeof promise === "function" ? promise() : promise);
      } catch (error) {
        thrown = { error };
      }
      checkThrown(thrown, expected, message, "rejects");
    },
    doesNotReject: async (promise) => void (await (typeof promise === "function" ? promise() : promise)),
  });
}

const strict = made(Object.is);
module.exports = Object.assign(made(loosely), { strict });
strict.strict = strict;
