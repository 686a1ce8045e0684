"""Totals and unsettled records, as the store tells them."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from etl.magento.product_store import write_products
from etl.magento.tables import facts
from job.run.totals import count_products, count_unsettled, totals, unsettled
from job.systems import DEFAULT
from store.frames import write_wanted
from store.snapshot import Outcome, Snapshot

NOW = "2026-01-15T08:00:00Z"


@pytest.fixture
def snapshot(tmp_path: Path) -> Iterator[Snapshot]:
    pictures = pd.DataFrame(
        {
            "remote_id": ["1", "2", "3", "4", "5"],
            "wanted": [f'{{"status":"enabled","stockLevel":{level}}}' for level in (5, -2, 7, 1, 1)],
            "held": [None, None, None, "waiting: stock unknown", "disabled in Magento and unknown to Optiply"],
        }
    )
    with Snapshot.open(tmp_path) as opened:
        opened.keep(facts)
        with opened.transaction():
            write_wanted(opened, "products", pictures, NOW)
            opened.apply(
                [
                    Outcome(
                        "products",
                        "1",
                        "answered",
                        "create",
                        "accepted",
                        "11",
                        sent={"status": "enabled", "stockLevel": 5},
                        at=NOW,
                    ),
                    Outcome(
                        "products",
                        "2",
                        "answered",
                        "create",
                        "accepted",
                        "12",
                        sent={"status": "disabled", "stockLevel": -2},
                        at=NOW,
                    ),
                    Outcome("products", "3", "answered", "create", "refused", reason="name is too long", at=NOW),
                    Outcome(
                        "sellOrders", "9", "answered", "create", "accepted", "13", sent={"totalValue": 12.5}, at=NOW
                    ),
                    Outcome("sellOrders", "10", "announced", "create", sent={"totalValue": 1}, at=NOW),
                ]
            )
            write_products(
                opened, pd.DataFrame({"product_id": ["1", "8"], "sku": ["a", None], "refused": [None, "no SKU"]})
            )
        yield opened


def test_totals_count_what_optiply_has_accepted(snapshot: Snapshot) -> None:
    assert totals(snapshot) == {
        "products": 1, "products_disabled": 1, "stock": 3, "compositions": 0, "orders": 1, "order_value": 12.5,
    }  # fmt: skip


def test_every_record_that_is_not_settled_is_listed_with_its_reason(snapshot: Snapshot) -> None:
    found = {(row["stream"], row["remoteId"]): (row["status"], row["reason"]) for row in unsettled(snapshot, DEFAULT)}
    assert found[("products", "3")] == ("refused", "name is too long")
    assert found[("products", "4")] == ("waiting", "waiting: stock unknown")
    assert found[("products", "5")] == ("left out", "disabled in Magento and unknown to Optiply")
    assert found[("products", "8")] == ("refused", "no SKU")
    assert found[("sellOrders", "10")][0] == "unanswered"
    assert count_unsettled(snapshot, DEFAULT) == {"left out": 1, "refused": 2, "unanswered": 1, "waiting": 1}


def test_the_list_ends_at_its_limit_and_the_count_does_not(snapshot: Snapshot) -> None:
    assert len(unsettled(snapshot, DEFAULT, most=2)) == 2
    assert sum(count_unsettled(snapshot, DEFAULT).values()) == 5


def test_an_empty_store_has_totals_of_nothing(tmp_path: Path) -> None:
    with Snapshot.open(tmp_path / "new") as opened:
        assert set(totals(opened).values()) == {0}
        assert count_products(opened, DEFAULT) == 0
        assert unsettled(opened, DEFAULT) == []


def test_products_of_the_shop_are_counted(snapshot: Snapshot) -> None:
    assert count_products(snapshot, DEFAULT) == 2
