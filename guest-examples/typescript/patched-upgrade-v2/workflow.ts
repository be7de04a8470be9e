// The order of `patched-upgrade-v1`, changed in two places. The first change is guarded: runs that have passed it
// go on as before. The second one is not, so runs that have passed it can't be moved.

import { condition, defineSignal, log, patched, proxyActivities, setHandler, sleep } from "@refrain/workflow";

interface Activities {
  charge(orderId: string, amount: number): Promise<string>;
  scheduleDelivery(orderId: string, how: string): Promise<string>;
}

const { charge, scheduleDelivery } = proxyActivities<Activities>({
  startToCloseTimeout: "10s",
  retry: { maximumAttempts: 5 },
});

export async function upgrade(order: string): Promise<string> {
  const received = new Set<string>();
  for (const name of ["approve", "pack", "ship"]) {
    setHandler(defineSignal(name), () => {
      received.add(name);
    });
  }

  await condition(() => received.has("approve"));
  log.info("approved");
  if (patched("think-twice")) {
    await sleep(100);
  }
  const charged = await charge(order, 100);

  await condition(() => received.has("pack"));
  const packed = await scheduleDelivery(order, "express");

  await condition(() => received.has("ship"));
  return `version 2: ${charged}, ${packed}`;
}
