"""Flags that contradict each other and names that are wrong are errors with the remedy."""

from pathlib import Path
from typing import Any

import pytest

from etl.core.convert import CONVERSIONS
from etl.core.flags import ConfigError
from etl.core.mapping import parse_field_map
from etl.flows import load_config
from etl.magento.fields import FIELDS as MAP

TABLE = (Path(__file__).parents[2] / "configs" / "field_maps" / "magento.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        ({"pullAllOrders": True, "order_statuses": ["complete"]}, "set pullAllOrders to false or empty the list"),
        ({"use_stock_statuses": False}, "set one of them to true"),
        ({"warehouse_ids": ["ams"]}, "without use_inventory_source_items"),
        ({"force_patch_products": True, "not_sync_entities": ["products"]}, "change one of the two"),
        ({"not_sync_entities": ["sell_order"]}, "did you mean sellOrders"),
        ({"order_lines": "listed"}, 'order_lines="listed" cannot be used'),
        ({"max_disable_share": 2}, "max_disable_share=2 cannot be used"),
    ],
)
def test_a_configuration_that_cannot_be_meant_is_refused_with_the_remedy(flags: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError, match=says.replace("(", r"\(")):
        load_config(flags)


@pytest.mark.parametrize("said", [{}, {"use_stock_statuses": True}, {"use_stock_statuses": "true"}])
def test_inventory_mode_switches_stock_statuses_off_with_a_line_in_the_log(said: dict[str, Any]) -> None:
    config, notes = load_config({**said, "use_inventory_source_items": True})
    assert config.use_inventory_source_items
    assert notes == ["use_inventory_source_items is true: stock statuses are not used"]


@pytest.mark.parametrize("said", [False, "false"])
def test_stock_statuses_that_are_off_already_need_no_line(said: object) -> None:
    assert load_config({"use_stock_statuses": said, "use_inventory_source_items": True})[1] == []


def test_a_mistyped_flag_is_named_with_the_nearest_and_the_taps_keys_are_left_alone() -> None:
    _, notes = load_config({"map_stocklevel": False, "store_url": "https://shop.example", "page_size": 300})
    assert notes == ["config key 'map_stocklevel' is unknown and ignored; did you mean 'map_stockLevel'?"]


def test_values_that_a_platform_gives_as_text_are_understood() -> None:
    config, _ = load_config(
        {"use_inventory_source_items": "true", "warehouse_ids": "ams, rtm", "not_sync_entities": "ProductCompositions"}
    )
    assert config.warehouse_ids == ["ams", "rtm"]
    assert not config.composes


def test_the_table_maps_every_needed_field_with_known_conversions() -> None:
    rules = parse_field_map(TABLE, "field_map.csv", MAP)
    for entity, declared in MAP.entities.items():
        fields = [rule.field for rule in rules[entity]]
        assert set(declared.needed) <= set(fields) <= set(declared.fields)
        assert {rule.conversion for rule in rules[entity]} <= set(CONVERSIONS)
        assert all(rule.why for rule in rules[entity])


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("products,price,price,money", "products,prise,price,money", "line 6: 'prise' is not a known Optiply field"),
        ("products,price,price,money", "products,price,prcie,money", "not a known Magento field; did you mean price"),
        ("products,price,price,money", "products,price,price,mony", "is not a known conversion; did you mean money"),
        ("products,name,name,text_cut_255,yes", "products,name,name,text_cut_255,maybe", "is not a known value"),
        ("products,price,price,money", "products,name,price,money", "products.name is mapped twice"),
        ("sellOrders,placed,created_at,datetime,yes", "products,eanCode,sku,text_255,no", "not map sellOrders.placed"),
        (",".join(MAP.header), "a,b", "must start with the columns entity"),
    ],
)  # fmt: skip
def test_a_wrong_word_in_the_table_is_named_with_line_and_near_names(old: str, new: str, says: str) -> None:
    assert old in TABLE
    with pytest.raises(ConfigError) as raised:
        parse_field_map(TABLE.replace(old, new), "field_map.csv", MAP)
    assert says in str(raised.value)


@pytest.mark.parametrize(
    ("mapping", "says"),
    [
        ({"eanCod": "custom_attributes.ean"}, "'eanCod' is not a known Optiply product field; did you mean eanCode"),
        ({"price": "cost"}, "'cost' is not a known Magento field"),
        ({"price": {"magento_field": "custom_attributes.cost", "conversion": "moneys"}}, "did you mean money"),
    ],
)
def test_a_wrong_custom_mapping_lists_the_near_names(mapping: dict[str, Any], says: str) -> None:
    config, _ = load_config({"custom_mappings": mapping})
    with pytest.raises(ConfigError) as raised:
        parse_field_map(TABLE, "field_map.csv", MAP, config.own_sources)
    assert says in str(raised.value)


@pytest.mark.parametrize(("text", "line"), [('"ent"x' + TABLE, 1), (TABLE.replace("\n", '\n"products"x', 1), 2)])
def test_a_quotation_mark_out_of_place_is_named_in_the_head_as_in_any_line(text: str, line: int) -> None:
    with pytest.raises(ConfigError, match=rf"map\.csv line {line} is not CSV; look for a quotation mark"):
        parse_field_map(text, "map.csv", MAP)


def test_an_endless_word_is_not_shown_whole() -> None:
    with pytest.raises(ConfigError, match="is not a known conversion") as refused:
        parse_field_map(TABLE.replace(",identifier,", f",{'9' * 5000},", 1), "map.csv", MAP)
    assert len(str(refused.value)) < 1000
