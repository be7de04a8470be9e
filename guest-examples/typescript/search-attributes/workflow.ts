// A parcel that says where it is, so that lists find it.

import {
  SearchAttributeType,
  condition,
  continueAsNew,
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

/** Goes on as a new run at each stop: what it says of itself goes along. */
export async function forwarded(stops: number) {
  if (stops === 2) {
    upsertSearchAttributes([{ key: STAGE, value: "packing" }, { key: ITEMS, value: 3 }]);
    upsertMemo({ from: "North", note: "packed by hand" });
  }
  if (stops === 1) {
    upsertSearchAttributes([{ key: STAGE, value: "sorting" }]);
    upsertMemo({ note: null });
  }
  if (stops > 0) await continueAsNew<typeof forwarded>(stops - 1);
  const { memo, typedSearchAttributes } = workflowInfo();
  const [stage, items] = [typedSearchAttributes.get(STAGE), typedSearchAttributes.get(ITEMS)];
  return { stage, items, memo: Object.keys(memo) };
}

/** Says it by names alone, where each attribute is a list. */
export async function named() {
  const due = new Date("2026-12-24T18:00:00Z");
  upsertSearchAttributes({ Stage: ["packing"], Items: [3], Due: [due], Labels: ["fragile", "gift"], Express: [true] });
  upsertSearchAttributes({ Express: [], Labels: ["fragile"] });
  const { searchAttributes, typedSearchAttributes } = workflowInfo();
  return {
    searchAttributes,
    isDate: searchAttributes.Due?.[0] instanceof Date,
    typed: typedSearchAttributes.getAll().map(({ key }) => `${key.name}: ${key.type}`),
    items: typedSearchAttributes.get(ITEMS),
    labels: typedSearchAttributes.get(LABELS),
    ofAnotherType: typedSearchAttributes.get(defineSearchAttributeKey("Items", SearchAttributeType.TEXT)) ?? null,
  };
}

/** Uses a name that nobody has registered. */
export async function misnamed(): Promise<void> {
  upsertSearchAttributes([{ key: defineSearchAttributeKey("Stagge", SearchAttributeType.KEYWORD), value: "packing" }]);
}
