"""Receipts become changes of stock: whatever happens to them, the changes applied add up to what people booked."""

import io
import json
import random
import shutil
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from etl.core.singer import SingerInput
from etl.outward import ledger
from etl.outward.flow import LedgerLost, Way, check_ledger, run, suspects
from etl.outward.receipts import ASSEMBLY, BY_PROGRAM, NO_ARTICLE, Article
from etl.outward.shapes import STREAMS
from store.bookmarks import OUTWARD, Bookmarks
from store.outcomes import Outcome
from store.snapshot import Place, Snapshot

DAY = "2026-01-{day:02}T08:00:00Z"
ARTICLES = {11: Article("A-1"), 12: Article("B-1"), 13: Article("KIT", "its product is not a simple one")}
LINES = {1: (1, 11), 2: (1, 12), 3: (2, 11), 4: (1, 13), 5: (1, 99)}
ORDERS = {1: False, 2: True}


class Optiply:
    """What Optiply has, and what a tap puts out of it."""

    def __init__(self) -> None:
        self.receipts: dict[int, dict[str, Any]] = {}
        self.day = 1
        self._next = 100

    def book(self, line: int, quantity: Any, by_api: bool = False) -> int:
        self._next += 1
        self.receipts[self._next] = {
            "id": self._next,
            "buyOrderLineId": line,
            "quantity": quantity,
            "createdAt": DAY.format(day=self.day),
            "createdFromPublicApi": by_api,
        }
        return self._next

    def edit(self, receipt: int, quantity: Any) -> None:
        self.receipts[receipt] = {**self.receipts[receipt], "quantity": quantity}

    def messages(self, ids: list[int], *, complete: bool, gone: tuple[int, ...] = ()) -> bytes:
        rows: list[tuple[str, dict[str, Any]]] = [("receiptLines", self.receipts[one]) for one in ids]
        rows += [("buyOrders", {"id": one, "assembly": is_one}) for one, is_one in ORDERS.items()]
        rows += [
            ("buyOrderLines", {"id": one, "buyOrderId": order, "productId": product})
            for one, (order, product) in LINES.items()
        ]
        rows += [("receiptLineIds", {"id": one}) for one in self.receipts]
        rows += [("receiptLineChecks", {"id": one, "found": False}) for one in gone]
        streams = dict.fromkeys(name for name, _ in rows)
        told: list[dict[str, Any]] = [
            {"type": "SCHEMA", "stream": name, "schema": {"properties": {}}, "key_properties": ["id"]}
            for name in streams
        ]
        told += [{"type": "RECORD", "stream": name, "record": row} for name, row in rows]
        mark = {"replication_key_value": f"2026-01-{self.day:02} 09:00:00"} | ({"complete": True} if complete else {})
        listed = {"complete": True, "run_id": "r"}
        told.append({"type": "STATE", "value": {"bookmarks": {"receiptLines": mark, "receiptLineIds": listed}}})
        return b"".join(json.dumps(one).encode() + b"\n" for one in told)


class Shop:
    """Applies each reference once and for ever; the store hears of it when `tell` is called."""

    def __init__(self) -> None:
        self.applied: dict[str, dict[str, Any]] = {}

    @property
    def sums(self) -> dict[tuple[str, str], Decimal]:
        found: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        for change in self.applied.values():
            found[change["sku"], change["source_code"]] += Decimal(str(change["delta"]))
        return {place: total for place, total in found.items() if total}


class Bench:
    def __init__(self, folder: Path) -> None:
        self.folder, self.optiply, self.shop = folder, Optiply(), Shop()
        self.started = False
        self.since: str | None = None
        self.report: dict[str, Any] = {}
        self.articles = dict(ARTICLES)

    def read(self, ids: list[int] | None = None, gone: tuple[int, ...] = ()) -> list[dict[str, Any]]:
        """One run of the ledger over some receipts (all of them); what is offered."""
        content = self.optiply.messages(
            list(self.optiply.receipts) if ids is None else ids, complete=not self.started, gone=gone
        )
        out: list[bytes] = []
        with Snapshot.open(self.folder, ledger.DESTINATION) as store:
            self.report = run(
                SingerInput(io.BytesIO(content), "tap.singer", STREAMS),
                store,
                self.articles,
                Way("default", self.since),
                out.extend,
            )
        self.started = True
        return [json.loads(line)["record"] for line in out if b'"RECORD"' in line]

    def missing(self) -> list[int]:
        with Snapshot.open(self.folder, ledger.DESTINATION) as store:
            content = self.optiply.messages([], complete=False)
            return suspects(SingerInput(io.BytesIO(content), "tap.singer", STREAMS), store, "")

    def write(self, offered: list[dict[str, Any]], *, tell: bool = True) -> list[Any]:
        """What a target does; without `tell` its answers are lost. The deltas it applied."""
        fresh = [one for one in offered if one["reference"] not in self.shop.applied]
        self.shop.applied.update((one["reference"], one) for one in offered)
        if tell and offered:
            with Snapshot.open(self.folder, ledger.DESTINATION) as store, store.transaction():
                store.apply(
                    [
                        Outcome(
                            ledger.CHANGES,
                            one["reference"],
                            "answered",
                            "update",
                            "accepted",
                            sent=one,
                            at="2026-01-09",
                        )
                        for one in offered
                    ]
                )
        return [one["delta"] for one in fresh]

    def day(self, **given: Any) -> list[Any]:
        """A whole run: read, look for what is gone, write."""
        return self.write(self.read(gone=tuple(self.missing()), **given))


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    bench = Bench(tmp_path)
    bench.optiply.book(1, 40)
    assert bench.day() == [], "what was booked before is a baseline"
    bench.optiply.day = 2
    return bench


