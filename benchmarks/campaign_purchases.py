"""A seeded campaign of purchase orders: placed in Optiply, made in Picqer, and recognised when they come back.

What happens in a run, purchases.py says. A run is told by its seed: `python benchmarks/campaign_purchases.py --seed 7
--runs 1` repeats run 7, as far as kills can be repeated.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.systems import Sandbox

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.purchases import Seen, Side, run_campaign

KEY = "sandbox-picqer-key"
MAIN = 11
NEW, MARK = "/purchaseorders$", "/mark-as-purchased$"


class Picqer(Side):
    """Picqer: an order is a concept first, and placed then."""

    name = "picqer"
    reading = ("products", "suppliers", "purchases")
    trouble = (
        {"method": "POST", "path": NEW, "cut": "after", "times": 1},
        {"method": "POST", "path": NEW, "cut": "before", "times": 1},
        {"method": "POST", "path": NEW, "cut": "during", "times": 2},
        {"method": "POST", "path": NEW, "status": 500, "acts": True, "times": 1},
        {"method": "POST", "path": NEW, "status": 502, "body": "html", "acts": True},
        {"method": "POST", "path": NEW, "act_after_cut": 0.05, "times": 1},
        {"method": "POST", "path": MARK, "cut": "after", "times": 1},
        {"method": "POST", "path": MARK, "status": 500},
        {"method": "POST", "path": MARK, "status": 503, "acts": True, "times": 1},
        {"method": "GET", "path": NEW, "status": 502, "times": 3},
        {"every": 9, "status": 429, "headers": {"Retry-After": "0"}},
    )

    @classmethod
    def started(cls, number: int | None, folder: Path) -> Sandbox:
        """A small account, and Optiply, kept in a folder; without a number as they were kept there."""
        from sandbox.picqer.account import Size
        from sandbox.systems import Sandbox

        account = Size(products=10, compositions=1, suppliers=3, purchase_orders=1, orders=1)
        return Sandbox(number, state_dir=folder, magento=False, picqer=account)

    def config(self) -> dict[str, Any]:
        """The settings of a folder for it."""
        address = self.sandbox.picqer_url
        return {"picqer_url": address, "api_key": KEY, "main_warehouse": MAIN, "warehouses": [MAIN]}

    def options(self, dice: random.Random) -> tuple[dict[str, Any], str]:
        """Concepts at times, and the mark in either field."""
        concept = dice.random() < 0.2
        field_of_mark = dice.choice(("supplier_orderid", "supplier_orderid", "remarks"))
        options = {"export_as_concept": concept, "export_marker_field": field_of_mark}
        return options, "concept" if concept else "purchased"

    def product_of(self, remote: str) -> int | None:
        """Its id, where it is active."""
        row = self.sandbox.picqer.products.rows.get(int(remote)) if remote.isdigit() else None
        return row.idproduct if row is not None and row.active else None

    def has_supplier(self, remote: str) -> bool:
        """Whether there is such a supplier."""
        return remote.isdigit() and int(remote) in self.sandbox.picqer.suppliers.rows

    def there(self, number: int) -> list[Seen]:
        """The purchase orders with the mark of an order."""
        mark = f"OPTIPLY-{number}"
        rows = list(self.sandbox.picqer.purchaseorders.rows.values())
        return [_seen(row) for row in rows if mark in (row.supplier_orderid, row.remarks)]

    def ids(self) -> list[str]:
        """Those of all purchase orders."""
        return [str(number) for number in self.sandbox.picqer.purchaseorders.ids]

    def cancel(self, order: Seen) -> bool:
        """Somebody cancels an order there."""
        from sandbox.picqer import purchasing

        if order.status not in ("concept", "purchased"):
            return False
        self.sandbox.call(lambda: purchasing.cancel(self.sandbox.picqer, order.row))
        return True


def _seen(row: Any) -> Seen:
    lines = Counter((line.idproduct, line.amount) for line in row.products)
    ids = tuple(str(line.idpurchaseorder_product) for line in row.products)
    return Seen(str(row.idpurchaseorder), lines, ids, row.status, row)


def main() -> None:
    """Runs the campaign."""
    run_campaign(__doc__, Picqer)


if __name__ == "__main__":
    main()
