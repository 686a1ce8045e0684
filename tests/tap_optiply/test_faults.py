"""Trouble on Optiply's side costs time, or one record until it can be read."""

from typing import Any

import pytest

from sandbox.optiply import app
from sandbox.optiply.errors import ApiError
from sandbox.systems import Sandbox
from tests.tap_optiply.reading import do, fill, held, names_of_all_streams, read


def unreadable(monkeypatch: pytest.MonkeyPatch, bad: int) -> None:
    """Lets Optiply fail whenever it would show an object."""
    show = app.document

    def failing(store: Any, type_: str, stored: Any, base: str) -> Any:
        if stored.id == bad:
            raise ApiError(500, "an object cannot be shown")
        return show(store, type_, stored, base)

    monkeypatch.setattr(app, "document", failing)


@pytest.mark.parametrize(
    "fault",
    [
        {"every": 3, "status": 429, "headers": {"Retry-After": "0"}},
        {"every": 3, "status": 502},
        {"every": 4, "status": 503},
        {"every": 5, "status": 504},
        {"every": 4, "cut": "after"},
        {"every": 5, "status": 401},
    ],
    ids=lambda fault: str(fault.get("status", "cut")),
)
def test_every_stream_comes_whole_through_trouble(optiply_sandbox: Sandbox, fault: dict[str, Any]) -> None:
    fill(optiply_sandbox)
    optiply_sandbox.faults_optiply.add({**fault, "path": "/v1/"})
    reading = read(optiply_sandbox, page_size=4, retry_seconds=30)
    assert reading.error is None
    for name in names_of_all_streams()[:-2]:
        assert reading.ids(name) == held(optiply_sandbox, name), name


def test_a_record_that_optiply_cannot_show_costs_itself_until_it_can(
    optiply_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(optiply_sandbox, products=12)
    ids = held(optiply_sandbox, "receiptLines")
    bad = ids[7]
    unreadable(monkeypatch, bad)
    first = read(optiply_sandbox, "receiptLines", retry_seconds=0.2)
    assert first.ids("receiptLines") == [number for number in ids if number != bad]
    assert first.state["bookmarks"]["receiptLines"]["isolated"] == [bad]
    monkeypatch.undo()
    optiply_sandbox.clock.advance(seconds=3600)
    second = read(optiply_sandbox, "receiptLines", state=first.state)
    assert second.ids("receiptLines") == [bad]
    assert "isolated" not in second.state["bookmarks"]["receiptLines"]


def test_one_that_is_deleted_meanwhile_is_asked_for_no_more(optiply_sandbox: Sandbox) -> None:
    fill(optiply_sandbox, products=3)
    gone = held(optiply_sandbox, "receiptLines")[1]
    first = read(optiply_sandbox, "receiptLines")
    do(optiply_sandbox, "delete", "receiptLines", gone)
    first.state["bookmarks"]["receiptLines"]["isolated"] = [gone]
    second = read(optiply_sandbox, "receiptLines", state=first.state)
    assert "isolated" not in second.state["bookmarks"]["receiptLines"]
    assert any(f"{gone} could not be read earlier and is gone" in note for note in second.report["notes"])


def test_an_order_whose_line_cannot_be_shown_is_left_out_and_kept_in_mind(
    optiply_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(optiply_sandbox)
    good = do(optiply_sandbox, "order", {"SKU-1": 1})
    bad = held(optiply_sandbox, "buyOrderLines")[3]
    unreadable(monkeypatch, bad)
    optiply_sandbox.clock.advance(seconds=60)
    reading = read(optiply_sandbox, "buyOrders", retry_seconds=0.2)
    assert reading.ids("buyOrders") == [good]
    (order,) = set(held(optiply_sandbox, "buyOrders")) - {good}
    assert reading.state["bookmarks"]["buyOrders"]["isolated"] == [order]


@pytest.mark.parametrize("place", [0, -1])
def test_the_first_or_last_product_that_optiply_cannot_show_stops_no_run(
    optiply_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, place: int
) -> None:
    """The look at the account that comes before everything else must not depend on a record."""
    fill(optiply_sandbox)
    ids = held(optiply_sandbox, "products")
    unreadable(monkeypatch, ids[place])
    reading = read(optiply_sandbox, "products", "suppliers", retry_seconds=0.2)
    assert reading.error is None
    assert reading.ids("products") == [number for number in ids if number != ids[place]]
    assert reading.ids("suppliers") == held(optiply_sandbox, "suppliers")
