"""Receipts booked in Optiply raise the shop's stock: whole runs, program by program, through both servers."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from job.folder import JobFolder
from job.run import steps
from job.run.programs import Program, StepResult, run_program
from sandbox.systems import Sandbox
from tests.job.shop_folder import make_folder, report_of, sync

Begin = Callable[..., "Bench"]


class Bench:
    """A folder whose first run has made the shop's products in Optiply, and people who book goods in there."""

    def __init__(self, root: Path, sandbox: Sandbox, **flags: Any) -> None:
        self.sandbox = sandbox
        self.job: JobFolder = make_folder(root, sandbox, **flags)
        rows = sandbox.optiply.tables["products"].objects
        held = {stored.attributes["skuCode"]: number for number, stored in rows.items()}
        simple = [row["sku"] for row in sandbox.shop.products.values() if row["type_id"] == "simple"]
        managed = [sku for sku in simple if sku in held and not rows[held[sku]].attributes["unlimitedStock"]]
        self.sku, self.other = managed[0], managed[1]

    def set(self, **settings: Any) -> None:
        config = json.loads(self.job.config.read_text())
        self.job.config.write_text(json.dumps({**config, **settings}))

    def do(self, verb: str, *arguments: Any, **more: Any) -> Any:
        return self.sandbox.call(lambda: getattr(self.sandbox.buying, verb)(*arguments, **more))

    def order(self, sku: str | None = None, units: int = 10, **more: Any) -> int:
        """An order of one line; the line's id."""
        made = self.do("order", {sku or self.sku: units}, **more)
        (line,) = (stored.id for stored in self.sandbox.optiply.tables["buyOrderLines"].where("buyOrderId", made))
        return int(line)

    def run(self, part: str = "stock", *, expected: int = 0) -> dict[str, Any]:
        """A run that reads the shop's stock, or of the part `receipts` alone, which reads nothing of the shop."""
        self.sandbox.clock.advance(seconds=60)
        return report_of("run", self.job.root, "--only", part, expected=expected)

    def stock(self, sku: str | None = None, source: str = "default") -> float:
        """The source item in the shop."""
        return float(self.sandbox.shop.stock.source_items[source, (sku or self.sku).lower()]["quantity"])

    def in_optiply(self, sku: str | None = None) -> int:
        table = self.sandbox.optiply.tables["products"]
        (number,) = table.lookup("skuCode", sku or self.sku) or ()
        return int(table.objects[number].attributes["stockLevel"])

    def written(self) -> int:
        """How many calls have changed the shop's stock."""
        return sum(self.sandbox.requests.writes("magento").values())


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Callable[[bool], Path]:
    """A folder after its first run, with the state of its servers; by whether it has written stock from then on."""
    made: dict[bool, Path] = {}

    def make(write_stock: bool) -> Path:
        if write_stock not in made:
            place = made[write_stock] = tmp_path_factory.mktemp("begun")
            with Sandbox(products=12, orders=6, state_dir=place / "sandbox") as sandbox:
                make_folder(place / "acme", sandbox, write_stock=write_stock, use_inventory_source_items=True)
                report_of("run", place / "acme")
        return made[write_stock]

    return make


@pytest.fixture
def begin(begun: Callable[[bool], Path], tmp_path: Path) -> Iterator[Begin]:
    """Begins with a copy of such a folder and its servers."""
    with ExitStack() as stack:

        def start(write_stock: bool = True, **flags: Any) -> Bench:
            shutil.copytree(begun(write_stock), tmp_path, dirs_exist_ok=True)
            sandbox = stack.enter_context(Sandbox(state_dir=tmp_path / "sandbox"))
            settings = {"write_stock": write_stock, "use_inventory_source_items": True, **flags}
            return Bench(tmp_path / "acme", sandbox, **settings)

        yield start


@pytest.fixture
def bench(begin: Begin) -> Bench:
    return begin()


def changes(report: dict[str, Any]) -> dict[str, int]:
    return {name: count for name, count in report["entities"]["stock_changes"].items() if count}


def test_receipt_5_8_3_deleted(bench: Bench) -> None:
    line, before, held = bench.order(), bench.stock(), bench.in_optiply()
    receipt = bench.do("receive", line, 5)
    found = []
    for quantity in (5, 8, 3):
        bench.do("edit_receipt", receipt, quantity=quantity)
        bench.run()
        found.append(bench.stock() - before)
        assert bench.in_optiply() - held == found[-1], "the same run reads the new stock"
    bench.do("delete", "receiptLines", receipt)
    bench.run()
    assert [*found, bench.stock() - before] == [5, 8, 3, 0]
    writes = bench.written()
    bench.run("receipts")
    assert bench.written() == writes, "nothing is left to write"


