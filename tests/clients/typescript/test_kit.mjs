// An author's test: an approval whose activities are mocked and whose week passes at once.
//   node test_kit.mjs SERVER COMPONENT

import { TestEnvironment } from "../../../sdk/typescript/testing/index.mjs";
import { Runtime } from "@temporalio/worker";

const [server, component] = process.argv.slice(2);
Runtime.install({ logger: { log() {}, trace() {}, debug() {}, info() {}, warn: console.error, error: console.error } });

const asked = [];
const environment = await TestEnvironment.create({
  server,
  component,
  activities: {
    askForApproval: async (request) => void asked.push(request),
    carryOut: async (request, by) => `${request} done for ${by}`,
    escalate: async (request) => `${request} escalated`,
  },
});
try {
  const began = Date.now();
  console.log(await environment.execute("approval", { args: ["a chair"], workflowId: "forgotten" }));
  console.log(Date.now() - began < 60_000 ? "a week passed at once" : "a week took long");

  const handle = await environment.start("approval", { args: ["a desk"], workflowId: "approved" });
  await environment.sleep("3 days");
  console.log(await handle.query("status"));
  await handle.signal("decide", { approved: true, by: "Ann" });
  console.log(await handle.result());
  console.log("asked for", asked.join(" and "));

  await environment.replay("forgotten");
  await environment.replay("approved");
  console.log("both replay");
  const other = component.replace("approval", "hello");
  const wrong = new TestEnvironment({ address: environment.address }, server, other, "test");
  await wrong.replay("approved").catch((error) => console.log("another component does not:", /W\d{4}/.exec(error.message)?.[0]));

  // A mistake would be waited for until it is mended.
  await environment.deploy(component.replace("approval", "bad"), "bad");
  const mistake = environment.execute("throwsObject", { taskQueue: "bad", workflowId: "printer" });
  await mistake.catch((error) => console.log(error.message));
  const ofAChild = environment.execute("asksInVain", { taskQueue: "bad", args: [2], workflowId: "depth-2" });
  await ofAChild.catch((error) => console.log(error.message));

  await environment.deploy(other, "few");
  await environment.work("few", { ship: async () => "parcel" });
  const unknown = environment.execute("order", { taskQueue: "few", args: ["7", 4200], workflowId: "order-7" });
  await unknown.catch((error) => console.log(error.message));
} finally {
  await Promise.all([environment.close(), environment.close()]);
}
