"""One of something is said in the singular."""

import pytest

from connector.words import of_stream


@pytest.mark.parametrize(
    ("number", "name", "said"),
    [
        (1, "products", "1 product"),
        (2, "products", "2 products"),
        (0, "sellOrders", "0 sellOrders"),
        (1, "productCompositions", "1 productComposition"),
        (1, "product_stock_statuses", "1 product_stock_status"),
        (1, "stores", "1 store"),
    ],
)
def test_a_number_of_records(number: int, name: str, said: str) -> None:
    assert of_stream(number, name) == said
