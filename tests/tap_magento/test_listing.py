"""The listing of products over a made-up shop: what is there, what counts, and when nothing may be concluded."""

from typing import Any

import pytest

from connector.lists.pages import Check, Outcome, Page
from connector.lists.question import Ask
from tap_magento.listing import Listed, ProductListing
from tests.connector.test_lists_by_id import Shop

Row = dict[str, Any]


class Products(Shop):
    """Its rows are products; `odd`: by id, what is different in a row."""

    def __init__(self, ids: list[int], bad: tuple[int, ...] = (), **more: Any) -> None:
        super().__init__(ids, bad, **more)
        self.config = {"page_size": 3}
        self.odd: dict[int, Row] = {}

    def fetch(self, ask: Ask, check: Check | None = None, *, others: bool = False) -> Outcome:
        outcome = super().fetch(ask, check, others=others)
        if isinstance(outcome, Page):
            rows = [
                {"id": row["id"], "sku": f"S-{row['id']}", "status": 1, "type_id": "simple"} for row in outcome.rows
            ]
            return Page([{**row, **self.odd.get(row["id"], {})} for row in rows], outcome.asked, outcome.total)
        return outcome


def read(shop: Products) -> tuple[list[Row], ProductListing]:
    listing = ProductListing(shop, shop.isolate)
    try:
        return [row for rows in listing.pages() for row in rows], listing
    finally:
        shop.pool.close()


def test_every_product_comes_once_and_is_kept_in_order() -> None:
    shop = Products(list(range(1, 24)))
    rows, listing = read(shop)
    assert rows[0] == {"id": 1, "sku": "S-1", "status": 1}
    assert [row["id"] for row in rows] == shop.ids
    assert listing.products[4] == Listed(5, "S-5", 1, "simple")
    assert (listing.counted, listing.usable, listing.off, len(listing.readable())) == (True, True, 0, 23)
    assert {ask.size for ask in shop.asked if ask.fields.startswith("id,")} == {9, 45}
    assert len(shop.asked) == 2, "one reading is enough where it agrees with the count"


def test_a_product_that_cannot_be_read_comes_last_with_its_id_alone() -> None:
    shop = Products(list(range(1, 12)), (4, 9))
    shop.odd = {2: {"sku": ["S-2"]}, 3: {"sku": None}}
    rows, listing = read(shop)
    assert rows[-4:] == [{"id": 2}, {"id": 3}, {"id": 4}, {"id": 9}]
    assert [row["id"] for row in rows[:-4]] == [1, 5, 6, 7, 8, 10, 11]
    assert sorted(shop.lost) == [2, 3, 4, 9]
    assert (listing.counted, listing.usable) == (True, True)
    assert [one.id for one in listing.products] == shop.ids
    assert [one.id for one in listing.readable()] == [1, 5, 6, 7, 8, 10, 11]
    assert listing.products[1] == Listed(2, None, None, None)


@pytest.mark.parametrize(("off", "usable"), [(1, True), (-1, True), (5, True), (6, False), (-6, False)])
def test_a_count_that_is_off_by_the_same_few_twice_proves_no_absence_and_is_usable(off: int, usable: bool) -> None:
    shop = Products(list(range(1, 24)), (4,), off=off)
    rows, listing = read(shop)
    assert sorted(row["id"] for row in rows) == shop.ids, "each once, though the list was read twice"
    assert shop.lost == [4]
    assert (listing.counted, listing.usable, listing.off) == (False, usable, off if usable else 0)


@pytest.mark.parametrize("off", [1, 2])
def test_a_product_that_the_first_reading_lacked_comes_with_the_second(off: int) -> None:
    shop = Products([*range(1, 9), 10], off=off)

    def appear(pages: int) -> None:
        if pages == 3:
            shop.ids.append(20)
            shop.off = 0

    shop.change = appear
    rows, listing = read(shop)
    assert [row["id"] for row in rows] == [*range(1, 9), 10, 20]
    assert (listing.counted, listing.usable, listing.off) == (True, True, 0)


def test_a_count_that_is_off_by_another_few_the_second_time_makes_nothing_usable() -> None:
    shop = Products(list(range(1, 24)), off=1)
    fetch = shop.fetch

    def wavering(ask: Ask, check: Check | None = None, *, others: bool = False) -> Outcome:
        shop.off = 1 if len(shop.asked) < 3 else 2
        return fetch(ask, check, others=others)

    shop.fetch = wavering  # type: ignore[method-assign]
    listing = read(shop)[1]
    assert (listing.counted, listing.usable, listing.off) == (False, False, 0)


@pytest.mark.parametrize(
    ("odd", "expected"),
    [
        ({"status": "2"}, (2, "simple")),
        ({"status": [2]}, (None, "simple")),
        ({"status": None}, (None, "simple")),
        ({"type_id": ["simple"]}, (1, None)),
        ({"type_id": None}, (1, None)),
    ],
    ids=str,
)
def test_status_and_type_are_known_where_they_can_be_read(odd: Row, expected: tuple[Any, Any]) -> None:
    shop = Products([1, 2])
    shop.odd = {2: odd}
    found = read(shop)[1].products[1]
    assert (found.sku, (found.status, found.type_id)) == ("S-2", expected)
