"""Orders of Optiply on their way into the sandbox's account of EasyEcom, in a folder of their own."""

import io
import json
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from sandbox.easyecom.rows import PurchaseOrder
from sandbox.systems import Sandbox
from store.snapshot import Snapshot
from target_easyecom.target import TargetEasyEcom
from vocabulary.easyecom import contents_of

CREATE = "/CreatePurchaseOrder$"


class Desk:
    """Writes orders, each for the vendor `AGR01`."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self.sandbox, self.folder, self.store = sandbox, folder, sandbox.easyecom
        self.store.settings.rate_tier = "none"
        self.store.settings.token_cooldown = 0
        self.config: dict[str, Any] = {
            "easyecom_url": sandbox.easyecom_url,
            "email": "sandbox@example.com",
            "password": "sandbox-password",
            "location_key": ["en24001main", "en24002south"],
            "x_api_key": "sandbox-easyecom-key",
            "rate_tier": "Diamond",
            "snapshot_dir": str(folder / "snapshots"),
            "results_path": str(folder / "results.json"),
            "unanswered_wait": 0.1,
            "retry_wait": 0.01,
            "retry_time": 3,
            "request_timeout": 3,
        }

    def order(self, number: int, units: int = 12, **values: Any) -> dict[str, Any]:
        items = [
            {"sku": "EE-PLAIN", "quantity": units, "unitPrice": "60.0000"},
            {"sku": "EE-BESIDE", "quantity": 3, "unitPrice": "12.3456"},
        ]
        order = {
            "remoteId": str(number),
            "order": str(number),
            "vendor_id": self.store.cases["vendor"],
            "vendorId": "AGR01",
            "expDeliveryDate": "2026-03-01T00:00:00Z",
            "items": items,
        } | values
        return order | {"contents": contents_of((one["sku"], one["quantity"]) for one in order["items"])}

    def write(self, *orders: dict[str, Any], expected: int = 0) -> None:
        schema = {"properties": {"remoteId": {"type": "string"}}}
        key = {"stream": "purchaseorders", "key_properties": ["remoteId"]}
        messages: list[dict[str, Any]] = [{"type": "SCHEMA", "schema": schema, **key}]
        messages += [{"type": "RECORD", "stream": "purchaseorders", "record": record} for record in orders]
        lines = io.StringIO("".join(json.dumps(message) + "\n" for message in messages))
        with redirect_stdout(io.StringIO()):
            assert TargetEasyEcom(config=self.config).run(lines) == expected

    def there(self, number: int) -> list[PurchaseOrder]:
        """The purchase orders that bear the mark of an order, or its bare id."""
        rows = self.store.purchase_orders.rows.values()
        return [row for row in rows if row.po_ref_num in (f"OPTIPLY-{number}", str(number))]

    def bearing(self, number: int) -> list[list[tuple[str, int]]]:
        """Their lines."""
        return [[(line.sku, line.original_quantity) for line in row.items] for row in self.there(number)]

    def creates(self) -> int:
        """How many orders EasyEcom was asked to make."""
        return len(self.sandbox.requests.select(api="easyecom", method="POST", path=CREATE))

    def fault(self, **rule: Any) -> None:
        self.sandbox.easyecom_account.faults.add({"method": "POST", "path": CREATE, **rule})

    def known(self) -> dict[str, str]:
        with Snapshot.open(self.folder / "snapshots", "easyecom") as store:
            return store.ids("purchaseorders")

    def reasons(self) -> dict[str, str]:
        query = "SELECT remote_id, reason FROM records WHERE reason IS NOT NULL"
        with Snapshot.open(self.folder / "snapshots", "easyecom") as store:
            return {remote_id: reason for found in store.rows(query) for remote_id, reason in found}

    def lose_the_store(self) -> None:
        for path in (self.folder / "snapshots").glob("*easyecom*.sqlite*"):
            path.unlink()
        for path in (self.folder / "snapshots").glob("easyecom*.jsonl"):
            path.unlink()
