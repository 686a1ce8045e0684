"""A run over some parts of the shop reads their streams only."""

from typing import Any

from job.run.bookmarks import read_again
from job.run.parts import limited
from job.systems import DEFAULT

PARTS = tuple(DEFAULT.parts)


def catalog(*streams: str, selected: bool | None = None) -> dict[str, Any]:
    flags = {} if selected is None else {"selected": selected}
    return {
        "streams": [
            {"tap_stream_id": name, "metadata": [{"breadcrumb": [], "metadata": dict(flags)}]} for name in streams
        ]
    }


def chosen(found: dict[str, Any]) -> dict[str, bool | None]:
    return {item["tap_stream_id"]: item["metadata"][0]["metadata"].get("selected") for item in found["streams"]}


def test_streams_of_other_parts_are_deselected_and_the_rest_stays_as_it_was() -> None:
    found = chosen(limited(catalog("stores", "products", "orders", "sources"), DEFAULT, ["stock"]))
    assert found == {"stores": None, "products": False, "orders": False, "sources": None}


def test_a_stream_that_was_deselected_stays_so() -> None:
    assert chosen(limited(catalog("orders", selected=False), DEFAULT, ["orders"])) == {"orders": False}


def test_a_catalogue_without_metadata_is_understood() -> None:
    found = limited({"streams": [{"stream": "products"}]}, DEFAULT, ["orders"])
    assert found["streams"][0]["metadata"] == [{"breadcrumb": [], "metadata": {"selected": False}}]


def test_the_given_catalogue_is_left_alone() -> None:
    given = catalog("products")
    limited(given, DEFAULT, ["orders"])
    assert chosen(given) == {"products": None}


def test_each_part_has_streams_of_its_own() -> None:
    assert set(DEFAULT.parts) == set(PARTS)
    assert len(DEFAULT.streams_of(PARTS)) == sum(len(names) for names in DEFAULT.parts.values())


def test_the_streams_exist_in_the_tap() -> None:
    assert DEFAULT.streams_of(PARTS) <= set(DEFAULT.streams())


def mark(value: str) -> dict[str, str]:
    return {"replication_key": "updated_at", "replication_key_value": value}


def test_a_nightly_read_forgets_the_products_and_goes_back_some_days_for_orders() -> None:
    state = {"bookmarks": {name: mark("2026-01-31 08:00:00") for name in ("products", "orders", "invoices")}}
    found = read_again(state, DEFAULT.streams_of(("products", "stock", "orders")), "orders", 30)["bookmarks"]
    assert found == {"orders": mark("2026-01-01 08:00:00"), "invoices": mark("2026-01-31 08:00:00")}


def test_a_full_read_of_one_part_forgets_its_bookmarks_only() -> None:
    state = {"run_id": "a", "bookmarks": {name: mark("2026-01-31 08:00:00") for name in ("products", "orders")}}
    found = read_again(state, DEFAULT.streams_of(("orders",)), "orders", None)
    assert found == {"run_id": "a", "bookmarks": {"products": mark("2026-01-31 08:00:00")}}


def test_orders_without_a_bookmark_are_read_from_the_start() -> None:
    assert read_again({"bookmarks": {"orders": {}}}, {"orders"}, "orders", 30) == {"bookmarks": {}}
