// A parcel that says where it is, so that lists find it.

import {
  SearchAttributeType,
  condition,
  defineSearchAttributeKey,
  defineSignal,
  setHandler,
  upsertMemo,
  upsertSearchAttributes,
  workflowInfo,
} from "@refrain/workflow";

const STAGE = defineSearchAttributeKey("Stage", SearchAttributeType.KEYWORD);
const ITEMS = defineSearchAttributeKey("Items", SearchAttributeType.INT);
const WEIGHT = defineSearchAttributeKey("Weight", SearchAttributeType.DOUBLE);
const EXPRESS = defineSearchAttributeKey("Express", SearchAttributeType.BOOL);
const DUE = defineSearchAttributeKey("Due", SearchAttributeType.DATETIME);
const LABELS = defineSearchAttributeKey("Labels", SearchAttributeType.KEYWORD_LIST);
const ADDRESS = defineSearchAttributeKey("Address", SearchAttributeType.TEXT);

export const shipped = defineSignal("shipped");

export async function parcel(items: number, address: string) {
  let isShipped = false;
  setHandler(shipped, () => { isShipped = true; });
  upsertSearchAttributes([
    { key: STAGE, value: "packing" },
    { key: ITEMS, value: items },
    { key: WEIGHT, value: items * 1.5 },
    { key: EXPRESS, value: items > 2 },
    { key: DUE, value: new Date("2026-12-24T18:00:00Z") },
    { key: LABELS, value: ["fragile", "gift"] },
    { key: ADDRESS, value: address },
  ]);
  upsertMemo({ note: "packed by hand" });
  await condition(() => isShipped);
  upsertSearchAttributes([{ key: STAGE, value: "shipped" }, { key: LABELS, value: null }]);
  upsertMemo({ note: null });
  const { memo, typedSearchAttributes } = workflowInfo();
  return {
    stage: typedSearchAttributes.get(STAGE),
    items: typedSearchAttributes.get(ITEMS),
    labels: typedSearchAttributes.get(LABELS) ?? null,
    memo: Object.keys(memo).length,
  };
}

/** Uses a name that nobody has registered. */
export async function misnamed(): Promise<void> {
  upsertSearchAttributes([{ key: defineSearchAttributeKey("Stagge", SearchAttributeType.KEYWORD), value: "packing" }]);
}
