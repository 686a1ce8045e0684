"""A receipt in the demo: somebody books goods in Optiply's sandbox, and the next run raises the shop's stock."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import requests

from connector.collation import folded
from connector.errors import ProgramError
from inventory.shop import Key
from job.folder import JobFolder, read_json_object, write_json
from job.systems.system import System
from store.snapshot import Snapshot

UNITS = 12
SECONDS = 30
_PRODUCT = """
    SELECT id, json_extract(wanted, '$.skuCode') FROM records WHERE stream = 'products' AND id IS NOT NULL
    AND CAST(json_extract(wanted, '$.unlimitedStock') AS INTEGER) = 0 AND json_extract(wanted, '$.status') = 'enabled'
    ORDER BY CAST(remote_id AS INTEGER) LIMIT 1
"""


class ReceiptError(ProgramError):
    """Nothing could be booked; the message says why and what to do."""


class DemoReceipt:
    """One booking, and what the shop has of its product."""

    def __init__(self, job: JobFolder, system: System, addresses: Mapping[str, str]) -> None:
        """Takes the demo's folder and the addresses of its sandbox."""
        self.job, self.system = job, system
        self._control = f"{addresses['optiply_url'].removesuffix('/v1')}/_sandbox"
        self.sku = ""
        self._before = Decimal(0)

    def book(self) -> None:
        """Switches receipts on, orders a product of the shop's and receives it. Raises ReceiptError."""
        way, stock = self.system.outward, self.system.stock
        if way is None or stock is None:
            raise ReceiptError(f"receipts are not written into {self.system.title}; leave out --receive")
        with Snapshot.open(self.job.store) as store:
            found = next((row for rows in store.rows(_PRODUCT) for row in rows), None)
        if found is None:
            raise ReceiptError("Optiply knows no product of the shop yet; run the demo once without --receive")
        product, self.sku = found
        config = read_json_object(self.job.config)
        if not way.is_on(config):
            now = requests.get(f"{self._control}/health", timeout=SECONDS).json()["now"]
            write_json(self.job.config, {**config, **way.switched_on(now)}, mode=0o600)
        self._before = self.quantity()
        (order,) = self._do({"do": "order", "lines": {product: UNITS}})
        self._do({"do": "receive_rest", "order_id": order})

    def _do(self, step: Mapping[str, Any]) -> list[Any]:
        answer = requests.post(f"{self._control}/do", json=step, timeout=SECONDS)
        if not answer.ok:
            raise ReceiptError(f"the sandbox refused: {answer.text}")
        return list(answer.json())

    def quantity(self) -> Decimal:
        """What the shop has of the product at the source that receipts go to, read from the shop itself."""
        assert self.system.stock is not None
        config = read_json_object(self.job.config)
        source = str(config.get("write_stock_source") or "default")
        with self.system.stock.shop(config) as shop:
            figures = shop.source_items([Key(folded(self.sku), folded(source))])
        return next((one.quantity for one in figures if folded(one.source) == folded(source)), Decimal(0))

    def told(self) -> str:
        """What became of it, in a sentence."""
        after = self.quantity()
        verdict = "as booked" if after == self._before + UNITS else "which is not what was booked: see the report"
        return (
            f"{UNITS} units of {self.sku} were received in Optiply; the shop had {self._before:f} of them and has "
            f"{after:f} now, {verdict}."
        )
