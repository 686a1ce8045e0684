"""Stock by difference is what a reading of all stock puts out, whatever has moved; in doubt, all is read."""

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.server.state import SandboxError
from sandbox.shop.collation import folded
from sandbox.shop.days import next_day
from sandbox.shop.products import COMPOSITES, Spec, stamp_text
from sandbox.shop.selling import Selling
from sandbox.shop.source_items import remove_source_item, write_source_item, write_stock_item
from sandbox.systems import Sandbox
from tap_magento import moved
from tap_magento.seen import FILE
from tests.tap_magento.reading import Reading, Record, read

STOCK = "product_stock_statuses"
WHOLE = "no earlier reading is known"


class Shop:
    """A shop whose stock is read again and again in one folder."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self.sandbox, self.folder = sandbox, folder
        self.shop, self.clock = sandbox.shop, sandbox.clock
        self.selling = Selling(self.shop, self.clock)
        self.state: Record | None = None

    def read(self, **config: Any) -> Reading:
        """The next run of the folder."""
        reading = read(
            self.sandbox.magento_url,
            *config.pop("streams", (STOCK,)),
            state=self.state,
            snapshot_dir=str(self.folder),
            **config,
        )
        self.state = reading.state
        return reading

    def afresh(self, **config: Any) -> Reading:
        """The same read by somebody who knows nothing."""
        return read(self.sandbox.magento_url, STOCK, stock_reading="bulk", **config)

    def now(self) -> str:
        """The shop's time as its rows have it."""
        return stamp_text(self.clock.now().replace(tzinfo=None))

    def some(self, dice: random.Random) -> Record:
        """A simple product that is sold."""
        return dice.choice([one for one in self.shop.sellable() if one["type_id"] not in COMPOSITES])


def how(reading: Reading) -> str:
    return str(reading.report["streams"][STOCK]["how"])


def alone(reading: Reading) -> int:
    """How many SKUs are asked singly in every run, since the export does not suffice for them."""
    return int(how(reading).split("; ")[1].split(" SKU")[0])


