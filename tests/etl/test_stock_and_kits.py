"""The fine branches of stock and of the parts of kits, on tables as the rules are given them."""

import json
from typing import Any

import pandas as pd
import pytest

from etl.core.mapping import parse_field_map
from etl.magento.fields import FIELDS
from etl.magento.rules.compositions import PART_COLUMNS, WantedCompositions, kit_parts, wanted_compositions
from etl.magento.rules.stock import (
    counted_sources,
    one_per_product,
    optiply_stock,
    source_stock,
    status_stock,
    stock_by_product,
)
from tests.etl.test_order_facts import TABLE

ITEM_COLUMNS = ["sku", "source_code", "quantity", "in_stock"]


def sums(*items: tuple[Any, ...], counted: tuple[str, ...] = ("ams", "rtm")) -> dict[str, float | None]:
    """(SKU, source, quantity, in stock) → the sum of each SKU, None where it is unknown."""
    found = source_stock(pd.DataFrame(items, columns=ITEM_COLUMNS).astype({"in_stock": bool}), counted)
    return {sku: None if pd.isna(units) else units for sku, units in zip(found["sku"], found["quantity"], strict=True)}


class TestSourceItems:
    def test_the_counted_sources_are_summed_to_four_decimals(self) -> None:
        items = [("A", "ams", 0.1, True), ("A", "rtm", 0.2, True), ("A", "old", 50.0, True), ("B", "rtm", -3.0, True)]
        assert sums(*items) == {"A": 0.3, "B": -3.0}

    def test_what_is_out_of_stock_counts_0_and_what_cannot_be_read_makes_the_sum_unknown(self) -> None:
        assert sums(("A", "ams", 5.0, False), ("A", "rtm", 2.0, True)) == {"A": 2.0}
        assert sums(("A", "ams", None, True), ("A", "rtm", 2.0, True)) == {"A": None}
        assert sums(("A", "ams", None, False), ("A", "rtm", 2.0, True)) == {"A": None}

    def test_an_item_that_names_no_source_makes_the_sum_unknown_and_one_without_a_sku_is_nobodys(self) -> None:
        assert sums(("A", None, 5.0, True), ("A", "rtm", 2.0, True), ("B", "ams", 1.0, True)) == {"A": None, "B": 1.0}
        assert sums((None, "ams", 5.0, True), (None, None, 5.0, True), ("B", "ams", 1.0, True)) == {"B": 1.0}

    @pytest.mark.parametrize("reverse", [True, False])
    def test_of_two_items_of_one_source_the_larger_counts(self, reverse: bool) -> None:
        items = [("A", "ams", 5.0, True), ("A", "ams", 7.0, True), ("A", "ams", None, True)]
        assert sums(*(items[::-1] if reverse else items)) == {"A": 7.0}

    @pytest.mark.parametrize(
        ("chosen", "codes"), [((), {"ams"}), (("AMS", "nowhere "), {"ams", "nowhere"}), (("off",), {"off"})]
    )
    def test_the_chosen_sources_count_or_all_that_are_enabled(self, chosen: tuple[str, ...], codes: set[str]) -> None:
        sources = pd.DataFrame({"source_code": ["ams", "off", "odd", "old"], "enabled": [True, False, "yes", None]})
        assert counted_sources(sources, chosen) == codes


