// Somebody's test suite: Temporal's local environment, with a server that was given to it.
//   node local_environment.mjs SERVER COMPONENT

import { execFileSync } from "node:child_process";
import { TestWorkflowEnvironment } from "@temporalio/testing";
import { Runtime, Worker } from "@temporalio/worker";

const [path, component] = process.argv.slice(2);
Runtime.install({ logger: { log() {}, trace() {}, debug() {}, info() {}, warn: console.error, error: console.error } });

const environment = await TestWorkflowEnvironment.createLocal({
  server: { executable: { type: "existing-path", path }, namespace: "shop", log: { format: "pretty", level: "error" } },
});
try {
  const { address, client, nativeConnection: connection } = environment;
  execFileSync(path, ["deploy", component, "--task-queue", "tests", "--namespace", "shop", "--address", address]);
  const worker = await Worker.create({
    connection,
    namespace: "shop",
    taskQueue: "tests",
    activities: { noop: async () => console.log("worked") },
  });
  await worker.runUntil(client.workflow.execute("one-activity", { workflowId: "tested", taskQueue: "tests" }));
  const { status } = await client.workflow.getHandle("tested").describe();
  console.log("described:", status.name);
} finally {
  await environment.teardown();
}
