// A request that somebody has to decide within a week.

import { condition, defineQuery, defineSignal, proxyActivities, setHandler } from "@refrain/workflow";

interface Decision {
  approved: boolean;
  by: string;
  comment?: string;
}

type Status = "pending" | "approved" | "rejected" | "timedOut";

interface Activities {
  askForApproval(request: string): Promise<void>;
  carryOut(request: string, by: string): Promise<string>;
  tellRejection(request: string, by: string, comment: string): Promise<string>;
  escalate(request: string): Promise<string>;
}

const { askForApproval, carryOut, tellRejection, escalate } = proxyActivities<Activities>({
  startToCloseTimeout: "10s",
  retry: { maximumAttempts: 5 },
});

export const decide = defineSignal<[Decision]>("decide");
export const statusQuery = defineQuery<Status>("status");

/** What became of the request. */
export async function approval(request: string): Promise<string> {
  let status: Status = "pending";
  let decision: Decision | undefined;
  setHandler(statusQuery, () => status);
  setHandler(decide, (it) => {
    // The first one counts.
    decision ??= it;
  });

  await askForApproval(request);
  if (!(await condition(() => decision !== undefined, "7 days"))) {
    status = "timedOut";
    return escalate(request);
  }
  const { approved, by, comment } = decision!;
  status = approved ? "approved" : "rejected";
  return approved ? carryOut(request, by) : tellRejection(request, by, comment ?? "no reason given");
}
