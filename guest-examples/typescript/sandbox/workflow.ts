// What a program sees of the world: clocks, chance, what is not there, and what its own numbers and sets
// are like. It tells it once as it happens, line by line, and once as its result: after a wait, when its
// memory may have been lost and made again.

import { sleep, uuid4 } from "@refrain/workflow";

/** What it saw. */
export async function sandbox(): Promise<string[]> {
  const told: string[] = [];
  const tell = (what: string, value: unknown) => {
    const line = `${what}: ${JSON.stringify(value)}`;
    console.log(line);
    told.push(line);
  };
  const tellTheTime = () => {
    tell("Date.now", Date.now());
    tell("new Date", new Date());
    tell("performance.now", performance.now());
  };

  tellTheTime();
  tell("Math.random", [Math.random(), Math.random()]);
  tell("crypto.randomUUID", crypto.randomUUID());
  tell("crypto.getRandomValues", Array.from(crypto.getRandomValues(new Uint8Array(8))));
  tell("uuid4", uuid4());
  tell("zone", new Date().getTimezoneOffset());

  const world = globalThis as Record<string, unknown>;
  const names = ["process", "require", "fetch", "WebSocket", "XMLHttpRequest", "localStorage", "Intl"];
  tell("there", names.filter((name) => world[name] !== undefined));

  const bits = (n: number) => {
    const view = new DataView(new ArrayBuffer(8));
    view.setFloat64(0, n);
    return view.getBigUint64(0).toString(16);
  };
  const zero = Number("0");
  tell("NaN", [zero / zero, Infinity - Infinity, Math.sqrt(-1), Infinity * zero, -(zero / zero)].map(bits));
  tell("order of keys", Object.keys({ ti: 7, 2: 2, la: 6, 1: 1, sol: 5 }));
  tell("order of a set", [...new Set(["do", "re", "mi", "fa", "sol"])]);

  await new Promise<void>((resolve) => {
    setTimeout(() => resolve(), 20);
  });
  tellTheTime();
  await sleep(20);
  tellTheTime();
  return told;
}
