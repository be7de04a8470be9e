// A parcel that is watched by asking its carrier again and again: an activity that says with each
// heartbeat how far it is, so that the next worker goes on from there.

import { ActivityCancellationType, CancellationScope, isCancellation, proxyActivities } from "@refrain/workflow";

interface Activities {
  watch(parcel: string): Promise<string>;
  forget(parcel: string): Promise<void>;
}

const { watch } = proxyActivities<Activities>({
  startToCloseTimeout: "30 days",
  heartbeatTimeout: "2s",
  retry: { initialInterval: 100 },
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
});
const { forget } = proxyActivities<Activities>({ startToCloseTimeout: "10s" });

// Where the parcel was delivered; nobody watches it any more after a cancellation.
export async function watchParcel(parcel: string): Promise<string> {
  try {
    return await watch(parcel);
  } catch (error) {
    if (isCancellation(error)) await CancellationScope.nonCancellable(() => forget(parcel));
    throw error;
  }
}
