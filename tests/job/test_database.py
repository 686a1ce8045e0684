"""A folder whose stores are kept in PostgreSQL: the same runs, moved there and back, and no two at once."""

import json
import random
import shutil
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from psycopg import sql
from sqlalchemy import text

from benchmarks.campaign_easyecom import EasyEcom
from benchmarks.campaign_purchases import Picqer
from benchmarks.purchases import Desk, Side, begin, write_folder
from etl.outward import ledger
from etl.outward.receipts import BuyLine, Entry, StockChange
from inventory.audit import status
from inventory.receive import Settings, _Receiver, _rest_message
from inventory.tables import Store
from job.folder import FolderError, JobFolder, read_json_object, write_json
from job.inventory.folder import queue_place
from job.run.totals import count_products, count_unsettled, totals, unsettled
from job.systems import SYSTEMS
from sandbox.systems import Sandbox
from store.dial import dial
from store.snapshot import Place, Snapshot, SnapshotLocked, is_stored, lock
from tests.inventory.test_messages import BODY
from tests.job.shop_folder import make_folder, report_of, sync, writes

SCHEMA = "acme"


@pytest.fixture
def url(database: str) -> str:
    with closing(dial(Place.of(Path(), f"{database}&schema={SCHEMA}"), "optiply")) as connection:
        query = "SELECT nspname FROM pg_namespace WHERE starts_with(nspname, %s)"
        for (name,) in connection.execute(query, (SCHEMA,)).fetchall():
            connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(name)))
        connection.commit()
    return f"{database}&schema={SCHEMA}"


def reads(sandbox: Sandbox) -> int:
    return len(sandbox.requests.select(method="GET"))


def test_a_folder_in_a_database_ends_like_one_in_a_file_and_has_nothing_to_do_again(
    tmp_path: Path, sandbox: Sandbox, url: str
):
    job = make_folder(tmp_path / "acme", sandbox, snapshot_url=url)
    ran = report_of("run", job.root)
    assert not ran["exit_code"]
    assert [path.name for path in job.snapshots.iterdir()] == [".lock"]
    sent = writes(sandbox)
    again = report_of("run", job.root)
    assert not again["exit_code"]
    assert writes(sandbox) == sent
    assert report_of("status", job.root)["totals"] == ran["totals"]


def test_a_folder_made_anew_from_its_configuration_alone_goes_on_where_the_last_run_ended(
    tmp_path: Path, sandbox: Sandbox, url: str
):
    job = make_folder(tmp_path / "acme", sandbox, snapshot_url=url)
    ran = report_of("run", job.root)
    asked, sent = reads(sandbox), writes(sandbox)
    for _ in range(2):
        assert not job.state.exists()
        shutil.rmtree(job.root)
        sandbox.clock.advance(seconds=60)
        make_folder(job.root, sandbox, snapshot_url=url)
        again = report_of("run", job.root)
        assert (again["exit_code"], again["full"], again["notes"]) == (0, False, [])
        assert (again["totals"], writes(sandbox)) == (ran["totals"], sent)
        assert again["entities"]["sellOrders"]["read"] < ran["entities"]["sellOrders"]["read"] / 2
    assert reads(sandbox) - asked < 2 * asked
    shutil.rmtree(job.root)
    make_folder(job.root, sandbox, snapshot_url=url)
    assert "Nothing is due" in report_of("run", job.root, "--due")["headline"]


def test_the_way_back_goes_on_where_the_last_one_ended(tmp_path: Path, sandbox: Sandbox, url: str):
    def run() -> dict[str, Any]:
        sandbox.clock.advance(seconds=60)
        return report_of("run", make_folder(tmp_path / "acme", sandbox, **flags).root)

    flags = {"snapshot_url": url, "write_stock": True, "use_inventory_source_items": True}
    assert not run()["exit_code"]
    [sku] = [row["sku"] for row in sandbox.shop.products.values() if row["type_id"] == "simple"][:1]
    [order] = [sandbox.call(lambda: sandbox.buying.order({sku: 10}))]
    [line] = [row.id for row in sandbox.optiply.tables["buyOrderLines"].where("buyOrderId", order)]
    sandbox.call(lambda: sandbox.buying.receive(line, 10))
    stock = sandbox.shop.stock.source_items["default", sku.lower()]
    before = stock["quantity"]
    for _ in range(2):
        shutil.rmtree(tmp_path / "acme")
        report = run()
        assert not report["exit_code"]
        assert JobFolder(tmp_path / "acme").outward_bookmarks.read() is not None
        assert sandbox.shop.stock.source_items["default", sku.lower()]["quantity"] == before + 10


