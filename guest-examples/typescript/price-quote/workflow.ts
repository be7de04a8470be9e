// What a thing costs: short look-ups that the host makes beside the workflow, without a task queue.

import { ActivityFailure, ApplicationFailure, proxyLocalActivities } from "@refrain/workflow";

interface Activities {
  price(item: string): Promise<number>;
  discount(item: string): Promise<number>;
  approve(item: string): Promise<string>;
  leafThrough(pages: number): Promise<void>;
}

const { price, discount, leafThrough } = proxyLocalActivities<Activities>({
  startToCloseTimeout: "20s",
  retry: { initialInterval: "1ms" },
});
const { approve } = proxyLocalActivities<Activities>({
  startToCloseTimeout: "20s",
  retry: { initialInterval: "2 minutes" },
});

export async function quote(item: string): Promise<{ price: number; approvedBy: string }> {
  const full = await price(item);
  const less = await discount(item).catch((error) => {
    // An item without a discount is no reason to give up.
    const cause = error instanceof ActivityFailure ? error.cause : undefined;
    if (cause instanceof ApplicationFailure && cause.type === "NoDiscount") return 0;
    throw error;
  });
  return { price: full - less, approvedBy: await approve(item) };
}

export async function slowQuote(item: string, pages: number): Promise<number> {
  const full = await price(item);
  await leafThrough(pages);
  return full;
}
