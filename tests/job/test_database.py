"""A folder whose stores are kept in PostgreSQL: the same runs, moved there and back, and no two at once."""

from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import text

from etl.outward import ledger
from etl.outward.receipts import BuyLine, Entry, StockChange
from job.run.totals import count_products, count_unsettled, totals, unsettled
from job.systems import SYSTEMS
from sandbox.systems import Sandbox
from store.dial import dial
from store.snapshot import Place, Snapshot, SnapshotLocked, lock
from tests.job.shop_folder import make_folder, report_of, sync, writes

SCHEMA = "acme"


@pytest.fixture
def url(database: str) -> str:
    with closing(dial(Place.of(Path(), f"{database}&schema={SCHEMA}"), "optiply")) as connection:
        connection.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
        connection.commit()
    return f"{database}&schema={SCHEMA}"


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


def test_stores_move_into_a_database_and_back_with_all_that_they_know(tmp_path: Path, sandbox: Sandbox, url: str):
    job = make_folder(tmp_path / "acme", sandbox)
    totals = report_of("run", job.root)["totals"]
    sent = writes(sandbox)
    there = sync("snapshot", "move", job.root, url).stdout
    assert "in the database from now on" in there
    assert "tests@" not in there
    assert report_of("run", job.root)["totals"] == totals
    sync("snapshot", "move", job.root)
    assert "snapshot_url" not in job.config.read_text()
    assert report_of("run", job.root)["totals"] == totals
    assert writes(sandbox) == sent
    full = sync("snapshot", "move", job.root, url, expected=1)
    assert "holds records already" in full.output


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
