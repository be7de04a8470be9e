// What people write first for Temporal, as they write it: imported from Temporal's package, built as it stands.

import {
  condition,
  defineSignal,
  executeChild,
  log,
  proxyActivities,
  setHandler,
  setWorkflowOptions,
  sleep,
} from "@temporalio/workflow";

interface Order {
  orderId: string;
  items: string[];
}

interface Activities {
  reserve(order: Order): Promise<string>;
  pack(parcel: { orderId: string; reservation: string }): Promise<string>;
  charge(payment: { orderId: string; cents: number; at: string }): Promise<string>;
  notify(user: { userId: number }): Promise<void>;
}

const { reserve, pack, notify } = proxyActivities<Activities>({ startToCloseTimeout: "1 minute" });
const { charge } = proxyActivities<Activities>({
  startToCloseTimeout: "30s",
  retry: { maximumAttempts: 3, backoffCoefficient: 2 },
});

export const paid = defineSignal<[{ by: string }]>("paid");

// Fails the workflow. Any other error fails its task alone, until the program is repaired.
class OrderExpired extends Error {}

/** Waits for a payment, but no longer than a day: whatever comes first. */
export async function orderFulfillment(order: Order): Promise<string> {
  let payer: string | undefined;
  setHandler(paid, ({ by }) => {
    payer = by;
  });
  const reservation = await reserve(order);
  await Promise.race([
    condition(() => payer !== undefined),
    sleep("24h").then(() => {
      throw new OrderExpired(`order ${order.orderId} was not paid within 24 hours`);
    }),
  ]);
  return `${await pack({ orderId: order.orderId, reservation })} for ${payer}`;
}

setWorkflowOptions({ failureExceptionTypes: [OrderExpired] }, orderFulfillment);

export async function payment(orderId: string): Promise<{ charged: string; seconds: number }> {
  const began = Date.now();
  const charged = await charge({ orderId, cents: 4200, at: new Date().toISOString() });
  const seconds = Math.round((Date.now() - began) / 1000);
  log.info("charged", { orderId, seconds });
  return { charged, seconds };
}

const CHUNK = 100;

/** Each chunk is awaited before the next one begins. The ids are made of the time, which is the run's own. */
export async function notifications(users: number[]): Promise<string[]> {
  const ids: string[] = [];
  for (let at = 0; at < users.length; at += CHUNK) {
    const children = users.slice(at, at + CHUNK).map((userId) => {
      const workflowId = `notify-${userId}-${Date.now()}`;
      ids.push(workflowId);
      return executeChild(notification, { workflowId, taskQueue: "notifications", args: [userId] });
    });
    await Promise.all(children);
  }
  return ids;
}

export async function notification(userId: number): Promise<void> {
  await notify({ userId });
}

export async function report(day: string): Promise<string> {
  return `report of ${day}`;
}