@pytest.fixture
def living(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    monkeypatch.setattr(moved, "FEW", 20)
    monkeypatch.setattr(moved, "CHECKED", 5)
    monkeypatch.setattr(moved, "ORDER_COSTS", 1)
    with Sandbox(products=150, orders=60) as sandbox:
        sandbox.clock.ticking = False
        shop = Shop(sandbox, tmp_path)
        # The shop's own orders have the time of its first evening.
        sandbox.clock.advance(seconds=3600)
        yield shop


def place(shop: Shop, dice: random.Random) -> None:
    shop.selling.place(
        {shop.some(dice)["sku"]: dice.randint(1, 3)},
        dice.choice(["new", "processing"]),
        store_id=dice.choice([1, 2, 3]),
    )


def on_an_order(deed: Callable[[Shop, int, random.Random], object]) -> Callable[[Shop, random.Random], None]:
    def does(shop: Shop, dice: random.Random) -> None:
        order = dice.choice([one for one in shop.shop.orders.values() if one["state"] in ("new", "processing")])
        try:
            deed(shop, order["entity_id"], dice)
        except SandboxError:
            return

    return does


def receive(shop: Shop, dice: random.Random) -> None:
    write_source_item(
        shop.shop,
        shop.some(dice)["sku"],
        dice.choice(["default", "ams", "rtm"]),
        dice.randint(-3, 60),
        dice.randint(0, 1),
    )


def withdraw(shop: Shop, dice: random.Random) -> None:
    remove_source_item(shop.shop, shop.some(dice)["sku"], dice.choice(["ams", "rtm"]))


def thresholds(shop: Shop, dice: random.Random) -> None:
    values: list[Record] = [
        {"min_qty": dice.randint(-20, 20)},
        {"backorders": dice.randint(0, 2)},
        {"manage_stock": dice.random() < 0.5},
        {"qty": dice.randint(0, 9)},
    ]
    write_stock_item(shop.shop, shop.some(dice), dice.choice(values))


def switch(shop: Shop, dice: random.Random) -> None:
    product = dice.choice(list(shop.shop.products.values()))
    shop.shop.edit_product(product["id"], shop.now(), status=3 - product["status"])


def rename(shop: Shop, dice: random.Random) -> None:
    """A SKU is changed: its source items follow, as inventory management does it."""
    product, catalogue = shop.some(dice), shop.shop
    old, new = product["sku"], f"{product['sku']}-R"
    catalogue.by_sku[folded(new)] = catalogue.by_sku.pop(folded(old))
    for source, sku in list(catalogue.stock.source_items):
        if sku == folded(old):
            row = catalogue.stock.source_items.pop((source, sku))
            catalogue.stock.source_items[source, folded(new)] = {**row, "sku": new}
    for stock_id in (1, 2):
        catalogue.stock.reservations[folded(new), stock_id] = catalogue.stock.reservations.pop(
            (folded(old), stock_id), 0.0
        )
    catalogue.stock.version += 1
    catalogue.edit_product(product["id"], shop.now(), sku=new)


def add(shop: Shop, dice: random.Random) -> None:
    sku = f"ADDED-{dice.randrange(10**9)}"
    spec = Spec(sku, default=float(dice.randint(0, 5)), sources={"ams": 4.0}, indexed=dice.random() < 0.7)
    shop.shop.add_product(spec, shop.now(), shop.now())


def delete(shop: Shop, dice: random.Random) -> None:
    shop.shop.delete_product(shop.some(dice)["id"])


def index(shop: Shop, _dice: random.Random) -> None:
    """The shop's own cron has come round."""
    shop.shop.stock.never_indexed.clear()
    shop.shop.stock.version += 1


DEEDS: tuple[Callable[[Shop, random.Random], None], ...] = (
    place,
    place,
    on_an_order(lambda shop, order, _dice: shop.selling.ship(order)),
    on_an_order(lambda shop, order, _dice: shop.selling.invoice(order)),
    on_an_order(lambda shop, order, _dice: shop.selling.cancel(order)),
    on_an_order(lambda shop, order, dice: shop.selling.refund(order, back_to=dice.choice([None, "ams"]))),
    receive,
    receive,
    withdraw,
    thresholds,
    switch,
    rename,
    add,
    delete,
    index,
)


@pytest.mark.parametrize("seed", range(10))
def test_by_difference_the_records_are_those_of_a_reading_of_everything(living: Shop, seed: int) -> None:
    dice = random.Random(seed)
    scope = {"store_code": dice.choice([None, "all", "b2b_en"])}
    living.read(**scope)
    by_difference = 0
    for _ in range(9):
        for deed in dice.sample(DEEDS, dice.randint(0, 4)):
            deed(living, dice)
        living.clock.advance(seconds=dice.choice([60, 1800, 5400]))
        reading, whole = living.read(**scope), living.afresh(**scope)
        assert not reading.report["notes"]
        assert reading.records[STOCK] == whole.records[STOCK]
        by_difference += how(reading).startswith("by difference")
    assert by_difference > 5


def test_nothing_moved_and_few_questions(living: Shop) -> None:
    first = living.read()
    assert "all was asked for" in how(first)
    singly = alone(first)
    living.clock.advance(seconds=3 * 3600)
    seen = len(living.sandbox.requests.entries)
    again = living.read()
    assert how(again).startswith(f"by difference: {singly} SKUs that may have moved, 5 others to be sure")
    assert again.records[STOCK] == first.records[STOCK]
    asked = [entry.path for entry in living.sandbox.requests.entries[seen:]]
    assert sum("export-stock" in path for path in asked) == 2, "the sample of the proof, and that of the difference"
    assert not [path for path in asked if path.startswith("/rest/all/")], "the admin's values are remembered"
    assert products_asked(living, seen) == ["updated_at", "a count"]
    assert again.bookmarks[STOCK]["complete"] is True


def products_asked(shop: Shop, since: int) -> list[str]:
    """What the shop was asked of its products, in the scope of the run: what changed, how many there are, or all."""
    entries = [one for one in shop.sandbox.requests.entries[since:] if one.path == "/rest/V1/products"]
    kinds = {"updated_at": "updated_at", "1000000000": "a count"}
    return [next((kind for sign, kind in kinds.items() if sign in one.query), "all") for one in entries]


def test_a_product_that_was_added_needs_no_new_listing(living: Shop) -> None:
    living.read()
    living.clock.advance(seconds=1800)
    add(living, random.Random(3))
    seen = len(living.sandbox.requests.entries)
    reading = living.read()
    assert products_asked(living, seen) == ["updated_at", "a count"]
    assert len(reading.records[STOCK]) == len(living.shop.products)
    assert reading.records[STOCK] == living.afresh().records[STOCK]


def test_where_a_product_cannot_be_read_the_products_are_listed_anew(living: Shop) -> None:
    number = living.some(random.Random(4))["id"]
    living.shop.poison("products", number)
    living.read()
    living.clock.advance(seconds=1800)
    seen = len(living.sandbox.requests.entries)
    assert len(living.read().records[STOCK]) == len(living.shop.products) - 1
    assert "all" in products_asked(living, seen)
    living.shop.heal()
    assert len(living.read().records[STOCK]) == len(living.shop.products)


def test_what_moved_before_a_reading_of_everything_is_asked_for_again_after_it(living: Shop) -> None:
    singly = alone(living.read())
    sku = next(row["sku"] for row in living.shop.sellable() if row["sku"].startswith("P-"))
    write_source_item(living.shop, sku, "ams", 77, 1)
    living.clock.advance(days=1)
    assert "once a night" in how(living.read())
    living.clock.advance(seconds=900)
    assert how(living.read()).startswith(f"by difference: {singly + 1} SKUs")


@pytest.mark.parametrize("zone", ["Europe/Amsterdam", "Pacific/Auckland", None])
def test_the_night_is_the_shops_own(living: Shop, zone: str | None) -> None:
    if zone is None:
        living.sandbox.faults_magento.add({"path": "storeConfigs", "status": 200, "body": "[]"})
    else:
        body = [{"id": 1, "code": "default", "website_id": 1, "timezone": zone}]
        living.sandbox.faults_magento.add({"path": "storeConfigs", "status": 200, "body": json.dumps(body)})
    living.clock.advance(seconds=3600 * 2.5)  # half past eleven
    living.read()
    nights = {"Europe/Amsterdam": 13.6, "Pacific/Auckland": 1.6, None: 14.6}  # hours until it is after two there
    living.clock.advance(seconds=3600 * (nights[zone] - 0.2))
    assert how(living.read()).startswith("by difference")
    living.clock.advance(seconds=3600 * 0.2)
    assert "once a night" in how(living.read())
    living.clock.advance(seconds=60)
    assert how(living.read()).startswith("by difference")


def test_who_wants_bulk_gets_all_and_keeps_nothing(living: Shop) -> None:
    living.read(stock_reading="bulk")
    assert not (living.folder / FILE).exists()


def test_where_most_may_have_moved_everything_is_read(living: Shop) -> None:
    living.read()
    living.clock.advance(seconds=60)
    for source, sku in list(living.shop.stock.source_items):
        write_source_item(living.shop, sku, source, 3, 1)
    reading = living.read()
    assert "may have moved)" in how(reading)
    assert reading.records[STOCK] == living.afresh().records[STOCK]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/V1/orders$", {"items": [{"entity_id": 5, "items": "none"}], "total_count": 1}),
        ("/V1/orders$", {"items": [{"entity_id": 5, "items": []}], "total_count": 40}),
        ("/V1/orders$", {"items": [{"entity_id": 5, "items": [{"sku": None}]}], "total_count": 1}),
        ("/export-stock", {"items": [], "total_count": 9}),
        ("/inventory/stock-source-links$", {"items": "none"}),
    ],
)
def test_an_answer_that_is_none_lets_everything_be_read(living: Shop, path: str, body: Record) -> None:
    living.read()
    living.clock.advance(seconds=1800)
    living.sandbox.faults_magento.add({"path": path, "status": 200, "body": json.dumps(body), "times": 3})
    reading = living.read(retry_seconds=1)
    assert not how(reading).startswith("by difference")
    found, whole = by_sku(reading), by_sku(living.afresh())
    assert len(found) > 100
    assert found == {sku: whole[sku] for sku in found}


