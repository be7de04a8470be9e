import unittest
from pathlib import Path

from refrain import testing
from temporalio.client import WorkflowFailureError

COMPONENT = Path(__file__).parents[1] / "dist" / "{{name}}.wasm"


class Orders(unittest.IsolatedAsyncioTestCase):
    def shop(self):
        self.refunded: list[str] = []
        activities = {
            "charge": lambda id, amount: f"payment-{id}",
            "ship": lambda id: f"parcel-{id}",
            "refund": lambda payment: self.refunded.append(payment),
        }
        return testing.environment(COMPONENT, activities)

    async def test_an_order_that_the_warehouse_confirms_is_shipped(self):
        async with self.shop() as shop:
            order = await shop.start("order", "7", 4200)
            await order.signal("confirmed")
            self.assertEqual(await order.result(), "parcel-7")
            self.assertEqual(self.refunded, [])

    async def test_an_order_that_nobody_confirms_within_a_day_is_refunded(self):
        # The day is over in milliseconds: the server's time jumps while the test waits.
        async with self.shop() as shop:
            with self.assertRaises(WorkflowFailureError) as failed:
                await shop.execute("order", "8", 100)
            self.assertIn("the warehouse did not confirm", str(failed.exception.cause))
            self.assertEqual(self.refunded, ["payment-8"])


if __name__ == "__main__":
    unittest.main()