def test_a_receipt_dated_30_days_back_counts_as_any_other(bench: Bench) -> None:
    line, before = bench.order(), bench.stock()
    bench.do("receive", line, 5, "2025-12-16T08:00:00Z")
    bench.run("receipts")
    assert bench.stock() - before == 5


def test_go_live_baseline(begin: Begin) -> None:
    bench = begin(write_stock=False)
    line, before = bench.order(), bench.stock()
    bench.do("receive", line, 5)
    report = bench.run()
    assert "stock_changes" not in report["entities"], "off by default"
    bench.set(write_stock=True)
    report = bench.run("receipts")
    assert any("1 receipt booked before" in note for note in report["notes"])
    bench.do("receive", line, 4)
    bench.run("receipts")
    assert bench.stock() - before == 4


def test_two_receipts_of_one_sku_in_one_batch(bench: Bench) -> None:
    line, other, before = bench.order(), bench.order(bench.other), bench.stock()
    there = bench.stock(bench.other)
    bench.do("receive", line, 5)
    bench.do("receive", line, 2)
    bench.do("receive", other, 1)
    writes = bench.written()
    report = bench.run("receipts")
    assert bench.stock() - before == 7
    assert bench.stock(bench.other) - there == 1
    assert bench.written() - writes == 1, "one call for all"
    assert changes(report)["updated"] == 3


def test_a_lost_answer_is_applied_once_and_its_sku_keeps_its_old_stock_until_it_is_known(bench: Bench) -> None:
    line, before, held = bench.order(), bench.stock(), bench.in_optiply()
    bench.do("receive", line, 5)
    bench.sandbox.faults_magento.add({"method": "POST", "path": "source-items", "cut": "after", "times": 1})
    bench.run()
    bench.sandbox.faults_magento.clear()
    bench.run()
    assert bench.stock() - before == 5
    assert bench.in_optiply() - held == 5


def test_while_the_shop_takes_nothing_its_stock_is_not_believed(bench: Bench) -> None:
    bench.set(retry_seconds=1)
    line, before, held = bench.order(), bench.stock(), bench.in_optiply()
    bench.do("receive", line, 5)
    bench.sandbox.call(lambda: bench.sandbox.selling.write(bench.sku, "default", before - 1))
    bench.sandbox.faults_magento.add({"method": "POST", "path": "source-items", "status": 503})
    report = bench.run()
    assert changes(report)["failed"] == 1
    assert bench.in_optiply() == held, "what the shop shows is not the whole yet"
    assert any("a receipt is on its way" in row["reason"] for row in report["reasons"])
    bench.sandbox.faults_magento.clear()
    bench.run()
    assert bench.stock() == before - 1 + 5
    assert bench.in_optiply() - held == 4


def test_two_exporters_at_once_exactly_one_increment(bench: Bench) -> None:
    line, before = bench.order(), bench.stock()
    bench.do("receive", line, 5)
    bench.sandbox.clock.advance(seconds=60)
    command = [sys.executable, "-m", "job", "run", str(bench.job.root), "--only", "receipts"]
    second: list[subprocess.CompletedProcess[str]] = []

    def meet() -> None:
        """The first is about to write."""
        second.append(subprocess.run(command, capture_output=True, text=True, check=False))

    bench.sandbox.apis["magento"].moments.on(meet, method="POST", path="source-items")
    bench.run("receipts")
    (said,) = second
    assert said.returncode == 1
    assert "is locked by the run" in said.stdout + said.stderr
    bench.run("receipts")
    assert bench.stock() - before == 5


def test_a_receipt_for_a_product_that_the_shop_lacks_costs_itself_alone(bench: Bench) -> None:
    line, lacking, before, there = bench.order(), bench.order(bench.other), bench.stock(), bench.stock(bench.other)
    bench.sandbox.call(lambda: bench.sandbox.shop.delete_product(bench.sandbox.shop.by_sku[bench.other.lower()]))
    bench.do("receive", lacking, 3)
    bench.do("receive", line, 5)
    report = bench.run("receipts")
    assert bench.stock() - before == 5
    assert changes(report)["waiting"] == 1
    assert any("the shop has no product with this SKU" in row["reason"] for row in report["reasons"])
    assert bench.stock(bench.other) == there, "Magento would take it without a word"


