// A desk that answers requests as long as it is open: each is checked, and paid by an activity.

import {
  ApplicationFailure,
  condition,
  defineQuery,
  defineSignal,
  defineUpdate,
  proxyActivities,
  publish,
  setHandler,
} from "@refrain/workflow";

interface Activities {
  charge(orderId: string, amount: number): Promise<string>;
}

const { charge } = proxyActivities<Activities>({ startToCloseTimeout: "10s" });

const close = defineSignal("close");
const total = defineQuery<number>("total");
const pay = defineUpdate<string, [orderId: string, amount: number]>("pay");

export async function desk(): Promise<number> {
  let closed = false;
  let paid = 0;
  publish("total", paid);
  setHandler(total, () => paid);
  setHandler(close, () => {
    closed = true;
  });
  setHandler(
    pay,
    async (orderId, amount) => {
      const chargeId = await charge(orderId, amount);
      paid += amount;
      publish("total", paid);
      return chargeId;
    },
    {
      validator: (_orderId, amount) => {
        if (amount > 0) return;
        throw ApplicationFailure.create({
          type: "NothingToPay",
          message: `amount is ${amount}, expected more`,
        });
      },
    },
  );
  await condition(() => closed);
  return paid;
}
