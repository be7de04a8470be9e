// A client and workers for the programs that people write first.
//   node first_programs.mjs SERVER COMPONENT VERSION_1 VERSION_2

import { createServer } from "node:http";
import { TestEnvironment } from "../../../sdk/typescript/testing/index.mjs";
import { ScheduleOverlapPolicy } from "@temporalio/client";
import { Runtime } from "@temporalio/worker";

const [server, component, version1, version2] = process.argv.slice(2);
Runtime.install({ logger: { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error: console.error } });

// A bank that declines twice.
let asked = 0;
const bank = createServer((_, response) => {
  asked += 1;
  response.end(JSON.stringify({ status: asked < 3 ? "declined" : "succeeded", charge: `charge-${asked}` }));
});
await new Promise((resolve) => bank.listen(0, "127.0.0.1", resolve));

async function charge() {
  const answer = await (await fetch(`http://127.0.0.1:${bank.address().port}/`)).json();
  if (answer.status !== "succeeded") throw new Error(`payment ${answer.status}`);
  return answer.charge;
}

const notified = new Set();
const environment = await TestEnvironment.create({
  server,
  component,
  activities: {
    charge,
    reserve: async ({ items }) => `${items.length} items`,
    pack: async ({ orderId, reservation }) => `${orderId} with ${reservation}`,
  },
});
const { client } = environment;
await environment.deploy(component, "notifications");
await environment.work("notifications", { notify: async ({ userId }) => void notified.add(userId) });
try {
  // 1 and 5: a race between a signal and a day, and a client that knows the id alone.
  const order = { orderId: "7", items: ["cup", "pan"] };
  await environment.start("orderFulfillment", { workflowId: "order-7", args: [order] });
  const handle = client.workflow.getHandle("order-7");
  await handle.signal("paid", { by: "Ann" });
  console.log("order:", await handle.result());
  const late = environment.execute("orderFulfillment", { workflowId: "late", args: [{ ...order, orderId: "8" }] });
  console.log("order:", await late.catch((error) => error.cause.message));

  // 2 and 3: three attempts, one second and two between them.
  const { charged, seconds } = await environment.execute("payment", { workflowId: "payment", args: ["7"] });
  console.log("payment:", charged, "after", seconds >= 3 && seconds < 60 ? "3 seconds" : `${seconds} seconds`);
  asked = -10;
  const refused = environment.execute("payment", { workflowId: "refused", args: ["8"] });
  console.log("payment:", await refused.catch((error) => error.cause.cause.message), "at attempt", asked + 10);

  // 7: chunks of children on a task queue of their own.
  const users = Array.from({ length: 120 }, (_, nth) => nth);
  const ids = await environment.execute("notifications", { workflowId: "notifications", args: [users] });
  console.log("notified:", notified.size, "ids:", new Set(ids).size, /^notify-119-\d{13}$/.test(ids[119]));
  const child = await client.workflow.getHandle(ids[119]).describe();
  console.log("on:", child.taskQueue);

  // 8: at nine in New York, from Monday to Friday.
  const schedule = await client.schedule.create({
    scheduleId: "report",
    spec: { cronExpressions: ["0 9 * * MON-FRI"], timezone: "America/New_York" },
    policies: { catchupWindow: "1 day", overlap: ScheduleOverlapPolicy.SKIP },
    action: { type: "startWorkflow", workflowType: "report", taskQueue: environment.taskQueue, args: ["today"] },
  });
  const described = await schedule.describe();
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: "America/New_York",
    weekday: "short",
    hour: "numeric",
    minute: "2-digit",
  });
  console.log("schedule:", [...new Set(described.info.nextActionTimes.map((it) => format.format(it)))].sort().join(", "));
  console.log("policies:", described.policies.overlap, described.policies.catchupWindow / 3_600_000, "hours");
  // Seven days have five such mornings.
  await environment.sleep("7 days");
  const { info } = await schedule.describe();
  console.log("reports:", info.numActionsTaken === 5);

  // 10: a task queue for each version. The old one drains.
  const shop = { charge: async () => "charged", reserve: async () => "reserved", scheduleDelivery: async (_, how) => how };
  const start = async (workflowId, version, taskQueue) => {
    await environment.deploy(version, taskQueue);
    await environment.work(taskQueue, shop);
    return client.workflow.start("upgrade", { workflowId, taskQueue, args: [workflowId] });
  };
  const begun = [await start("old", version1, "upgrades-v1"), await start("young", version2, "upgrades-v2")];
  for (const it of begun) {
    for (const signal of ["approve", "pack", "ship"]) await it.signal(signal);
    console.log(`${it.workflowId}:`, await it.result());
  }
} finally {
  await environment.close();
  bank.close();
}