def test_a_shop_without_inventory_management_is_raised_by_its_stock_items(begin: Begin) -> None:
    bench = begin(use_inventory_source_items=False)
    bench.sandbox.magento.settings.msi = False
    line, item = bench.order(), bench.sandbox.shop.stock.items[bench.sandbox.shop.by_sku[bench.sku.lower()]]
    before = float(item["qty"])
    bench.do("receive", line, 5)
    bench.sandbox.apis["magento"].moments.on(
        lambda: bench.sandbox.selling.place({bench.sku: 1}), method="PUT", path="stockItems"
    )
    bench.run("receipts")
    assert float(item["qty"]) == before - 1 + 5, "what was ordered between reading and writing does not come back"
    bench.run("receipts")
    assert float(item["qty"]) == before - 1 + 5


def test_state_lost_but_journal_kept_and_journal_lost_but_state_kept(bench: Bench) -> None:
    line, before = bench.order(), bench.stock()
    bench.do("receive", line, 5)
    bench.run("receipts")
    bench.job.outward_state.unlink()
    bench.run("receipts")
    assert bench.stock() - before == 5, "the ledger remembers what was applied"
    (bench.job.snapshots / "magento.sqlite").unlink()
    bench.do("receive", line, 1)
    report = bench.run("receipts", expected=1)
    assert bench.stock() - before == 5, "nothing is guessed"
    assert any("ledger of receipts" in step["last_words"] for step in report["steps"])


@pytest.mark.parametrize("with_bookmark", [True, False])
def test_a_ledger_of_a_backup_writes_nothing_twice_once_the_way_was_switched_off_and_on(
    bench: Bench, tmp_path: Path, with_bookmark: bool
) -> None:
    line = bench.order()
    receipt = bench.do("receive", line, 5)
    bench.run("receipts")
    shutil.copytree(bench.job.root, tmp_path / "backup")
    bench.do("edit_receipt", receipt, quantity=8)
    bench.do("receive", line, 20)
    bench.run("receipts")
    stands, newest = bench.stock(), bench.job.outward_state.read_bytes()
    shutil.rmtree(bench.job.root)
    shutil.copytree(tmp_path / "backup", bench.job.root)
    if with_bookmark:  # the ledger alone is old: nothing is written, and the sentence says what to do
        bench.job.outward_state.write_bytes(newest)
        bench.run("receipts", expected=1)
    bench.set(write_stock=False)
    bench.run("stock")
    bench.set(write_stock=True)
    bench.run("receipts")
    assert bench.stock() == stands
    bench.do("receive", line, 2)
    bench.run("receipts")
    assert bench.stock() == stands + 2, "from then on everything counts"


def test_plan_status_why_and_doctor_know_it(bench: Bench) -> None:
    line, before = bench.order(), bench.stock()
    bench.run("receipts")
    bench.do("receive", line, 5)
    bench.sandbox.clock.advance(seconds=60)
    planned = report_of("plan", bench.job.root, "--only", "receipts")
    (change,) = [row for row in planned["changes"] if row["stream"] == "stock_changes"]
    assert (change["action"], change["name"], change["values"]) == ("change", bench.sku, {"default": [None, "+5"]})
    assert bench.stock() == before, "a plan writes nothing"
    bench.run("receipts")
    assert json.loads(sync("status", bench.job.root, "--json").stdout)["stock_changes"] == {"written": 1}
    assert "1 written" in sync("status", bench.job.root).output
    assert "+5 at default: receipt" in sync("snapshot", "why", bench.job.root, bench.sku).output
    bench.do("receive", line, 2, by_api=True)
    report = bench.run("receipts")
    assert any("an integration wrote it" in row["reason"] for row in report["reasons"])
    said = sync("doctor", bench.job.root, "--quick").output
    assert "1 receipt in Optiply came from an integration" in said
    assert "would count goods twice" in said


def test_killed_at_every_step_boundary_exactly_one_increment(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    line, before = bench.order(units=50), bench.stock()
    booked = 0
    for boundary in ("optiply", "receipts", "shop", "tap"):
        bench.do("receive", line, 5)
        booked += 5
        bench.sandbox.clock.advance(seconds=60)

        def killed(program: Program, at: str = boundary, **more: Any) -> StepResult:
            result = run_program(program, **more)
            if program.name == at:
                raise KeyboardInterrupt
            return result

        with monkeypatch.context() as patch:
            patch.setattr(steps, "run_program", killed)
            sync("run", bench.job.root, "--only", "stock" if boundary == "tap" else "receipts", expected=1)
        bench.run("receipts")
        assert bench.stock() - before == booked, f"after {boundary}"
    held = json.loads(sync("status", bench.job.root, "--json").stdout)["stock_changes"]
    assert held == {"written": 4}
