"""The Optiply sandbox's objects on disk and in memory: journal, restart, counts and pictures."""

from pathlib import Path

import pytest

from sandbox.optiply.picture import picture
from sandbox.optiply.store import OptiplyStore
from sandbox.optiply.writes import create, delete, update
from sandbox.server.clock import FIRST_DAY, Clock

PLACED = "2026-01-02T03:04:05Z"


def new_store(journal: Path | None = None) -> OptiplyStore:
    return OptiplyStore(Clock(), journal)


def order_a_lamp(store: OptiplyStore, remote_id: str = "1") -> int:
    """Create a product and an order for it, and return the product's id."""
    product = create(store, "products", {"name": "Lamp", "stockLevel": 1, "remoteId": remote_id}, "77")
    line = {"quantity": 1, "subtotalValue": 5, "productId": product.id}
    order = {"placed": PLACED, "totalValue": 5, "remoteId": remote_id, "orderLines": [line]}
    create(store, "sellOrders", order, "77")
    return product.id


def test_a_store_opened_again_holds_what_was_written(tmp_path):
    journal = tmp_path / "deep" / "optiply.jsonl"
    store = new_store(journal)
    lamp = order_a_lamp(store)
    gone = create(store, "products", {"name": "Gone", "stockLevel": 1}, None)
    update(store, "products", str(lamp), {"price": 3}, "77")
    delete(store, "products", str(gone.id))
    before = store.dump()
    store.close()
    again = new_store(journal)
    assert again.dump() == before
    assert again.new_id() > gone.id, "ids are never given twice"
    again.close()


def test_a_torn_last_line_is_forgotten_and_the_journal_goes_on(tmp_path):
    journal = tmp_path / "optiply.jsonl"
    store = new_store(journal)
    order_a_lamp(store, "1")
    whole = store.dump()
    order_a_lamp(store, "2")
    store.close()
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[:2]) + lines[2][:-20])
    again = new_store(journal)
    assert again.dump() == whole
    order_a_lamp(again, "3")
    held = again.dump()
    again.close()
    third = new_store(journal)
    assert third.dump() == held
    third.close()


def test_an_order_and_its_lines_are_one_line_of_the_journal(tmp_path):
    journal = tmp_path / "optiply.jsonl"
    store = new_store(journal)
    order_a_lamp(store)
    store.close()
    assert len(journal.read_bytes().splitlines()) == 2


def test_a_store_opened_again_is_never_earlier_than_what_it_holds(tmp_path):
    journal = tmp_path / "optiply.jsonl"
    late = OptiplyStore(Clock(FIRST_DAY, ticking=False), journal)
    late.clock.advance(seconds=500)
    order_a_lamp(late)
    late.close()
    clock = Clock(FIRST_DAY)
    again = OptiplyStore(clock, journal)
    assert (clock.now() - FIRST_DAY).total_seconds() >= 500
    again.close()


def test_a_reset_store_is_empty_for_good(tmp_path):
    journal = tmp_path / "optiply.jsonl"
    store = new_store(journal)
    order_a_lamp(store)
    store.reset()
    assert store.counts() == {}
    order_a_lamp(store)
    held = store.dump()
    store.close()
    again = new_store(journal)
    assert again.dump() == held
    again.close()


def test_counts_name_the_types_that_have_objects():
    store = new_store()
    order_a_lamp(store)
    assert store.counts() == {"products": 1, "sellOrders": 1, "sellOrderLines": 1}


def test_two_stores_filled_alike_in_another_order_have_equal_pictures():
    first, second = new_store(), new_store()
    for remote_id in ("1", "2"):
        order_a_lamp(first, remote_id)
    for remote_id in ("2", "1"):
        order_a_lamp(second, remote_id)
    assert first.dump() != second.dump()
    assert picture(first) == picture(second)
    order_a_lamp(second, "1")
    assert picture(first) != picture(second)


@pytest.mark.parametrize(("precision", "shape"), [("seconds", 20), ("milliseconds", 24), ("microseconds", 27)])
def test_times_of_writing_have_the_precision_that_was_chosen(precision, shape):
    store = new_store()
    store.settings.timestamps = precision
    stored = create(store, "products", {"name": "Lamp", "stockLevel": 1}, None)
    assert len(stored.attributes["createdAt"]) == shape
    assert stored.attributes["createdAt"].startswith("2026-01-15T08:00:0")
