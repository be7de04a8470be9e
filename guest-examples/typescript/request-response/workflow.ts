// A desk that answers requests as long as it is open: each is checked, and paid by an activity.

import {
  ApplicationFailure,
  allHandlersFinished,
  condition,
  currentUpdateInfo,
  defineQuery,
  defineSignal,
  defineUpdate,
  proxyActivities,
  publish,
  setCurrentDetails,
  setDefaultQueryHandler,
  setDefaultUpdateHandler,
  setHandler,
  sleep,
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

const hangUp = defineSignal("hang-up");

/** Connects whatever is asked for, one minute each. Who hangs up does not wait for the others. */
export async function switchboard(): Promise<string[]> {
  const calls: string[] = [];
  let closed = false;
  let hungUp = false;
  setCurrentDetails("**open**");
  setDefaultQueryHandler((name, ...args) => `${name}(${args.join()}) of ${calls.length}`);
  setDefaultUpdateHandler(
    async (name, whom) => {
      await sleep("1m");
      calls.push(`${currentUpdateInfo()?.id}: ${name} ${whom}`);
      return calls.length;
    },
    (name) => {
      if (name !== "call") throw ApplicationFailure.create({ message: `${name} is no call` });
    },
  );
  setHandler(close, () => {
    closed = true;
  });
  setHandler(hangUp, () => {
    hungUp = true;
  });
  await condition(() => hungUp || closed);
  if (closed) await condition(allHandlersFinished);
  return calls;
}
