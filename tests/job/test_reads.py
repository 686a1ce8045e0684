"""The job asks a tap for the fields that its flow reads, and for no other."""

from functools import partial
from typing import Any

import pytest
from msgspec import Struct
from msgspec.structs import fields

from job.systems import SYSTEMS
from job.systems.magento import MAGENTO
from job.systems.reads import select_read
from job.systems.system import System
from magento_api.search import projection


class Line(Struct):
    sku: Any = None


class Order(Struct, rename={"number": "entity_id"}):
    number: Any = None
    items: list[Line] | None = None
    extras: dict[str, Any] | None = None


SCHEMA = {
    "properties": {
        "entity_id": {"type": ["integer"]},
        "status": {"type": ["string"]},
        "items": {"type": ["array"], "items": {"properties": {"sku": {}, "price": {}}}},
        "extras": {"type": ["object"], "properties": {"gift": {}}},
    }
}


def entry(name: str) -> dict[str, Any]:
    return {
        "tap_stream_id": name,
        "key_properties": ["entity_id"],
        "schema": SCHEMA,
        "metadata": [
            {"breadcrumb": [], "metadata": {"selected": True}},
            {"breadcrumb": ["properties", "status"], "metadata": {"inclusion": "available"}},
            {"breadcrumb": ["properties", "entity_id"], "metadata": {"inclusion": "automatic"}},
        ],
    }


def left_out(found: dict[str, Any]) -> set[tuple[str, ...]]:
    return {tuple(one["breadcrumb"]) for one in found["metadata"] if one["metadata"].get("selected") is False}


def is_selected(unread: set[tuple[str, ...]], crumb: tuple[str, ...]) -> bool:
    return crumb not in unread


def test_what_no_shape_names_is_left_out_inside_of_lists_too() -> None:
    orders, others = select_read({"streams": [entry("orders"), entry("others")]}, {"orders": Order})["streams"]
    assert left_out(orders) == {("properties", "status"), ("properties", "items", "properties", "price")}
    assert orders["metadata"][0] == {"breadcrumb": [], "metadata": {"selected": True}}
    assert len(orders["metadata"]) == len({tuple(one["breadcrumb"]) for one in orders["metadata"]})
    assert left_out(others) == set(), "of a stream that the flow does not read nothing is known"


def test_a_shop_is_asked_for_what_the_flow_reads() -> None:
    config = {"store_url": "http://127.0.0.1", "access_token": "t", "use_inventory_source_items": True}
    streams = {one["tap_stream_id"]: one for one in MAGENTO.catalog(config)["streams"]}
    assert MAGENTO.reads is not None
    for name, shape in MAGENTO.reads().items():
        unread = left_out(streams[name])
        asked = projection(streams[name]["schema"]["properties"], partial(is_selected, unread))
        tops = {crumb[1] for crumb in unread if len(crumb) == 2}
        properties = set(streams[name]["schema"]["properties"])
        names = {*(field.encode_name for field in fields(shape)), *streams[name]["key_properties"]}
        assert properties - tops == properties & names, name
        assert asked, name
    of_orders = left_out(streams["orders"])
    orders = projection(streams["orders"]["schema"]["properties"], partial(is_selected, of_orders))
    assert "items[" in orders
    assert "base_row_total" in orders
    assert "tax_percent" not in orders
    assert "shipping_description" not in orders


@pytest.mark.parametrize("system", SYSTEMS.values(), ids=list(SYSTEMS))
def test_no_stream_is_read_without_what_names_its_records_and_tells_their_changes(system: System) -> None:
    for stream in system.catalog({})["streams"]:
        needed = {("properties", name) for name in (*stream["key_properties"], stream.get("replication_key"))}
        assert not needed & left_out(stream), stream["tap_stream_id"]
