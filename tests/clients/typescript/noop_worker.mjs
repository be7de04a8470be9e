// The remote worker of the benchmarks: an activity worker as any user of Temporal's SDK would write it.
//   node noop_worker.mjs ADDRESS TASK_QUEUE

import { NativeConnection, Runtime, Worker } from "@temporalio/worker";

const [address, taskQueue] = process.argv.slice(2);

Runtime.install({ logger: { log() {}, trace() {}, debug() {}, info() {}, warn: console.error, error: console.error } });
const connection = await NativeConnection.connect({ address });
const worker = await Worker.create({
  connection,
  namespace: "default",
  taskQueue,
  activities: { async noop() {} },
  maxConcurrentActivityTaskExecutions: 1000,
  maxConcurrentActivityTaskPolls: Number(process.env.POLLS ?? 10),
});
const running = worker.run();
console.log("ready");
await running;
