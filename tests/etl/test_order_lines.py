"""No unit and no cent of an order is counted twice or lost."""

from typing import Any

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.magento.rules.order_lines import counted_lines

COLUMNS = ["order", "item_id", "parent_item_id", "product_id", "units", "money", "carries", "kit"]


def lines(*rows: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    """(item, parent, product, units, money[, kit]) → (product, units, cents)."""
    cells = [(0, *row[:5], row[4] != 0, len(row) > 5) for row in rows]
    found = counted_lines(pd.DataFrame(cells, columns=COLUMNS))
    return list(found[["product_id", "units", "money"]].itertuples(index=False, name=None))


def test_a_parent_that_the_order_lacks_makes_the_child_a_sale_of_its_own() -> None:
    assert lines((2, 1, "5", 2.0, 9.0)) == [("5", 2.0, 900)]


def test_a_child_that_carries_money_makes_the_parents_money_uncounted() -> None:
    assert lines((1, -1, "9", 1.0, 44.0), (2, 1, "1", 2.0, 12.0), (3, 1, "3", 4.0, 32.0)) == [
        ("1", 2.0, 1200),
        ("3", 4.0, 3200),
    ]


def test_the_remaining_cents_go_to_the_lowest_item_id() -> None:
    found = lines((1, -1, "9", 1.0, 0.05), (3, 1, "3", 1.0, 0.0), (2, 1, "2", 1.0, 0.0))
    assert found == [("2", 1.0, 3), ("3", 1.0, 2)]


def test_a_kit_of_dynamic_price_is_sold_for_what_its_parts_carry() -> None:
    assert lines((1, -1, "9", 1.0, 50.0, True), (2, 1, "2", 1.0, 20.0), (3, 1, "3", 1.0, 21.0)) == [("9", 1.0, 4100)]


def test_amounts_below_a_cent_add_up_to_the_order() -> None:
    assert sum(line[2] for line in lines((1, -1, "1", 1.0, 10.005), (2, -1, "2", 1.0, 10.005))) == 2001


# Whole numbers stand for ten-thousandths of units and of money, as many decimals as Magento stores.
UNITS = st.integers(1, 90_000)
MONEY = st.integers(0, 5_000_000)
PRODUCTS = st.sampled_from([None, "1", "2", "3", "4", "5"])


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_the_lines_of_an_order_say_what_its_counting_rows_say(data: st.DataObject) -> None:
    """Every order type at once, decimals, repeated products and rows without one: units and money in sum."""
    rows: list[tuple[Any, ...]] = []
    counted = sum_units = 0
    for _ in range(data.draw(st.integers(1, 5))):
        parent = len(rows) + 1
        kit, carried = data.draw(st.booleans()), data.draw(st.booleans())
        children = data.draw(st.lists(st.tuples(PRODUCTS, UNITS, MONEY), max_size=4))
        own_units, own_money = data.draw(UNITS), data.draw(MONEY)
        if children and (not carried or not any(money for _, _, money in children)):
            # What is split is split in whole cents.
            carried, own_money = False, own_money // 100 * 100
        row = (parent, -1, data.draw(PRODUCTS), own_units / 10_000, own_money / 10_000)
        rows.append((*row, True) if kit else row)
        for number, (product, units, money) in enumerate(children, start=1):
            rows.append((parent + number, parent, product, units / 10_000, money / 10_000 if carried else 0.0))
        counted += sum(money for _, _, money in children) if carried and children else own_money
        sum_units += own_units if kit or not children else sum(units for _, units, _ in children)
    found = lines(*data.draw(st.permutations(rows)))
    assert sum(line[2] for line in found) == (counted + 50) // 100
    assert round(sum(line[1] for line in found) * 10_000) == sum_units
    assert len({line[0] for line in found}) == len(found), "each product once"
