"""What Optiply should hold of a product, fact by fact: stock, status, what is held back and what stays as it was."""

import json
from typing import Any

import pandas as pd
import pytest

from etl.core.mapping import parse_field_map
from etl.flows import load_config
from etl.magento.fields import FIELDS
from etl.magento.rules.products import (
    GONE_UNKNOWN,
    NOT_CREATED,
    STOCK_UNKNOWN,
    TYPE_UNKNOWN,
    product_rules,
    wanted_products,
)
from tests.etl.test_order_facts import TABLE

USUAL: dict[str, Any] = {
    "product_id": "1", "sku": "A", "type_id": "simple", "status": "1", "attributes": '{"name":"Tee","price":10}',
    "quantity": 4.0, "manage_stock": True, "updated_at": "2026-01-01 10:00:00", "fixed_kit": False, "gone": False,
    "known": False, "needed": False, "disabled_there": False, "stored": None,
}  # fmt: skip
FLAGS = ("fixed_kit", "gone", "known", "needed", "disabled_there")


def told(flags: dict[str, Any] | None = None, **facts: Any) -> dict[str, Any]:
    """The picture of a product, beside one of another make, with why it is held and what is kept."""
    columns = {name: [{**USUAL, **facts}[name], USUAL[name]] for name in USUAL}
    frame = pd.DataFrame(columns).astype({name: object for name in USUAL if name not in {*FLAGS, "quantity"}})
    config, _ = load_config(flags or {})
    rules = product_rules(parse_field_map(TABLE, "field_map.csv", FIELDS, config.own_sources)["products"], config)
    found = wanted_products(frame.astype(dict.fromkeys(FLAGS, bool)), rules, config)
    neighbour = json.loads(found.pictures["wanted"][1])
    assert (neighbour["stockLevel"], neighbour["status"], found.pictures["held"][1]) == (4, "enabled", None)
    kept = {"kept_stock": bool(found.kept_stock[0]), "kept_disabled": bool(found.kept_disabled[0])}
    return {**json.loads(found.pictures["wanted"][0]), "held": found.pictures["held"][0], **kept}


def picture(**values: Any) -> str:
    """What an earlier run stored."""
    return json.dumps({"status": "enabled", "stockLevel": 9, "unlimitedStock": False, **values})


NEW_STOCK = {"known": True, "stored": picture()}
NO_STOCK = {"known": True, "quantity": None, "stored": picture()}


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, {"stockLevel": 4, "unlimitedStock": False, "status": "enabled", "held": None, "kept_stock": False}),
        (NEW_STOCK, {"stockLevel": 4, "kept_stock": False, "held": None}),
        (NO_STOCK, {"stockLevel": 9, "unlimitedStock": False, "kept_stock": True, "held": None}),
        ({**NO_STOCK, "known": False}, {"held": STOCK_UNKNOWN, "kept_stock": False}),
        ({**NO_STOCK, "stored": None}, {"held": None, "kept_stock": True}),
        ({"manage_stock": False}, {"stockLevel": 0, "unlimitedStock": True}),
        ({"type_id": None}, {"held": TYPE_UNKNOWN}),
        (
            {"type_id": None, "known": True, "stored": picture(unlimitedStock=True)},
            {"unlimitedStock": True, "held": None},
        ),
        ({"type_id": None, "known": True, "stored": picture(stockLevel=7)}, {"stockLevel": 7, "unlimitedStock": False}),
        ({"known": True, "stored": picture(unlimitedStock=True)}, {"unlimitedStock": False}),
        ({**NO_STOCK, "stored": picture(unlimitedStock=True)}, {"unlimitedStock": False}),
    ],
    ids=str,
)
def test_stock(facts: dict[str, Any], expected: dict[str, Any]) -> None:
    found = told(**facts)
    assert {name: found.get(name) for name in expected} == expected


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"status": "2"}, {"status": "disabled", "held": NOT_CREATED}),
        ({"status": "2", "known": True}, {"status": "disabled", "held": None}),
        ({"status": "2", "needed": True}, {"status": "disabled", "stockLevel": 4, "held": None}),
        ({"status": "2", "needed": True, "quantity": None}, {"status": "disabled", "stockLevel": 0, "held": None}),
        ({"status": "1", "needed": True, "quantity": None}, {"held": STOCK_UNKNOWN}),
        ({"gone": True}, {"status": "disabled", "held": GONE_UNKNOWN}),
        ({"gone": True, "needed": True}, {"status": "disabled", "held": GONE_UNKNOWN}),
        ({"gone": True, "known": True}, {"status": "disabled", "held": None}),
        ({"known": True, "disabled_there": True}, {"status": "enabled", "kept_disabled": False}),
        ({**NO_STOCK, "disabled_there": True}, {"status": "disabled", "kept_disabled": True}),
        ({**NO_STOCK, "stored": picture(status="disabled")}, {"status": "disabled", "kept_disabled": True}),
        ({**NO_STOCK, "disabled_there": True, "status": "2"}, {"status": "disabled", "kept_disabled": False}),
        ({**NO_STOCK, "known": False, "disabled_there": True}, {"status": "enabled", "kept_disabled": False}),
        (NO_STOCK, {"status": "enabled", "kept_disabled": False}),
    ],
    ids=str,
)
def test_status(facts: dict[str, Any], expected: dict[str, Any]) -> None:
    found = told(**facts)
    assert {name: found.get(name) for name in expected} == expected


@pytest.mark.parametrize(
    ("facts", "held"),
    [({"status": "2"}, None), ({"status": "2", "quantity": None}, STOCK_UNKNOWN), ({"gone": True}, GONE_UNKNOWN)],
    ids=str,
)
def test_disabled_products_are_created_where_the_configuration_says_so(facts: dict[str, Any], held: str | None) -> None:
    assert told({"create_disabled_products": True}, **facts)["held"] == held


@pytest.mark.parametrize(("flags", "there"), [({}, True), ({"sync_compositions": False}, False)])
def test_a_kit_is_assembled_where_compositions_are_kept(flags: dict[str, Any], there: bool) -> None:
    found = told(flags, type_id="bundle", fixed_kit=True)
    assert ("assembled" in found) is there
    assert found.get("assembled", True) is True


@pytest.mark.parametrize(
    ("attributes", "code"), [({"ean": "8712345678906"}, "8712345678906"), ({}, None), (None, None)]
)
def test_a_tenants_own_attribute_is_taken_where_the_product_has_it(attributes: Any, code: str | None) -> None:
    facts = json.dumps({"name": "Tee", "price": 10, "custom_attributes": attributes})
    assert told({"custom_mappings": {"eanCode": "custom_attributes.ean"}}, attributes=facts).get("eanCode") == code
