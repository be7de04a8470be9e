// Asks for the price of many items, so many at a time. Each is asked of two shops, of which the faster one
// counts; what has no price at the deadline is given up.

import { CancellationScope, isCancellation, proxyActivities } from "@refrain/workflow";

interface Search {
  items: string[];
  atOnce: number;
  deadlineMs: number;
}

interface Activities {
  price(item: string, shop: string): Promise<string>;
}

const SHOPS = ["corner", "market"];
const { price } = proxyActivities<Activities>({ startToCloseTimeout: "1 day" });

/** A price for each item, or null. */
export async function parallelMap({ items, atOnce, deadlineMs }: Search): Promise<(string | null)[]> {
  const prices: (string | null)[] = items.map(() => null);
  const waiting = items.entries();
  const asker = async () => {
    for (const [nth, item] of waiting) prices[nth] = await fasterOne(item);
  };
  try {
    await CancellationScope.withTimeout(deadlineMs, () => Promise.all(Array.from({ length: atOnce }, asker)));
  } catch (error) {
    if (!isCancellation(error)) throw error;
  }
  return prices;
}

function fasterOne(item: string): Promise<string> {
  return CancellationScope.cancellable(async () => {
    const ask = (shop: string) => price.executeWithOptions({ activityId: `${item}-${shop}` }, [item, shop]);
    try {
      return await Promise.race(SHOPS.map(ask));
    } finally {
      CancellationScope.current().cancel();
    }
  });
}
