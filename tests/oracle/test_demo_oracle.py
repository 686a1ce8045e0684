"""The whole line over sockets: what Optiply holds after each run is what the rules say, record by record.

The first day; the same day again, which writes only what is due (by default nothing, with inventory management what a
second complete reading settles); the next day, whose vanished product is asked for by id and disabled at once; and once
more.
"""

from pathlib import Path

import pytest

from tests.oracle import jobs
from tests.oracle.flow import Flow
from tests.oracle.shop_records import ShopDays, small_sandbox

FLOWS = {
    "default flags, stock in bulk": Flow(),
    "default flags": Flow(),
    "physical stock": Flow(use_salable_quantity=False),
    "inventory in all sources": Flow(use_inventory_source_items=True),
    "inventory in two warehouses": Flow(use_inventory_source_items=True, warehouse_ids=("ams", "rtm")),
    "all orders": Flow(pullAllOrders=True, order_lines="as_listed"),
    "no compositions": Flow(sync_compositions=False, order_statuses=("processing", "complete")),
    "disabled products and foreign stock": Flow(create_disabled_products=True, map_stockLevel=False),
}
STEPS = ("first day", "first day again", "next day", "next day again")
SOME_STEPS = ("first day", "next day")
ALL_STEPS = ("default flags", "default flags, stock in bulk", "inventory in two warehouses")


@pytest.mark.parametrize("name", FLOWS)
def test_optiply_holds_what_the_rules_say_on_each_day(tmp_path: Path, name: str) -> None:
    flow = FLOWS[name]
    with small_sandbox() as sandbox:
        bulk = "in bulk" in name
        folder = jobs.write_folder(tmp_path / "job", sandbox, {**flow.settings(), **({} if bulk else jobs.PER_SKU)})
        days = ShopDays(flow, bulk=bulk, asks=True)
        for step in STEPS if name in ALL_STEPS else SOME_STEPS:
            if step == "next day":
                jobs.next_day(sandbox)
            due = days.read(sandbox)
            jobs.forget_requests(sandbox)
            jobs.run_job(folder)
            assert jobs.differences(jobs.picture_of(sandbox), days.ledger.optiply) == [], step
            assert jobs.writes(sandbox) == due, step
