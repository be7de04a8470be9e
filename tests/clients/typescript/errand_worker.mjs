// Activities that a test holds by the hand, on Temporal's own worker: as `errand_worker.py`.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ApplicationFailure, CompleteAsyncError, Context, sleep } from "@temporalio/activity";
import { NativeConnection, Runtime, Worker } from "@temporalio/worker";

const ASK_EVERY_MS = 50;

const { values: args } = parseArgs({
  options: {
    address: { type: "string" },
    "task-queue": { type: "string" },
    outside: { type: "string" },
    "at-once": { type: "string", default: "100" },
  },
});
const say = (text) => console.log(text);

async function seen(parcel) {
  const text = await readFile(join(args.outside, parcel), "utf8").catch(() => "");
  return text.split("\n").filter((line) => line !== "");
}

// Until the file says `delivered`. The progress is how many lines were seen.
async function watch(parcel, quiet = false) {
  const { info } = Context.current();
  let nSeen = info.heartbeatDetails ?? 0;
  say(`watch ${parcel} attempt ${info.attempt} from ${nSeen}`);
  try {
    for (;;) {
      const lines = await seen(parcel);
      for (const line of lines.slice(nSeen)) say(`${parcel} ${line}`);
      nSeen = lines.length;
      if (!quiet) Context.current().heartbeat(nSeen);
      if (lines.includes("delivered")) return `${parcel} after ${nSeen}`;
      await sleep(ASK_EVERY_MS);
    }
  } catch (error) {
    const why = Object.entries(Context.current().cancellationDetails ?? {}).filter(([, isSo]) => isSo);
    const names = why.map(([name]) => name.replace(/[A-Z]/g, (it) => `_${it.toLowerCase()}`));
    say(`watch ${parcel} stopped: ${names.join(" ")}`);
    throw error;
  }
}

async function forget(parcel) {
  say(`forget ${parcel}`);
}

async function fail(type, times, nonRetryable, nextDelayMs) {
  const { attempt } = Context.current().info;
  say(`fail attempt ${attempt}`);
  if (attempt > times) return `attempt ${attempt}`;
  throw ApplicationFailure.create({
    message: `attempt ${attempt} fails`,
    type,
    nonRetryable,
    nextRetryDelay: nextDelayMs ?? undefined,
  });
}

// Somebody else completes it, by this token.
async function elsewhere() {
  const { attempt, base64TaskToken } = Context.current().info;
  say(`elsewhere attempt ${attempt} token ${base64TaskToken}`);
  throw new CompleteAsyncError();
}

let nRunning = 0;
let nRunningMax = 0;

async function noop() {
  nRunning += 1;
  if (nRunning > nRunningMax) {
    nRunningMax = nRunning;
    say(`${nRunningMax} at once`);
  }
  await sleep(20);
  nRunning -= 1;
}

Runtime.install({
  logger: { log() {}, trace() {}, debug() {}, info() {}, warn: console.error, error: console.error },
  shutdownSignals: [],
});
const connection = await NativeConnection.connect({ address: args.address });
const worker = await Worker.create({
  connection,
  namespace: "default",
  taskQueue: args["task-queue"],
  activities: { watch, forget, fail, elsewhere, noop },
  maxConcurrentActivityTaskExecutions: Number(args["at-once"]),
  maxHeartbeatThrottleInterval: 100,
  defaultHeartbeatThrottleInterval: 100,
  shutdownGraceTime: "20s",
});
process.on("SIGTERM", () => {
  say("stopping");
  worker.shutdown();
});
const running = worker.run();
say("ready");
await running;
await connection.close();
say("stopped");
process.exit(0);
