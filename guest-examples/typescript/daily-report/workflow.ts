// What a schedule starts each day: a report that takes a moment, and goes out at once if someone
// asks for it.
import { condition, defineSignal, setHandler } from "@refrain/workflow";

export const sendNow = defineSignal("sendNow");

export async function dailyReport(about: string, secondsToTake: number): Promise<string> {
  let asked = false;
  setHandler(sendNow, () => { asked = true; });
  const wasAsked = await condition(() => asked, `${secondsToTake}s`);
  return `report on ${about}, ${wasAsked ? "on request" : "in time"}`;
}
