"""A complete reading of the products is their listing, too: nothing is asked twice, and nothing is taken unproven."""

from collections.abc import Callable
from urllib.parse import unquote

import pytest

from sandbox.systems import Sandbox
from tests.tap_magento.reading import Reading

Reader = Callable[..., Reading]


def listings(sandbox: Sandbox) -> int:
    """How often ids and SKUs alone were asked for."""
    entries = sandbox.requests.select(api="magento")
    return sum("items[id,sku,status,type_id]" in unquote(entry.query) for entry in entries)


def test_a_full_reading_asks_for_no_listing_and_lists_the_same(sandbox: Sandbox, reader: Reader) -> None:
    derived = reader("products", "product_ids", page_size=10)
    assert listings(sandbox) == 0
    asked = reader("product_ids", page_size=10)
    assert listings(sandbox) > 0
    assert derived.records["product_ids"] == asked.records["product_ids"]
    assert derived.bookmarks["product_ids"]["complete"] is True
    assert derived.ids("product_ids") == sorted(sandbox.shop.products)


def test_what_changed_alone_is_no_listing(sandbox: Sandbox, reader: Reader) -> None:
    first = reader("products")
    assert reader("products", "product_ids", state=first.state).ids("product_ids") == sorted(sandbox.shop.products)
    assert listings(sandbox) > 0


def test_where_a_product_cannot_be_read_the_listing_is_asked_for(sandbox: Sandbox, reader: Reader) -> None:
    bad = sorted(sandbox.shop.products)[3]
    sandbox.shop.poison("products", bad)
    reading = reader("products", "product_ids")
    assert listings(sandbox) > 0
    assert sorted(reading.ids("product_ids")) == sorted(sandbox.shop.products)


def test_an_empty_answer_is_asked_for_again(sandbox: Sandbox, reader: Reader) -> None:
    for number in list(sandbox.shop.products):
        sandbox.shop.delete_product(number)
    assert reader("products", "product_ids").records == {}
    assert listings(sandbox) > 0


@pytest.mark.parametrize("more", [1, 2])
def test_a_product_that_comes_while_the_products_are_read_is_listed(
    sandbox: Sandbox, reader: Reader, monkeypatch: pytest.MonkeyPatch, more: int
) -> None:
    from connector.http.client import HttpClient
    from sandbox.shop.products import Spec

    send = HttpClient._send
    added: list[int] = []

    def and_add(self: HttpClient, target: str, *given: object) -> object:
        outcome = send(self, target, *given)  # type: ignore[arg-type]
        if "/products?" in target and len(added) < more:
            now = sandbox.clock.now().strftime("%Y-%m-%d %H:%M:%S")
            made = sandbox.call(lambda: sandbox.shop.add_product(Spec(f"LATE-{len(added)}", default=3.0), now, now))
            added.append(made["id"])
        return outcome

    monkeypatch.setattr(HttpClient, "_send", and_add)
    reading = reader("products", "product_ids", page_size=10, max_concurrency=1)
    assert set(added) <= set(reading.ids("product_ids"))
    assert reading.ids("product_ids") == sorted(sandbox.shop.products)
    assert reading.bookmarks["product_ids"]["complete"] is True