@pytest.mark.parametrize(("side_of", "sent"), [(Picqer, "purchased"), (EasyEcom, "approved")])
def test_orders_go_out_once_from_folders_that_know_their_configuration_alone(
    tmp_path: Path, url: str, side_of: type[Side], sent: str
):
    def run() -> dict[str, Any]:
        told = [(path, path.read_bytes()) for path in (job.config, job.target_config)]
        shutil.rmtree(job.root)
        job.root.mkdir()
        for path, content in told:
            path.write_bytes(content)
        sandbox.clock.advance(seconds=120)
        report = report_of("run", job.root)
        assert not report["exit_code"], report
        return report

    job = JobFolder(tmp_path / "acme")
    job.root.mkdir()
    with side_of.started(1, tmp_path / "sandbox") as sandbox:
        side = side_of(sandbox)
        write_folder(job.root, side, {"snapshot_url": url})
        config = read_json_object(job.config)
        write_json(job.config, {name: config[name] for name in config if name not in ("unanswered_wait", "retry_wait")})
        first = run()
        assert all(first["entities"][name]["created"] for name in ("products", "suppliers"))
        desk = Desk(random.Random(1), side)
        desk.order(counts=False)
        sandbox.clock.advance(seconds=120)
        begin(job.root, sandbox)
        sandbox.clock.advance(seconds=120)
        desk.order()
        for _ in range(3):
            run()
        assert desk.wrong(sent) is None
        before = sandbox.requests.attempted_writes()
        logins = len(sandbox.requests.select(path="/access/token"))
        run()
        assert sandbox.requests.attempted_writes() - before == 0
        assert len(sandbox.requests.select(path="/access/token")) == logins, "the tokens were kept"
        kept = [text for rows in _notes(job, "kept files") for (text,) in rows]
        assert bool(kept) == (side_of is EasyEcom)
        assert "eyJ" not in str(kept), "no token lies open"


def _notes(job: JobFolder, key: str) -> list[list[tuple[Any, ...]]]:
    with Snapshot.open(job.store) as store:
        return [*store.rows("SELECT value FROM meta WHERE key = ?", (key,))]


