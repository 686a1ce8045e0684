"""Records change, come and go while the tap reads: none untouched is lost or doubled, the touched ones follow."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from typing import Any

import pytest

from connector.http.client import HttpClient
from sandbox.shop.collation import folded
from sandbox.shop.orders import Draft
from sandbox.shop.products import Spec
from sandbox.shop.shop import Shop
from sandbox.systems import Sandbox
from tests.tap_magento.reading import Reading, read

Reader = Callable[..., Reading]


class Meddler:
    """Changes the shop inside its own server, after every second request of the tap."""

    def __init__(self, sandbox: Sandbox) -> None:
        assert sandbox.shop is not None
        self.sandbox = sandbox
        self.shop: Shop = sandbox.shop
        self.random = random.Random(11)
        self.edited: set[int] = set()
        self.deleted: set[int] = set()
        self.added: set[int] = set()
        self.gone_items: set[tuple[str, str]] = set()
        self.new_items: set[tuple[str, str]] = set()
        self._seen = 0

    def after_request(self) -> None:
        self._seen += 1
        if self._seen % 2 == 0:
            self.sandbox.call(self._meddle)

    def _meddle(self) -> None:
        now = self.sandbox.clock.now().strftime("%Y-%m-%d %H:%M:%S")
        victim = self.random.choice(sorted(self.shop.products))
        deed = self.random.randrange(4)
        if deed == 0 and victim not in self.added:
            self.shop.edit_product(victim, now, name=f"edited {self._seen}")
            self.edited.add(victim)
        elif deed == 1 and self.shop.products[victim]["type_id"] == "simple":
            self.shop.delete_product(victim)
            self.deleted.add(victim)
        elif deed == 2:
            made = self.shop.add_product(Spec(f"LATE-{self._seen}", default=3.0), now, now)
            self.added.add(made["id"])
            self.new_items.update(key for key in self.shop.stock.source_items if key[1] == folded(made["sku"]))
        else:
            key = self.random.choice(sorted(self.shop.stock.source_items))
            self.shop.stock.source_items.pop(key)
            self.shop.stock.version += 1
            self.gone_items.add(key)


def meddle_while_reading(monkeypatch: pytest.MonkeyPatch, meddler: Meddler) -> None:
    """Lets the meddler act between the requests of whatever the tap reads from now on."""
    send = HttpClient._send

    def and_meddle(self: HttpClient, *given: Any) -> Any:
        outcome = send(self, *given)
        meddler.after_request()
        return outcome

    monkeypatch.setattr(HttpClient, "_send", and_meddle)


@pytest.fixture
def meddler(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Meddler:
    meddler = Meddler(sandbox)
    meddle_while_reading(monkeypatch, meddler)
    return meddler


@pytest.mark.parametrize("in_flight", [1, 8])
@pytest.mark.parametrize("size", [1, 4])
def test_untouched_products_come_once_and_touched_ones_in_this_run_or_the_next(
    sandbox: Sandbox, meddler: Meddler, monkeypatch: pytest.MonkeyPatch, size: int, in_flight: int
) -> None:
    before = set(meddler.shop.products)
    first = read(sandbox.magento_url, "products", "product_ids", page_size=size, max_concurrency=in_flight)
    touched = meddler.edited | meddler.deleted | meddler.added
    assert meddler.edited, "nothing was edited, so the test proves nothing"
    assert meddler.deleted, "nothing was deleted, so the test proves nothing"
    counts = Counter(first.ids("products"))
    assert not [number for number, times in counts.items() if times > 1]
    assert before - touched <= set(counts)
    assert before - touched <= set(first.ids("product_ids"))
    assert len(first.ids("product_ids")) == len(set(first.ids("product_ids")))
    monkeypatch.undo()
    sandbox.clock.advance(seconds=120)
    second = read(sandbox.magento_url, "products", state=first.state, page_size=50)
    late = (meddler.edited | meddler.added) - meddler.deleted
    assert late <= set(first.ids("products")) | set(second.ids("products"))
    for number in late - set(second.ids("products")):
        record = next(row for row in first.records["products"] if row["id"] == number)
        assert record["name"] == meddler.shop.products[number]["name"]


class SalesMeddler(Meddler):
    """Completes orders (with an invoice and a shipment each), places new ones and deletes others."""

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__(sandbox)
        self.before = {name: set(getattr(self.shop, name)) for name in DOCUMENTS.values()}
        self.lines_before = lines_of(self.shop, set(self.shop.orders))

    def _meddle(self) -> None:
        now = self.sandbox.clock.now().strftime("%Y-%m-%d %H:%M:%S")
        deed = self.random.randrange(3)
        if deed == 0 and self.shop.drafts:
            number = self.random.choice(sorted(self.shop.drafts))
            self.shop.complete_order(number, now)
            self.edited.add(number)
        elif deed == 1:
            number = self.random.choice(sorted(set(self.shop.orders) - set(self.shop.drafts)))
            self.shop.orders.pop(number)
            self.deleted.add(number)
            self.shop.touch("orders")
        elif deed == 2:
            model = self.shop.drafts or self._models
            draft = model[self.random.choice(sorted(model))]
            self.added.add(self.shop.place_order(replace(draft, created_at=now, updated_at=now))["entity_id"])

    @cached_property
    def _models(self) -> dict[int, Draft]:
        return dict(self.shop.drafts)


def lines_of(shop: Shop, orders: set[int]) -> set[int]:
    return {item["item_id"] for number in orders for item in shop.orders[number]["items"]}


DOCUMENTS = {"orders": "orders", "invoices": "invoices", "shipments": "shipments", "credit_memos": "creditmemos"}


@pytest.mark.parametrize(("size", "in_flight"), [(1, 1), (4, 8)])
def test_untouched_sales_documents_come_once_and_touched_ones_in_this_run_or_the_next(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, size: int, in_flight: int
) -> None:
    meddler = SalesMeddler(sandbox)
    assert meddler._models, "the shop has unfinished orders"
    meddle_while_reading(monkeypatch, meddler)
    streams = (*DOCUMENTS, "order_items")
    first = read(sandbox.magento_url, *streams, page_size=size, max_concurrency=in_flight)
    monkeypatch.undo()
    assert meddler.edited, "no order was completed, so the test proves nothing"
    assert meddler.added, "no order was placed, so the test proves nothing"
    assert meddler.deleted, "no order was deleted, so the test proves nothing"
    sandbox.clock.advance(seconds=120)
    second = read(sandbox.magento_url, *streams, state=first.state, page_size=50)
    touched = meddler.edited | meddler.added | meddler.deleted
    for stream, held in DOCUMENTS.items():
        ids, later = first.ids(stream, "entity_id"), second.ids(stream, "entity_id")
        assert len(ids) == len(set(ids)), stream
        there = set(getattr(meddler.shop, held))
        untouched = {n for n in meddler.before[held] & there if held != "orders" or n not in touched}
        assert untouched <= set(ids), stream
        assert there <= set(ids) | set(later), f"{stream}: a new or changed one came in neither run"
    states = {row["entity_id"]: row["state"] for reading in (first, second) for row in reading.records["orders"]}
    assert {n: states[n] for n in meddler.edited - meddler.deleted} == dict.fromkeys(
        meddler.edited - meddler.deleted, "complete"
    )
    lines = first.ids("order_items", "item_id")
    assert len(lines) == len(set(lines))
    here = lines_of(meddler.shop, set(meddler.shop.orders))
    assert meddler.lines_before & lines_of(meddler.shop, set(meddler.shop.orders) - touched) <= set(lines)
    assert here <= set(lines) | set(second.ids("order_items", "item_id"))


@pytest.mark.parametrize("in_flight", [1, 8])
def test_untouched_source_items_come_once_while_others_come_and_go(
    sandbox: Sandbox, meddler: Meddler, in_flight: int
) -> None:
    before = set(meddler.shop.stock.source_items)
    reading = read(sandbox.magento_url, "source_items", source_items_page_size=3, max_concurrency=in_flight)
    assert meddler.gone_items, "nothing was deleted, so the test proves nothing"
    counts = Counter((row["source_code"], folded(row["sku"])) for row in reading.records["source_items"])
    assert not [pair for pair, times in counts.items() if times > 1]
    assert before - meddler.gone_items <= set(counts)


def test_a_numbered_list_that_moves_is_read_again_until_it_holds_still(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = sandbox.shop
    assert shop is not None
    first = min(shop.stock.items.items(), key=lambda pair: pair[1]["item_id"])[0]
    seen: list[str] = []
    send = HttpClient._send

    def and_delete_once(self: HttpClient, target: str, *given: Any) -> Any:
        outcome = send(self, target, *given)
        seen.append(target)
        if sum("lowStock" in item for item in seen) == 2:
            seen.append("lowStock")
            shop.stock.forget_product(first)
        return outcome

    monkeypatch.setattr(HttpClient, "_send", and_delete_once)
    reading = read(sandbox.magento_url, "product_item_stocks", source_items_page_size=5, max_concurrency=1)
    left = {item["item_id"] for item in shop.stock.items.values() if item["qty"] is not None}
    ids = reading.ids("product_item_stocks", "item_id")
    assert left <= set(ids), "the row that moved to the page before was not lost"
    assert len(ids) == len(set(ids))
    assert reading.bookmarks["product_item_stocks"]["complete"] is True