def reasons(bench: Bench) -> dict[str, list[str]]:
    return {row["reason"]: row["examples"] for row in bench.report["reasons"]}


def test_receipt_5_then_8_then_3_then_deleted_gives_plus_5_plus_3_minus_5_minus_3(bench: Bench) -> None:
    receipt = bench.optiply.book(1, 5)
    found = [bench.day()]
    for quantity in (8, 3):
        bench.optiply.edit(receipt, quantity)
        found.append(bench.day())
    del bench.optiply.receipts[receipt]
    found.append(bench.day())
    assert found == [[5], [3], [-5], [-3]]
    assert bench.day() == []


def test_go_live_baseline(bench: Bench) -> None:
    (old,) = bench.optiply.receipts
    assert bench.day() == []
    bench.optiply.edit(old, 42)
    assert bench.day() == [2], "its later edits count"
    del bench.optiply.receipts[old]
    assert bench.day() == [-42]


def test_a_moment_in_the_settings_divides_old_from_new(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.since = "2026-01-02 00:00:00"
    bench.optiply.book(1, 40)
    bench.optiply.day = 2
    bench.optiply.book(1, 7)
    assert bench.day() == [7]


def test_nothing_is_written_before_a_complete_reading_says_what_was_booked_before(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.started = True
    bench.optiply.book(1, 40)
    assert bench.day() == []
    assert any("not read to their end" in note for note in bench.report["notes"])
    bench.started = False
    assert bench.day() == []


def test_two_receipts_of_one_sku_are_two_changes_of_one_batch(bench: Bench) -> None:
    bench.optiply.book(1, 5)
    bench.optiply.book(1, 6)
    assert sorted(bench.day()) == [5, 6]
    assert bench.shop.sums == {("A-1", "default"): Decimal(11)}


def test_decimals_and_returns_are_kept_as_they_are(bench: Bench) -> None:
    bench.optiply.book(1, 2.5)
    bench.optiply.book(2, -1)
    bench.day()
    assert bench.shop.sums == {("A-1", "default"): Decimal("2.5"), ("B-1", "default"): Decimal(-1)}


def test_what_does_not_count_is_counted_once_with_its_reason(bench: Bench) -> None:
    by_api, assembly, kit, foreign = (
        bench.optiply.book(1, 5, by_api=True),
        bench.optiply.book(3, 5),
        bench.optiply.book(4, 5),
        bench.optiply.book(5, 5),
    )
    assert bench.day() == []
    assert reasons(bench) == {
        f"a receipt: {BY_PROGRAM}": [str(by_api)],
        f"a receipt: {ASSEMBLY}": [str(assembly)],
        "a receipt: its product is not a simple one": [str(kit)],
        f"a receipt: {NO_ARTICLE}": [str(foreign)],
    }
    assert bench.day() == []
    assert list(reasons(bench)) == [f"a receipt: {NO_ARTICLE}"], "it waits for its product"
    bench.articles[99] = Article("LATE")
    assert bench.day() == [5]


def test_a_change_without_an_answer_is_offered_again_under_its_reference(bench: Bench) -> None:
    bench.optiply.book(1, 5)
    first = bench.read()
    bench.write(first, tell=False)
    again = bench.read()
    assert again == first
    assert bench.write(again) == []
    assert bench.read() == []


def test_the_skus_on_their_way_are_known_and_refused_ones_are_not_among_them(bench: Bench) -> None:
    bench.optiply.book(1, 5)
    (offered,) = bench.read()
    assert ledger.unsettled_skus(bench.folder) == {"a-1"}
    with Snapshot.open(bench.folder, ledger.DESTINATION) as store, store.transaction():
        store.apply(
            [Outcome(ledger.CHANGES, offered["reference"], "answered", "update", "refused", reason="no", at="2026")]
        )
    assert ledger.unsettled_skus(bench.folder) == frozenset()
    assert bench.read() == [], "what was refused for good is not offered again"


def test_switched_off_and_on_again_what_was_booked_between_is_never_written(bench: Bench) -> None:
    assert ledger.switch_off(bench.folder)
    bench.optiply.book(1, 50)
    bench.started = False
    assert bench.day() == []
    bench.optiply.day = 3
    bench.optiply.book(1, 3)
    assert bench.day() == [3]


def test_a_change_that_was_open_when_the_way_was_switched_off_is_left_out_with_a_reason(bench: Bench) -> None:
    bench.optiply.book(1, 5)
    assert [one["delta"] for one in bench.read()] == [5]
    assert ledger.switch_off(bench.folder)
    bench.started = False
    assert bench.day() == []
    assert bench.report["entities"]["stock_changes"]["left_out"] == 1
    assert "a change that was open when write_stock was switched off" in reasons(bench)
    assert bench.day() == []


def test_an_older_ledger_that_was_switched_off_and_on_writes_nothing_that_may_be_in_the_shop_already(
    bench: Bench,
) -> None:
    store, backup = bench.folder / "magento.sqlite", bench.folder / "backup"
    edited, deleted = bench.optiply.book(1, 5), bench.optiply.book(1, 4)
    assert sorted(bench.day()) == [4, 5]
    shutil.copy(store, backup)
    bench.optiply.day = 3
    bench.optiply.edit(edited, 8)
    del bench.optiply.receipts[deleted]
    bench.optiply.book(1, 50)
    assert sorted(bench.day()) == [-4, 3, 50]
    shutil.copy(backup, store)
    bench.shop.applied.clear()
    assert ledger.switch_off(bench.folder)
    bench.started = False
    assert bench.day() == []
    assert bench.day() == []
    bench.optiply.edit(edited, 9)
    assert bench.day() == [1], "from then on everything counts"


@pytest.mark.parametrize(("known", "word"), [(None, "gone"), ("2026-01-01 09:00:00", "older")])
def test_a_ledger_that_is_gone_or_older_than_the_bookmark_stops_the_way(
    tmp_path: Path, known: str | None, word: str
) -> None:
    def state(moment: str | None) -> dict[str, Any]:
        return {"bookmarks": {"receiptLines": {"replication_key_value": moment}}}

    saved = Bookmarks(Place.of(tmp_path), tmp_path / "outward" / "state.json", OUTWARD)
    with Snapshot.open(tmp_path, ledger.DESTINATION) as store:
        for moment in [known, "2026-01-02 09:00:00"]:
            with store.transaction():
                store.set_state(state(moment))
            check_ledger(saved, store)
        saved.save(state("2026-01-02 09:00:00"))
        check_ledger(saved, store)
        with store.transaction():
            store.set_state(state(known))
        with pytest.raises(LedgerLost, match=f"is {word} than .* set write_stock to false, run once"):
            check_ledger(saved, store)


def test_a_record_with_an_odd_value_costs_itself_and_is_named(bench: Bench) -> None:
    odd = bench.optiply.book(1, "many")
    bench.optiply.book(1, 5)
    assert bench.day() == [5]
    assert [str(odd)] in reasons(bench).values()


@pytest.mark.parametrize("seed", range(20))
def test_whatever_happens_to_receipts_each_is_applied_once_and_in_full(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    bench = Bench(tmp_path)
    optiply = bench.optiply
    for _ in range(chance.randrange(3)):
        optiply.book(chance.choice([1, 2, 3]), chance.randrange(1, 9))
    base = {one: row["quantity"] for one, row in optiply.receipts.items()}
    lines = {one: row["buyOrderLineId"] for one, row in optiply.receipts.items()}
    bench.day()
    for day in range(2, 10):
        optiply.day = day
        for _ in range(chance.randrange(5)):
            deed, there = chance.randrange(4), list(optiply.receipts)
            if deed == 0 and there:
                optiply.edit(chance.choice(there), chance.randrange(-3, 20))
            elif deed == 1 and there:
                del optiply.receipts[chance.choice(there)]
            else:
                made = optiply.book(chance.choice([1, 2, 3]), chance.randrange(1, 9), by_api=chance.random() < 0.2)
                lines[made] = optiply.receipts[made]["buyOrderLineId"]
        late = [one for one in optiply.receipts if chance.random() < 0.7]
        gone = tuple(bench.missing()) if chance.random() < 0.6 else ()
        offered = bench.read(late, gone)
        if chance.random() < 0.7:
            bench.write([one for one in offered if chance.random() < 0.8], tell=chance.random() < 0.8)
    bench.day()
    expected: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for receipt, line in lines.items():
        row = optiply.receipts.get(receipt)
        assembly, article = ORDERS[LINES[line][0]], ARTICLES[LINES[line][1]]
        if not assembly and not (row and row["createdFromPublicApi"]):
            expected[article.sku, "default"] += (row["quantity"] if row else 0) - base.get(receipt, 0)
    assert bench.shop.sums == {place: total for place, total in expected.items() if total}