def test_a_plan_writes_nothing_into_the_database(
    tmp_path: Path, sandbox: Sandbox, url: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SNAPSHOT_URL", url)
    job = make_folder(tmp_path / "acme", sandbox)
    assert report_of("plan", job.root)["changes"]
    assert not is_stored(job.store)
    ran = report_of("run", job.root)
    sandbox.next_day()
    before = report_of("status", job.root)
    with Snapshot.open(job.store) as store:
        kept = [*store.rows("SELECT * FROM records ORDER BY 1, 2"), *store.rows("SELECT * FROM meta ORDER BY 1")]
    planned = report_of("plan", job.root)
    assert 0 < len(planned["changes"]) < sum(row["created"] for row in ran["entities"].values())
    with Snapshot.open(job.store) as store:
        assert kept == [
            *store.rows("SELECT * FROM records ORDER BY 1, 2"), *store.rows("SELECT * FROM meta ORDER BY 1")
        ]  # fmt: skip
    assert report_of("status", job.root)["totals"] == before["totals"]


def test_stores_move_into_a_database_and_back_with_all_that_they_know(tmp_path: Path, sandbox: Sandbox, url: str):
    job = make_folder(tmp_path / "acme", sandbox)
    totals = report_of("run", job.root)["totals"]
    sent, saved = writes(sandbox), job.state.read_bytes()
    there = sync("snapshot", "move", job.root, url).stdout
    assert "in the database from now on" in there
    assert "tests@" not in there
    assert not job.state.exists()
    moved = report_of("run", job.root)
    assert (moved["totals"], moved["full"]) == (totals, False)
    sync("snapshot", "move", job.root)
    assert "snapshot_url" not in job.config.read_text()
    assert json.loads(job.state.read_bytes())["bookmarks"].keys() == json.loads(saved)["bookmarks"].keys()
    back = report_of("run", job.root)
    assert (back["totals"], back["full"]) == (totals, False)
    assert writes(sandbox) == sent
    full = sync("snapshot", "move", job.root, url, expected=1)
    assert "holds records already" in full.output
    assert 'DROP SCHEMA "' in full.output


def test_stock_figures_queue_in_the_database_and_move_with_the_stores(tmp_path: Path, sandbox: Sandbox, url: str):
    def push(quantity: int) -> list[int]:
        (tmp_path / "stock.csv").write_text(f"sku,source,quantity\n{sku},default,{quantity}\n")
        pushed = report_of("inventory", "push", job.root, tmp_path / "stock.csv")
        assert report_of("inventory", "process", job.root)["trouble"] is None
        assert sandbox.shop.stock.source_items["default", sku.lower()]["quantity"] == quantity
        return [*pushed["messages"]]

    [sku] = [row["sku"] for row in sandbox.shop.products.values() if row["type_id"] == "simple"][:1]
    job = make_folder(tmp_path / "acme", sandbox, use_inventory_source_items=True)
    with Snapshot.open(job.snapshots):
        pass
    assert push(41) == [1]
    sync("snapshot", "move", job.root, url)
    assert sorted(path.name for path in job.snapshots.iterdir()) == [
        ".lock", "inventory.sqlite.moved", "optiply.sqlite.moved",
    ]  # fmt: skip
    shutil.rmtree(job.root)
    make_folder(job.root, sandbox, use_inventory_source_items=True, snapshot_url=url)
    assert push(42) == [2]
    assert push(42) == []
    sync("snapshot", "move", job.root)
    assert push(43) == [3]
    found = report_of("inventory", "why", job.root, sku)
    assert [entry["quantity"] for entry in found["entries"]] == ["43", "42", "41"]
    full = sync("snapshot", "move", job.root, url, expected=1)
    assert "holds" in full.output


def test_a_receiver_goes_along_when_the_queue_is_moved_and_two_queues_are_refused(
    tmp_path: Path, sandbox: Sandbox, url: str
):
    def received(number: int) -> bool:
        body = BODY.replace(b'Id":71', b'Id":%d' % number)
        return receiver._take(body, _rest_message).good

    job = make_folder(tmp_path / "acme", sandbox)
    with Snapshot.open(job.snapshots):
        pass
    receiver = _Receiver(Settings(lambda: queue_place(job), "a-token-of-the-warehouse"))
    assert received(71)
    sync("snapshot", "move", job.root, url)
    assert received(72)
    assert not Place(job.snapshots).file("inventory").exists()
    with Store.open(job.store) as queue:
        assert status(queue).messages == 2
    with Store.open(job.snapshots):
        pass
    with pytest.raises(FolderError, match=r"one in the database .*; move the file away"):
        queue_place(job)


def test_a_run_on_another_machine_is_seen(tmp_path: Path, url: str):
    here, elsewhere = (Place.of(tmp_path / name, url) for name in ("here", "elsewhere"))
    with lock(here), pytest.raises(SnapshotLocked, match="locked by another run"), lock(elsewhere):
        pass
    with lock(elsewhere):
        pass


@pytest.mark.parametrize("name", SYSTEMS)
def test_what_a_system_asks_of_its_store_a_database_answers(tmp_path: Path, url: str, name: str):
    system = SYSTEMS[name]
    with Snapshot.open(Place.of(tmp_path, url)) as store:
        assert count_products(store, system) == 0
        assert (unsettled(store, system), count_unsettled(store, system)) == ([], {})
        assert totals(store)["stock"] == 0
        with store.reading() as connection:
            assert connection.execute(text(system.facts.gone), {"id": "1"}).first() is None


def test_the_ledger_of_receipts_is_kept_in_a_database_too(tmp_path: Path, url: str):
    entry = Entry(7_000_000_001, None, "2026-01-16T06:00:00Z", True, Decimal("2"), Decimal("0"), 0, False)
    with lock(place := Place.of(tmp_path, url)), Snapshot.open(place, ledger.DESTINATION) as store:
        store.keep(ledger.facts)
        for seen in (Decimal("2"), Decimal("3.5")):
            with store.transaction():
                ledger.save_entries(store, [replace(entry, seen=seen)])
                ledger.save_lines(store, {1: BuyLine(2, 3)})
                ledger.save_orders(store, {2: True})
                ledger.want(store, [StockChange("r-1", "A", "default", seen)])
        assert ledger.entries(store) == {entry.id: replace(entry, seen=Decimal("3.5"))}
        assert (ledger.lines(store), ledger.orders(store)) == ({1: BuyLine(2, 3)}, {2: True})
        [(_, wanted, _, _)] = ledger.unsettled(store)
        assert '"delta":2' in wanted
