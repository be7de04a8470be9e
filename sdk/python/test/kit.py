"""What a test is told that can't end well, and what may stand in the place of an activity.

    PYTHONPATH=src python test/kit.py BAD.wasm HELLO.wasm
"""

import sys
import unittest
from unittest.mock import AsyncMock, Mock

from refrain import testing

BAD, HELLO = sys.argv[1:3]


class AMistakeInAWorkflow(unittest.IsolatedAsyncioTestCase):
    async def test_ends_the_test_that_waits_for_the_run(self) -> None:
        async with testing.environment(BAD) as host:
            with self.assertRaises(testing.Broken) as told:
                await host.execute("mistake", id="one")
        message = str(told.exception)
        self.assertIn("workflow `mistake` (one) is broken, its workflow task failed: ", message)
        self.assertIn("KeyError: 'customer'\n", message)
        self.assertIn('return order["customer"]', message)
        self.assertNotIn("PyObject", message)


    async def test_ends_the_test_that_waits_for_the_run_that_began_it(self) -> None:
        async with testing.environment(BAD) as host:
            with self.assertRaises(testing.Broken) as told:
                await host.execute("asks-in-vain")
        self.assertIn("workflow `mistake` (child) is broken, its workflow task failed: ", str(told.exception))


class WhatStandsForAnActivity(unittest.IsolatedAsyncioTestCase):
    async def test_is_missed_by_name(self) -> None:
        async with testing.environment(HELLO, {"ship": Mock()}) as host:
            with self.assertRaises(testing.Broken) as told:
                await host.execute("order", "7", 4200, id="one")
        self.assertIn("nothing stands for the activity `charge` of workflow `order` (one): ", str(told.exception))

    async def test_is_also_a_mock_or_a_method_of_a_list(self) -> None:
        shipped: list[str] = []
        charge = AsyncMock(return_value="payment")
        async with testing.environment(HELLO, {"charge": charge, "ship": shipped.append}) as host:
            order = await host.start("order", "7", 4200)
            await order.signal("confirmed")
            self.assertIsNone(await order.result())
        charge.assert_awaited_once_with("7", 4200)
        self.assertEqual(shipped, ["7"])

        ship = Mock(return_value="parcel")
        async with testing.environment(HELLO, {"charge": charge, "ship": ship}) as host:
            order = await host.start("order", "8", 1)
            await order.signal("confirmed")
            self.assertEqual(await order.result(), "parcel")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
