// An order that is about to be changed while runs of it are open: see `patched-upgrade-v2`.

import { condition, defineSignal, log, proxyActivities, setHandler } from "@refrain/workflow";

interface Activities {
  charge(orderId: string, amount: number): Promise<string>;
  reserve(orderId: string, items: string[]): Promise<string>;
}

const { charge, reserve } = proxyActivities<Activities>({
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
  const charged = await charge(order, 100);

  await condition(() => received.has("pack"));
  const packed = await reserve(order, []);

  await condition(() => received.has("ship"));
  return `version 1: ${charged}, ${packed}`;
}
