"""Figures from files: numbered here, only where they changed."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from inventory.audit import status, why
from inventory.errors import InventoryError
from inventory.files import read_figures
from inventory.push import Pushed, push
from inventory.tables import Store
from tests.inventory.shop_double import START, ShopDouble

Work = Callable[..., Any]


def csv(store: Store, text: str, **options: Any) -> Pushed:
    return push(store, read_figures(text.encode(), "stock.csv", "default"), START, **{"batch_size": 200, **options})


@pytest.fixture(autouse=True)
def _products(shop: ShopDouble) -> None:
    for sku in "ABC":
        shop.product(sku)


def test_a_second_full_push_writes_nothing(store: Store, shop: ShopDouble, work: Work) -> None:
    full = "sku,quantity\nA,1\nB,2\nC,3\n"
    assert csv(store, full).queued == 3
    work()
    writes = shop.writes()
    again = csv(store, full)
    assert (again.queued, again.unchanged, again.messages) == (0, 3, [])
    work()
    assert (writes, shop.writes()) == (3, 3)


def test_an_incremental_push_makes_records_only_where_a_figure_changed(
    store: Store, shop: ShopDouble, work: Work
) -> None:
    csv(store, "sku,quantity\nA,1\nB,2\n")
    changed = csv(store, "sku,quantity\nA,1.0\nB,5\nC,3\n")
    assert (changed.queued, changed.unchanged) == (2, 1)
    work()
    assert [shop.standing(sku) for sku in "ABC"] == [1, 5, 3]


def test_initialise_makes_new_records_of_everything_with_increasing_numbers(
    store: Store, shop: ShopDouble, work: Work
) -> None:
    csv(store, "sku,quantity\nA,1\nB,2\n")
    work()
    shop._set("A", "default", "9", True)
    assert csv(store, "sku,quantity\nA,1\nB,2\n", initialise=True).queued == 2
    assert work().applied == 2
    assert shop.standing("A") == 1
    assert [why(store, sku).standing[0].sequence for sku in "AB"] == [3, 4]


def test_messages_are_numbered_in_a_channel_of_their_own_and_never_again(store: Store, work: Work, clock: Any) -> None:
    assert csv(store, "sku,quantity\nA,1\nB,2\nC,3\n", batch_size=2).messages == [1, 2]
    work()
    clock.pass_(days=100)
    work()
    assert status(store).messages == 0
    assert csv(store, "sku,quantity\nA,2\n").messages == [3]


def test_a_sequence_of_the_file_counts_and_the_same_again_is_a_duplicate(
    store: Store, shop: ShopDouble, work: Work
) -> None:
    csv(store, "sku,quantity,sequence\nA,1,500\n")
    csv(store, "sku,quantity,sequence\nA,2,499\nB,1,7\n")
    work()
    csv(store, "sku,quantity,sequence\nA,3,500\n")
    found = work()
    assert (found.duplicate, shop.standing("A"), shop.standing("B")) == (1, 1, 1)


def test_a_number_of_our_own_is_newer_than_what_a_warehouse_system_sent(
    store: Store, shop: ShopDouble, work: Work, send: Callable[..., Any]
) -> None:
    csv(store, "sku,quantity\nA,1\n")
    send(71, ("A", "5", 5012))
    work()
    assert csv(store, "sku,quantity\nA,1\n").queued == 1
    work()
    assert (shop.standing("A"), why(store, "A").standing[0].sequence) == (1, 5013)


def test_the_same_sku_twice_in_a_file_ends_with_the_later_figure(store: Store, shop: ShopDouble, work: Work) -> None:
    csv(store, "sku,quantity\nA,1\na,2\n")
    work()
    assert shop.standing("A") == 2


def test_refused_rows_are_kept_and_counted(store: Store) -> None:
    found = csv(store, "sku,quantity\nA,1\nB,x\n")
    assert [row.sku for row in found.refused] == ["B"]
    assert status(store).states == {"received": 1, "refused": 1}
    assert why(store, "B").entries[0].state == "refused"


def test_the_largest_sequence_of_a_sender_blocks_its_key_alone(store: Store, send: Callable[..., Any]) -> None:
    send(1, ("A", "5", 2**63 - 1))
    assert csv(store, "sku,quantity\nB,1\n").queued == 1
    with pytest.raises(InventoryError, match="largest sequence"):
        csv(store, "sku,quantity\nA,1\n")


def test_a_figure_that_came_to_nothing_is_queued_again(store: Store, shop: ShopDouble, work: Work) -> None:
    stock = "sku,quantity,source\nA,1,east\n"
    csv(store, stock)
    assert work().dead == 1
    shop.data["sources"].append(["east", 2])
    assert csv(store, stock).queued == 1
    assert work().applied == 1
    assert shop.standing("A", "east") == 1
    assert csv(store, stock).unchanged == 1


def test_a_figure_that_still_waits_is_not_queued_twice(store: Store, shop: ShopDouble, work: Work) -> None:
    csv(store, "sku,quantity\nLATER,4\n")
    assert work().waiting == 1
    assert csv(store, "sku,quantity\nLATER,4\n").unchanged == 1


def test_a_later_last_order_makes_a_new_record_of_the_same_figure(store: Store, shop: ShopDouble, work: Work) -> None:
    line = "sku,quantity,last_order_exported\nA,10,2026-11-25T{}:00Z\n"
    csv(store, line.format("11:00"))
    work()
    shop.order("A", 4, START - timedelta(minutes=30))
    assert csv(store, line.format("11:00")).unchanged == 1
    assert csv(store, line.format("11:59")).queued == 1
    work()
    assert (shop.standing("A"), shop.salable("A")) == (14, 10)
