import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { TestEnvironment } from "@refrain/workflow/testing";

const refunded = [];
let shop;
before(async () => {
  shop = await TestEnvironment.create({
    component: "dist/{{name}}.wasm",
    activities: {
      charge: async (id) => `payment-${id}`,
      ship: async (id) => `parcel-${id}`,
      refund: async (payment) => void refunded.push(payment),
    },
  });
});
after(() => shop?.close());

test("an order that the warehouse confirms is shipped", async () => {
  const order = await shop.start("order", { args: ["7", 4200], workflowId: "order-7" });
  await order.signal("confirmed");
  assert.equal(await order.result(), "parcel-7");
  assert.deepEqual(refunded, []);
  // Later versions must still do so: commit what `shop.history` gives, for `shop.replaySaved`.
  await shop.replay("order-7");
});

test("an order that nobody confirms within a day is refunded", async () => {
  // The day is over in milliseconds: the server's time jumps while the test waits.
  await assert.rejects(shop.execute("order", { args: ["8", 100] }), (error) => {
    assert.equal(error.cause.message, "the warehouse did not confirm");
    return true;
  });
  assert.deepEqual(refunded, ["payment-8"]);
});
