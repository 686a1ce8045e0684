"""Orders placed in Optiply become purchase orders in Picqer: whole runs, program by program, through both servers."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from job.folder import JobFolder
from sandbox.systems import Sandbox
from tests.job.shop_folder import make_folder, report_of, sync

PATCH = {"method": "PATCH", "path": "/buyOrders/"}


class Bench:
    """A folder whose first run has made the account's products in Optiply, and people who place orders in there."""

    def __init__(self, root: Path, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.job: JobFolder = make_folder(root, sandbox)
        config = {
            "system": "picqer", "picqer_url": sandbox.picqer_url, "api_key": "sandbox-picqer-key",
            "warehouses": [11, 12], "main_warehouse": 11, "start_date": "2026-01-01", "export_buy_orders": False,
        }  # fmt: skip
        self.job.config.write_text(json.dumps(config))
        target = json.loads(self.job.target_config.read_text())
        self.job.target_config.write_text(json.dumps({**target, "retry_time": 1}))

    def set(self, **settings: Any) -> None:
        config = json.loads(self.job.config.read_text())
        self.job.config.write_text(json.dumps({**config, **settings}))

    def do(self, verb: str, *arguments: Any, **more: Any) -> Any:
        return self.sandbox.call(lambda: getattr(self.sandbox.buying, verb)(*arguments, **more))

    def order(self, units: int = 4, **more: Any) -> int:
        self.sandbox.clock.advance(seconds=60)
        cases, products = self.sandbox.picqer.cases, self.sandbox.picqer.products.rows
        codes = [products[cases[case]].productcode for case in ("product", "product with no stock")]
        suppliers = self.sandbox.optiply.tables["suppliers"].objects.items()
        name = self.sandbox.picqer.suppliers.rows[cases["supplier"]].name
        (known,) = (number for number, stored in suppliers if stored.attributes["name"] == name)
        return int(self.do("order", dict.fromkeys(codes, units), more.pop("supplier_id", known), **more))

    def run(self, *options: str, expected: int = 0) -> dict[str, Any]:
        self.sandbox.clock.advance(seconds=60)
        return report_of("run", self.job.root, *options, expected=expected)

    def there(self, order: int) -> list[tuple[str, int]]:
        """Status and units of the purchase orders in Picqer that bear the order's mark."""
        return [
            (row.status, sum(line.amount for line in row.products))
            for row in self.sandbox.picqer.purchaseorders.rows.values()
            if row.supplier_orderid == f"OPTIPLY-{order}"
        ]

    def remote_ids(self, order: int) -> dict[str, str]:
        return dict(self.sandbox.optiply.tables["buyOrders"].objects[order].remote_ids)

    def in_optiply(self) -> tuple[int, int]:
        """How many buy orders and lines of them there are."""
        tables = self.sandbox.optiply.tables
        return len(tables["buyOrders"].objects), len(tables["buyOrderLines"].objects)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with Sandbox(magento=False, picqer=True) as sandbox:
        yield Bench(tmp_path_factory.mktemp("purchases") / "acme", sandbox)


def told(report: dict[str, Any]) -> dict[str, list[str]]:
    return {row["reason"]: row["examples"] for row in report["reasons"] if row["stream"] == "purchaseorders"}


def test_one_purchase_is_one_order_on_each_side_placed_or_a_concept_by_setting(bench: Bench) -> None:
    report = bench.run()
    assert "purchaseorders" not in report["entities"], "switched off"
    early = bench.order()
    assert bench.run("--only", "export")["steps"] == []
    assert bench.there(early) == []

    bench.set(export_buy_orders=True)
    report = bench.run("--only", "export")
    assert [step["name"] for step in report["steps"]] == ["optiply", "purchases", "account"]
    assert told(report)["it was placed before orders were sent"] == [str(early)]

    order = bench.order()
    stranger = bench.order(supplier_id=bench.do("supplier", "Nobody knows them"))
    bench.sandbox.clock.advance(seconds=60)
    (change,) = report_of("plan", bench.job.root, "--only", "export")["changes"]
    assert (change["action"], change["stream"], change["remoteId"]) == ("create", "purchaseorders", str(order))
    assert bench.there(order) == [], "a plan writes nothing"

    bench.sandbox.faults_optiply.add({**PATCH, "status": 500})
    report = bench.run("--only", "export")
    assert bench.there(order) == [("purchased", 8)]
    assert told(report)["its supplier is not known in Picqer"] == [str(stranger)]
    assert report["entities"]["purchaseorders"]["created"] == 1
    before = bench.in_optiply()

    bench.sandbox.faults_optiply.clear()
    bench.run("--only", "purchases,export")
    assert bench.in_optiply() == before, "the order that comes back is the one that was placed"
    rows = bench.sandbox.picqer.purchaseorders.rows.items()
    (there,) = (number for number, row in rows if row.supplier_orderid == f"OPTIPLY-{order}")
    assert bench.remote_ids(order) == {"77": str(there)}

    # It stays a concept by setting, and the commands tell of the way.
    bench.set(export_as_concept=True)
    order = bench.order(2)
    bench.run("--only", "export")
    assert bench.there(order) == [("concept", 4)]
    assert len(bench.remote_ids(order)) == 1
    states = json.loads(sync("status", bench.job.root, "--json").stdout)["purchaseorders"]
    assert states == {"waiting": 1, "written": 2}
    assert "Purchase orders placed in Optiply: 1 waiting, 2 written" in sync("status", bench.job.root).output
    assert "become purchase orders in Picqer; orders: 1 waiting, 2 written" in sync("doctor", bench.job.root).output


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"export_buy_order": False}, "did you mean 'export_buy_orders'"),
        ({"export_buy_orders": "no"}, "true or false"),
        ({"export_since": "soon"}, "export_since is not a date and time"),
        ({"export_marker_field": "remark"}, "remarks"),
    ],
)
def test_settings_of_the_way_that_cannot_be_used_are_named(tmp_path: Path, settings: dict[str, Any], says: str) -> None:
    config = {"system": "picqer", "picqer_url": "http://127.0.0.1:9", "api_key": "k", **settings}
    (tmp_path / "config.json").write_text(json.dumps(config))
    (tmp_path / "target-config.json").write_text('{"account_id": 1, "access_token": "t"}')
    assert says in sync("plan", tmp_path, expected=1).output
