// An order: charge, reserve, wait for the warehouse, schedule the delivery. What was done is undone, last first,
// when a later step fails.

import {
  ApplicationFailure,
  CancellationScope,
  condition,
  defineQuery,
  defineSignal,
  log,
  proxyActivities,
  publish,
  rootCause,
  setHandler,
} from "@refrain/workflow";

interface Item {
  sku: string;
  quantity: number;
}

interface Order {
  orderId: string;
  items: Item[];
  /** In cents. */
  amount: number;
}

interface Receipt {
  orderId: string;
  chargeId: string;
  reservationId: string;
  deliveryId: string;
}

interface Activities {
  charge(orderId: string, amount: number): Promise<string>;
  refund(chargeId: string): Promise<void>;
  reserve(orderId: string, items: Item[]): Promise<string>;
  release(reservationId: string): Promise<void>;
  scheduleDelivery(orderId: string, reservationId: string): Promise<string>;
}

const { charge, refund, reserve, release, scheduleDelivery } = proxyActivities<Activities>({
  startToCloseTimeout: "10s",
  retry: { maximumAttempts: 5 },
});

const warehouseConfirmed = defineSignal("warehouseConfirmed");
const statusQuery = defineQuery<string>("status");

export async function orderFulfillment({ orderId, items, amount }: Order): Promise<Receipt> {
  let status = "";
  const enter = (next: string) => {
    status = next;
    publish("status", status);
  };
  enter("received");
  let confirmed = false;
  setHandler(statusQuery, () => status);
  setHandler(warehouseConfirmed, () => {
    confirmed = true;
  });

  const undo: (() => Promise<void>)[] = [];
  try {
    enter("charging");
    const chargeId = await charge(orderId, amount);
    undo.unshift(() => refund(chargeId));

    enter("reserving");
    const reservationId = await reserve(orderId, items);
    undo.unshift(() => release(reservationId));

    enter("awaitingWarehouse");
    if (!(await condition(() => confirmed, "24 hours"))) {
      throw ApplicationFailure.create({
        type: "WarehouseTimeout",
        message: "the warehouse did not confirm within 24 hours",
      });
    }

    enter("schedulingDelivery");
    const deliveryId = await scheduleDelivery(orderId, reservationId);
    enter("completed");
    return { orderId, chargeId, reservationId, deliveryId };
  } catch (error) {
    enter("compensating");
    // Also when the order itself was canceled.
    await CancellationScope.nonCancellable(async () => {
      for (const step of undo) {
        // One that cannot be undone does not hold up the others.
        await step().catch((reason) => log.error(`cannot undo a step: ${rootCause(reason)}`));
      }
    });
    enter("failed");
    throw error;
  }
}
