"""A seeded campaign of purchase orders: placed in Optiply, made in EasyEcom, and recognised when they come back.

What happens in a run, purchases.py says. A run is told by its seed: `python benchmarks/campaign_easyecom.py --seed 7
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

NEW, LIST = "/CreatePurchaseOrder$", "/getPurchaseOrderDetails$"
STATUSES = {3: "approved", 4: "rejected", 5: "completed", 7: "cancelled"}
BODIES = {code: f'{{"code":{code},"message":"A fault of the sandbox.","data":[]}}' for code in (429, 500)}


class EasyEcom(Side):
    """EasyEcom: an order stands approved at once; what went wrong stands in the body of an answer."""

    name = "easyecom"
    reading = ("products", "suppliers", "purchases")
    trouble = (
        {"method": "POST", "path": NEW, "cut": "after", "times": 1},
        {"method": "POST", "path": NEW, "cut": "before", "times": 1},
        {"method": "POST", "path": NEW, "cut": "during", "times": 2},
        {"method": "POST", "path": NEW, "status": 500, "body": "html", "acts": True, "times": 1},
        {"method": "POST", "path": NEW, "status": 200, "body": BODIES[500], "acts": True},
        {"method": "POST", "path": NEW, "status": 200, "body": BODIES[429], "times": 2},
        {"method": "POST", "path": NEW, "status": 200, "body": "html", "acts": True, "times": 1},
        {"method": "POST", "path": NEW, "act_after_cut": 0.05, "times": 1},
        {"method": "GET", "path": LIST, "status": 502, "times": 3},
        {"every": 9, "status": 429},
        {"every": 11, "status": 200, "body": BODIES[500]},
    )

    @classmethod
    def started(cls, number: int | None, folder: Path) -> Sandbox:
        """A small account, and Optiply, kept in a folder; without a number as they were kept there."""
        from sandbox.easyecom.account import Size
        from sandbox.systems import Sandbox

        size = Size(products=10, combos=1, vendors=3, purchase_orders=1, orders=1, cases=False)
        return Sandbox(number, state_dir=folder, magento=False, easyecom=size)

    def __init__(self, sandbox: Sandbox) -> None:
        """Nothing waits for limits here: the tests of the tap are about those."""
        super().__init__(sandbox)
        settings = sandbox.easyecom.settings
        settings.rate_tier, settings.token_cooldown = "none", 0

    def config(self) -> dict[str, Any]:
        """The settings of a folder for it."""
        from sandbox.easyecom.account import KEYS

        settings = self.sandbox.easyecom.settings
        access = {"email": settings.email, "password": settings.password, "x_api_key": settings.x_api_key}
        keys = list(KEYS.values())
        return {"easyecom_url": self.sandbox.easyecom_url, "rate_tier": "Diamond", "location_key": keys[:2], **access}

    def options(self, dice: random.Random) -> tuple[dict[str, Any], str]:
        """Prices with tax at times, days at times; and either policy for a reference code that is there already."""
        self.sandbox.easyecom.settings.same_reference = dice.choice(("second", "second", "refuse"))
        options = {"send_tax_rate": dice.random() < 0.3, "export_expected_date": dice.random() < 0.7}
        return options, "approved"

    def product_of(self, remote: str) -> str | None:
        """Its SKU, where it is active and no combo."""
        for row in self.sandbox.easyecom.products.rows.values():
            if remote in {str(copy.cp_id) for copy in row.copies.values()}:
                return row.sku if row.active and not row.parts else None
        return None

    def has_supplier(self, remote: str) -> bool:
        """Whether there is such a vendor."""
        return bool(self.sandbox.easyecom.vendors.where_ids("vendor_code", remote))

    def there(self, number: int) -> list[Seen]:
        """The purchase orders with the mark of an order."""
        rows = list(self.sandbox.easyecom.purchase_orders.rows.values())
        return [_seen(row) for row in rows if row.po_ref_num == f"OPTIPLY-{number}"]

    def ids(self) -> list[str]:
        """Those of all purchase orders."""
        return [str(number) for number in self.sandbox.easyecom.purchase_orders.ids]

    def cancel(self, order: Seen) -> bool:
        """Somebody cancels an order there."""
        from sandbox.easyecom import purchasing

        if order.status != "approved":
            return False
        self.sandbox.call(lambda: purchasing.set_status(self.sandbox.easyecom, order.row, purchasing.CANCELLED))
        return True


def _seen(row: Any) -> Seen:
    lines = Counter((line.sku, line.original_quantity) for line in row.items)
    ids = tuple(str(line.purchase_order_detail_id) for line in row.items)
    return Seen(str(row.po_id), lines, ids, STATUSES.get(row.po_status_id, "open"), row)


def main() -> None:
    """Runs the campaign."""
    run_campaign(__doc__, EasyEcom)


if __name__ == "__main__":
    main()