def by_sku(reading: Reading) -> Record:
    """What can be bought of each SKU whose stock is managed; of others the two ways of reading say different things."""
    return {row["sku"]: row["qty"] for row in reading.records[STOCK] if row["stock_item"]["manage_stock"]}


def test_what_changed_of_the_products_cannot_be_read(living: Shop) -> None:
    living.read()
    living.clock.advance(seconds=1800)
    product = living.some(random.Random(5))
    living.shop.edit_product(product["id"], living.now())
    living.shop.poison("products", product["id"])
    seen = len(living.sandbox.requests.entries)
    assert len(living.read(retry_seconds=1).records[STOCK]) == len(living.shop.products) - 1
    assert "all" in products_asked(living, seen)


def test_a_product_that_was_sold_is_asked_for_again_until_an_index_has_followed(living: Shop) -> None:
    singly = alone(living.read())
    living.clock.advance(seconds=3600)
    sku = next(row["sku"] for row in living.shop.sellable() if row["sku"].startswith("P-"))
    living.selling.place({sku: 1})
    for minutes, moved_then in ((5, 1), (70, 1), (70, 1), (70, 1), (70, 0)):
        living.clock.advance(seconds=60 * minutes)
        assert how(living.read()).startswith(f"by difference: {singly + moved_then} SKU")


