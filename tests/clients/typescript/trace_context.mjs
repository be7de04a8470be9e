// Trace context from a client through a workflow to its activities, as Temporal's interceptors carry it.
//   node trace_context.mjs SERVER COMPONENT

import { TestEnvironment } from "../../../sdk/typescript/testing/index.mjs";
import { WorkflowClient } from "@temporalio/client";
import { defaultPayloadConverter } from "@temporalio/common";
import { Runtime } from "@temporalio/worker";

const [server, component] = process.argv.slice(2);
Runtime.install({ logger: { log() {}, trace() {}, debug() {}, info() {}, warn: console.error, error: console.error } });

const TRACE = "_tracer-data";
const with_ = (input, traceparent) => ({
  ...input,
  headers: { ...input.headers, [TRACE]: defaultPayloadConverter.toPayload({ traceparent }) },
});

let seen;
const environment = await TestEnvironment.create({
  server,
  component,
  activities: { serve: async (what) => `${what} in ${seen}` },
  interceptors: {
    activity: [
      () => ({
        inbound: {
          execute(input, next) {
            const trace = input.headers[TRACE];
            seen = trace ? defaultPayloadConverter.fromPayload(trace).traceparent : "no trace";
            return next(input);
          },
        },
      }),
    ],
  },
});
try {
  const client = new WorkflowClient({
    connection: environment.client.connection,
    interceptors: [
      {
        start: (input, next) => next(with_(input, "00-start")),
        startWithDetails: (input, next) => next(with_(input, "00-start")),
        signal: (input, next) => next(with_(input, "00-signal")),
      },
    ],
  });
  const handle = await client.start("visit", { workflowId: "visit", taskQueue: environment.taskQueue });
  // The child's activity comes second, the one of the signal third.
  for (;;) {
    const { events } = await handle.fetchHistory();
    if (events.some((it) => it.childWorkflowExecutionCompletedEventAttributes)) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await handle.signal("ring");
  console.log((await handle.result()).join("\n"));
  await environment.replay("visit");
  console.log("it replays");
} finally {
  await environment.close();
}
