"""A shop, a job folder for it and a running receiver: the import as a warehouse system and a person meet it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import requests

from benchmarks.serving import Serving
from inventory.audit import Status, Why, status, why
from inventory.receive import Settings, application
from inventory.tables import Store
from sandbox.server.clock import FIRST_DAY
from sandbox.shop.collation import folded
from sandbox.systems import Sandbox
from sandbox.wms.sender import Sender
from sandbox.wms.warehouse import Warehouse
from tests.job.shop_folder import make_folder, sync

TOKEN = "a-token-of-the-warehouse"
REST = "/rest/V1/orderflow/inventory/"
NOW = FIRST_DAY.strftime("%Y-%m-%dT%H:%M:%S")


def at(text: str) -> str:
    """A time of the sandbox's first day, or of the day before it with a minus: `07:30`, `-07:30:01`."""
    day = "2026-01-14" if text.startswith("-") else "2026-01-15"
    return f"{day} {text.removeprefix('-')}{'' if text.count(':') == 2 else ':00'}"


class House:
    """All of it. The sandbox's clock stands still, so that a cutoff can be met to the second."""

    def __init__(self, root: Path, sandbox: Sandbox, **settings: Any) -> None:
        self.sandbox = sandbox
        sandbox.clock.ticking = False
        self.job = make_folder(root, sandbox, inventory=settings, retry_seconds=0)
        self._serving = Serving()
        self._url = ""
        ordered = {row["sku"] for order in sandbox.shop.orders.values() for row in order["items"]}
        stock = sandbox.shop.stock.source_items
        self.quiet = [
            product["sku"]
            for product in sandbox.shop.products.values()
            if product["type_id"] == "simple"
            and product["sku"] not in ordered
            and ("ams", folded(product["sku"])) in stock
            and product["sku"]
            not in {"DECIMAL-1", "NEGATIVE-1", "BACKORDER-1", "MINQTY-10", "NOMANAGE-0", "OUT-OF-STOCK-FLAG"}
        ]
        """Plain products at the source `ams`, and nowhere else, that nobody has ordered."""
        for sku in self.quiet:
            if ("rtm", folded(sku)) in stock:
                self.set(sku, 0, "rtm")

    # What people do in the shop
    def order(self, items: dict[str, float], when: str = NOW, **more: Any) -> int:
        return self.sandbox.call(lambda: self.sandbox.selling.place(items, at=when, **more))

    def ship(self, order: int, items: dict[str, float] | None = None, source: str = "ams") -> None:
        self.sandbox.call(lambda: self.sandbox.selling.ship(order, items, source))

    def cart(self, items: dict[str, float], when: str) -> None:
        self.sandbox.call(lambda: self.sandbox.selling.cart(items, when))

    def set(self, sku: str, quantity: float, source: str = "ams") -> None:
        self.sandbox.call(lambda: self.sandbox.selling.write(sku, source, quantity))

    def stands(self, sku: str, source: str = "ams") -> tuple[float, int] | None:
        """(quantity, flag) in the shop."""
        row = self.sandbox.shop.stock.source_items.get((source, folded(sku)))
        return None if row is None else (row["quantity"], row["status"])

    def stock_item(self, sku: str) -> tuple[float, bool]:
        """(quantity, flag) of a shop without sources."""
        row = self._shop(f"stockItems/{sku}")
        return row["qty"], row["is_in_stock"]

    def salable(self, sku: str, stock: int = 2) -> float:
        return float(self._shop(f"inventory/get-product-salable-quantity/{sku}/{stock}"))

    def _shop(self, path: str) -> Any:
        headers = {"Authorization": "Bearer sandbox-integration-token"}
        return requests.get(f"{self.sandbox.magento_url}/rest/V1/{path}", headers=headers, timeout=10).json()

    def writes(self) -> int:
        """How many calls have set stock."""
        return sum(self.sandbox.requests.writes("magento").values())

    # The receiver
    @property
    def url(self) -> str:
        """Where the receiver listens; it is started by the first question, in a thread, over a socket."""
        if not self._url:
            settings = Settings(self.job.snapshots, TOKEN, self.default_source)
            self._url = self._serving.start(application(settings))
        return self._url

    @property
    def default_source(self) -> str:
        config = json.loads(self.job.config.read_text(encoding="utf-8"))
        return str(config["inventory"].get("default_source", "default"))

    def post(self, body: bytes, path: str = REST, **headers: str) -> requests.Response:
        sent = {"Content-Type": "application/json", "Authorization": f"Bearer {TOKEN}"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        return requests.post(self.url + path, data=body, headers=sent, timeout=10)

    def send(self, number: int, *rows: tuple[Any, ...], exported: str | None = NOW, expected: int = 200) -> str:
        """A message of rows (SKU, quantity, sequence[, source]); what was answered."""
        quantities = [{"sku": row[0], "qty": row[1], "source": row[3] if len(row) > 3 else "ams"} for row in rows]
        sequences = [{"sku": row[0], "seq": row[2], "last_order_exported": exported} for row in rows]
        body = {"productQtys": quantities, "productSeqs": sequences, "messageSeqId": number}
        answer = self.post(json.dumps(body).encode(), Accept="application/json")
        assert answer.status_code == expected, answer.text
        return answer.text

    def sender(self, warehouse: Warehouse, **more: Any) -> Sender:
        return Sender(warehouse, self.url, TOKEN, **more)

    # The commands
    def command(self, *arguments: str, expected: int = 0) -> Any:
        """What `optiply-sync inventory …` prints as JSON."""
        name, *rest = arguments
        found = sync("inventory", name, self.job.root, *rest, "--json", expected=expected)
        return json.loads(found.stdout)

    def process(self, expected: int = 0) -> dict[str, Any]:
        done = self.command("process", expected=expected)
        assert isinstance(done, dict)
        return done

    def push(self, text: str, *options: str) -> dict[str, Any]:
        file = self.job.root / "stock.csv"
        file.write_text(text, encoding="utf-8")
        made = self.command("push", str(file), *options)
        assert isinstance(made, dict)
        return made

    def program(self, name: str) -> subprocess.Popen[str]:
        """A command as a process of its own."""
        command = [sys.executable, "-m", "job", "inventory", name, str(self.job.root), "--json"]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def configure(self, **settings: Any) -> None:
        config = json.loads(self.job.config.read_text(encoding="utf-8"))
        self.job.config.write_text(json.dumps({**config, "inventory": settings}), encoding="utf-8")

    def status(self) -> Status:
        with Store.open(self.job.snapshots) as store:
            return status(store)

    def why(self, sku: str) -> Why:
        with Store.open(self.job.snapshots) as store:
            return why(store, sku)

    def close(self) -> None:
        self._serving.stop()