def test_what_no_order_and_no_source_item_tells_is_found_by_those_asked_to_be_sure(
    living: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moved, "CHECKED", 60)
    living.read()
    living.clock.advance(seconds=3 * 3600)
    stock = living.shop.stock
    for key in list(stock.source_items):
        stock.reservations[key[1], 2] -= 1
    stock.version += 1
    reading = living.read()
    assert [note for note in reading.report["notes"] if "no order and no source item tells so" in note]
    assert "some had moved that should not have" in how(reading)
    assert reading.records[STOCK] == living.afresh().records[STOCK]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda shop: setattr(shop, "state", None), "all was asked for"),
        (lambda shop: shop.clock.advance(days=1), "all is read once a night"),
        (lambda shop: (shop.folder / FILE).unlink(), WHOLE),
        (lambda shop: (shop.folder / FILE).write_text("{"), WHOLE),
        (lambda shop: (shop.folder / FILE).write_text('{"layout":1}'), WHOLE),
        (
            lambda shop: (shop.folder / FILE).write_text(
                (shop.folder / FILE).read_text().replace('"began":"2026', '"began":"9026')
            ),
            WHOLE,
        ),
        (
            lambda shop: (shop.folder / FILE).write_text(
                (shop.folder / FILE).read_text().replace('"began":"2026', '"began":"soon')
            ),
            WHOLE,
        ),
        (lambda shop: shop.sandbox.faults_magento.add({"path": "/V1/orders$", "status": 401}), "told: the right ("),
        (
            lambda shop: shop.sandbox.faults_magento.add({"path": "/inventory/sources$", "status": 500}),
            "cannot be told",
        ),
    ],
)  # fmt: skip
def test_where_it_cannot_be_told_everything_is_read(living: Shop, change: Callable[[Shop], object], why: str) -> None:
    living.read()
    living.clock.advance(seconds=1800)
    change(living)
    reading = living.read(retry_seconds=1)
    assert why in how(reading)
    assert reading.records[STOCK] == living.afresh().records[STOCK]


def test_another_scope_is_another_stock(living: Shop) -> None:
    living.read()
    assert WHOLE in how(living.read(store_code="all"))


def test_a_source_that_is_switched_off_moves_everything(living: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    living.read()
    body = {
        "items": [{"source_code": "default", "enabled": True}, {"source_code": "ams", "enabled": False}],
        "total_count": 2,
    }
    living.sandbox.faults_magento.add({"path": "/inventory/sources$", "status": 200, "body": json.dumps(body)})
    assert "sources or websites of the stock have changed" in how(living.read())


def test_many_orders_cost_more_than_they_save(living: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    living.read()
    living.clock.advance(seconds=60)
    place(living, random.Random(1))
    monkeypatch.setattr(moved, "ORDER_COSTS", 1000)
    assert "1 order that changed cost the shop as much" in how(living.read())


def test_the_listing_that_a_run_has_read_is_taken(living: Shop) -> None:
    living.read()
    living.clock.advance(seconds=60)
    seen = len(living.sandbox.requests.entries)
    reading = living.read(streams=("product_ids", STOCK))
    assert how(reading).startswith("by difference")
    assert products_asked(living, seen) == ["all", "updated_at"], "the second for what is remembered of the disabled"
    assert len(reading.records["product_ids"]) == len(living.shop.products)


def test_a_deleted_product_is_noticed_by_the_count(living: Shop) -> None:
    living.read()
    living.clock.advance(seconds=60)
    gone = living.shop.delete_product(living.some(random.Random(2))["id"])["sku"]
    reading = living.read()
    assert reading.report["streams"][STOCK]["isolated"] == [], "it is not asked for"
    skus = {row["sku"] for row in reading.records[STOCK]}
    assert gone not in skus
    assert len(skus) == len(living.shop.products)


def test_a_day_of_the_shop_is_followed(living: Shop) -> None:
    living.read()
    next_day(living.shop)
    living.clock.advance(days=1)
    reading = living.read()
    assert reading.records[STOCK] == living.afresh().records[STOCK]


def test_without_a_folder_nothing_is_kept(living: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ROOT_DIR", raising=False)
    monkeypatch.delenv("SNAPSHOT_DIR", raising=False)
    reading = read(living.sandbox.magento_url, STOCK)
    assert how(reading).startswith("in bulk: a sample read singly was equal;")


def test_a_folder_that_cannot_be_written_costs_a_note(living: Shop) -> None:
    living.folder = Path("/proc/nowhere")
    reading = living.read()
    assert [note for note in reading.report["notes"] if "cannot be written" in note and "next run reads all" in note]
    assert reading.error is None


def test_an_order_in_the_moment_between_is_no_alarm(living: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    living.read()
    living.clock.advance(seconds=3 * 3600)
    monkeypatch.setattr(moved, "CHECKED", 60)
    ask = moved.Difference._ask

    def order_first(self: moved.Difference, bulk: Any, products: Any) -> Any:
        for product in products[:3]:
            living.selling.place({product.sku: 1})
        return ask(self, bulk, products)

    monkeypatch.setattr(moved.Difference, "_ask", order_first)
    reading = living.read()
    assert how(reading).startswith("by difference")
    assert not reading.report["notes"]
    assert reading.records[STOCK] == living.afresh().records[STOCK]
