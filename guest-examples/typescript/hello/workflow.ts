import { ApplicationFailure, condition, defineSignal, proxyActivities, setHandler } from "@refrain/workflow";
import type * as shop from "./activities";

const { charge, ship, refund } = proxyActivities<typeof shop>({ startToCloseTimeout: "10s" });
export const confirmed = defineSignal("confirmed");

export async function order(id: string, amount: number): Promise<string> {
  let packed = false;
  setHandler(confirmed, () => { packed = true; });
  const payment = await charge(id, amount);
  if (await condition(() => packed, "24h")) return await ship(id);
  await refund(payment);
  throw ApplicationFailure.create({ type: "Timeout", message: "the warehouse did not confirm" });
}
