// What lives longer than one run: an account that goes on in a new run whenever its history has
// grown, work that is tried again as a whole, and a digest that is written each morning.
import {
  ApplicationFailure,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  executeChild,
  publish,
  rootCause,
  setHandler,
  workflowInfo,
} from "@refrain/workflow";

export const deposit = defineSignal<[number]>("deposit");
export const close = defineSignal("close");
export const count = defineQuery<number>("deposits");

/**
 * Takes deposits until it is closed, so many in each of its runs. All that it is goes along as the
 * argument of the next run; deposits that it has not seen yet follow by themselves.
 */
export async function account(deposits: number[], perRun: number): Promise<number[]> {
  const before = deposits.length;
  let closed = false;
  publish("deposits", before);
  setHandler(count, () => deposits.length);
  setHandler(deposit, (amount) => {
    deposits.push(amount);
    publish("deposits", deposits.length);
  });
  setHandler(close, () => {
    closed = true;
  });
  const isLong = () => deposits.length - before >= perRun || workflowInfo().continueAsNewSuggested;
  await condition(() => closed || (deposits.length > before && isLong()));
  if (!closed) await continueAsNew<typeof account>(deposits, perRun);
  return deposits;
}

/** Fails in its first attempts. */
export async function flaky(failures: number): Promise<string> {
  const { attempt, lastFailure } = workflowInfo();
  if (attempt <= failures) throw ApplicationFailure.create({ type: "Flaky", message: `attempt ${attempt} failed` });
  return `attempt ${attempt} after ${lastFailure ? rootCause(lastFailure) : "nothing"}`;
}

/**
 * Begins again at the times of its cron string, until it has had enough. Its result is the number of
 * the digest. The second is written at the second try: what failed does not take the last result
 * away. A run that continues as new has no cron string any more.
 */
export async function digest(last: number): Promise<number> {
  const { cronSchedule, lastFailure, lastResult } = workflowInfo();
  const nth = (lastResult as number | undefined) ?? 0;
  if (!cronSchedule) return nth;
  if (nth === last) await continueAsNew<typeof digest>(last);
  if (nth === 1 && !lastFailure) {
    throw ApplicationFailure.create({ type: "PaperJam", message: "the printer is stuck" });
  }
  return nth + 1;
}

/** Has a digest as its child. */
export async function publisher(cronSchedule: string, last: number): Promise<number> {
  return await executeChild(digest, { args: [last], workflowId: "digest-of-publisher", cronSchedule });
}