class TestStockOfProducts:
    def test_skus_become_products_and_the_rest_is_told_with_how_many_fit(self) -> None:
        stock = pd.DataFrame({"sku": ["A", "a", "B", "C", "D"], "quantity": [1.0, 2.0, None, 4.0, 5.0]})
        index = pd.Index(["A", "a", "B", "C", "D"])
        found = pd.DataFrame(
            {"product_id": ["1", "1", "2", None, None], "several": [False, False, False, True, False]}, index
        )
        by_product, rest = stock_by_product(stock, found)
        assert by_product["product_id"].tolist() == ["1", "2"]
        assert by_product["quantity"].fillna(-1).tolist() == [3.0, -1.0]
        assert rest[["sku", "several"]].values.tolist() == [["C", True], ["D", False]]

    @pytest.mark.parametrize(("salable", "units"), [(True, [3.0, None]), (False, [8.0, 2.0])])
    def test_a_status_of_no_product_says_nothing(self, salable: bool, units: list[float | None]) -> None:
        statuses = pd.DataFrame(
            {"product_id": ["1", None, "2"], "salable": [3.0, 9.0, None], "physical": [8.0, 9.0, 2.0],
             "manage_stock": [True, False, None]}
        )  # fmt: skip
        found = status_stock(statuses, salable=salable)
        assert found["product_id"].tolist() == ["1", "2"]
        assert [None if pd.isna(one) else one for one in found["quantity"]] == units
        assert found["manage_stock"].tolist() == [True, None]

    @pytest.mark.parametrize("reverse", [True, False])
    def test_of_several_rows_of_a_product_the_largest_known_one_is_kept(self, reverse: bool) -> None:
        rows = [("1", 5.0), ("2", 1.0), ("1", None), ("1", 7.0)]
        frame = pd.DataFrame(rows[::-1] if reverse else rows, columns=["product_id", "quantity"])
        assert sorted(one_per_product(frame).itertuples(index=False, name=None)) == [("1", 7.0), ("2", 1.0)]
        alone = pd.DataFrame({"product_id": ["1", "1", "2"]}).assign(manage_stock=True)
        assert one_per_product(alone)["product_id"].tolist() == ["1", "2"]

    @pytest.mark.parametrize(
        ("kind", "quantity", "managed", "units", "unlimited"),
        [
            ("simple", 4.0, True, 4.0, False),
            ("simple", 4.0, None, 4.0, False),
            ("simple", 4.0, False, 0, True),
            ("simple", None, False, 0, True),
            ("simple", None, True, None, False),
            ("virtual", 4.0, True, 0, True),
            ("virtual", None, None, 0, True),
            (None, 4.0, True, None, None),
            (None, None, None, None, None),
            (None, 4.0, False, None, None),
        ],
    )
    def test_what_optiply_is_told(self, kind: Any, quantity: Any, managed: Any, units: Any, unlimited: Any) -> None:
        """Beside a product of another make, for the columns' sake."""
        columns = {"type_id": [kind, "simple"], "quantity": [quantity, 1.0], "manage_stock": [managed, True]}
        told, endless = optiply_stock(pd.DataFrame(columns).astype({"type_id": object, "manage_stock": object}))
        assert (told[0], endless[0]) == (units, unlimited)
        assert (told[1], endless[1]) == (1.0, False)


class TestPartsOfKits:
    """SKU A is product 1, B is product 2, "twice" is that of two products, "none" of none; the kit is product 9."""

    FOUND = pd.DataFrame(
        {"product_id": ["1", "2", None, None, "9"], "several": [False, False, True, False, False]},
        pd.Index(["A", "B", "twice", "none", "kit"]),
    )

    def compositions(self, *parts: tuple[str, str, Any]) -> WantedCompositions:
        frame = pd.DataFrame(parts, columns=list(PART_COLUMNS)).astype(object)
        rules = parse_field_map(TABLE, "field_map.csv", FIELDS)["productCompositions"]
        return wanted_compositions(frame, self.FOUND, rules)

    def told(self, *parts: tuple[str, str, Any]) -> dict[str, Any]:
        """Remote id → quantity, or the reason why it is refused."""
        found = self.compositions(*parts)
        refused = found.refused.tolist()
        texts = [why if why else json.loads(text)["partQuantity"]
                 for text, why in zip(found.pictures["wanted"], refused, strict=True)]  # fmt: skip
        return dict(zip(found.pictures["remote_id"], texts, strict=True))

    def test_a_kit_s_text_is_taken_apart(self) -> None:
        kits = pd.DataFrame({"product_id": ["9", "8"], "kit": ['[["A",2],["B",1]]', '[["A",3]]']})
        assert kit_parts(kits).values.tolist() == [["9", "A", 2], ["9", "B", 1], ["8", "A", 3]]

    def test_each_part_is_a_record_and_what_cannot_be_told_is_unresolved(self) -> None:
        found = self.compositions(("9", "A", 2), ("9", "twice", 1), ("9", "none", 1), ("9", "kit", 1), ("8", "B", 3))
        assert found.pictures[["remote_id", "product_id", "part_id"]].values.tolist() == [
            ["9-1", "9", "1"], ["8-2", "8", "2"],
        ]  # fmt: skip
        assert found.unresolved[["product_id", "part_sku", "several"]].values.tolist() == [
            ["9", "twice", True], ["9", "none", False], ["9", "kit", False],
        ]  # fmt: skip

    def test_a_part_in_several_options_is_summed_within_its_kit(self) -> None:
        assert self.told(("9", "A", 2), ("9", "B", 1), ("9", "A", 3), ("8", "A", 4)) == {"9-1": 5, "9-2": 1, "8-1": 4}

    @pytest.mark.parametrize("reverse", [True, False])
    def test_a_part_of_which_one_quantity_is_odd_is_refused_with_it(self, reverse: bool) -> None:
        parts = [("9", "A", 2), ("9", "A", "many"), ("9", "B", 1), ("9", "B", 1)]
        told = self.told(*(parts[::-1] if reverse else parts))
        assert told["9-2"] == 2
        assert "number" in told["9-1"]
        (issue,) = self.compositions(*parts).issues
        assert "many" in str(issue)

    def test_an_odd_quantity_alone_is_refused(self) -> None:
        assert "number" in self.told(("9", "A", "many"))["9-1"]
