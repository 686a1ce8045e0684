"""What the tap reads while the account moves: every row that was there all along, whatever comes, goes or changes."""

import random
from typing import Any

import pytest

from sandbox.easyecom.account import Size
from sandbox.easyecom.changes import apply
from sandbox.server.fault_rules import Rule
from sandbox.systems import Sandbox
from tests.tap_easyecom.reading import account_rows, good, keys_in

SIZE = Size(products=500, combos=30, vendors=250, purchase_orders=120, orders=700)
RESOURCES = {
    "products": "products",
    "vendors": "vendors",
    "orders": "orders",
    "purchase_orders": "purchase_orders",
    "receipts": "goods_receipts",
}


def let_live(sandbox: Sandbox, seed: int, actions: tuple[str, ...]) -> None:
    """Lets something happen to a row of each list after many of its pages."""
    rng = random.Random(seed)
    changes = sandbox.easyecom_account.changes
    for resource in RESOURCES:
        for page in range(1, 30):
            action = rng.choice(actions)

            def work(store: Any, rows: Any, resource: str = resource, action: str = action) -> None:
                table = store.tables[resource]
                number = rng.choice(table.ids)
                apply(store, table.rows[number], action)

            changes.after_page(resource, page, work)


@pytest.mark.parametrize("order", ["ascending", "descending"])
@pytest.mark.parametrize("paging", ["key", "offset"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_what_was_there_before_and_after_came_by_the_next_run_at_the_latest(seed: int, paging: Any, order: Any) -> None:
    # A cursor that counts rows hides one where another goes, which nobody outside can see.
    actions = ("insert", "touch", "touch", "delete") if paging == "key" else ("insert", "touch")
    with Sandbox(magento=False, easyecom=SIZE) as sandbox:
        sandbox.easyecom.settings.rate_tier = "none"
        sandbox.easyecom.settings.paging, sandbox.easyecom.settings.order = paging, order
        before = {stream: set(account_rows(sandbox, stream)) for stream in RESOURCES.values()}
        let_live(sandbox, seed, actions)
        first = good(sandbox, rate_tier="diamond")
        sandbox.easyecom_account.changes.clear()
        for stream, rows in before.items():
            stayed = rows & set(account_rows(sandbox, stream))
            assert stayed <= set(keys_in(first, stream)), stream
            assert len(keys_in(first, stream)) == len(set(keys_in(first, stream))), stream
        second = good(sandbox, state=first.state, rate_tier="diamond")
        for stream in before:
            now = account_rows(sandbox, stream)
            came = {*keys_in(first, stream), *keys_in(second, stream)}
            assert set(now) <= came, stream
        states = {record["po_id"]: record for run in (first, second) for record in run.records["purchase_orders"]}
        for number, row in account_rows(sandbox, "purchase_orders").items():
            assert states[number]["po_status_id"] == row["po_status_id"]


def test_pages_that_fail_for_a_while_are_asked_again() -> None:
    with Sandbox(magento=False, easyecom=SIZE) as sandbox:
        sandbox.easyecom.settings.rate_tier = "none"
        sandbox.call(lambda: sandbox.easyecom_account.faults.add(Rule(every=7, status=500)))
        reading = good(sandbox, rate_tier="diamond")
        for stream in RESOURCES.values():
            assert keys_in(reading, stream) == sorted(account_rows(sandbox, stream)), stream
