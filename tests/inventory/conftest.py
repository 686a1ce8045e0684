"""A queue, a shop and a clock for the tests of the import."""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from inventory.messages import Message, message_of
from inventory.process import Processed, process
from inventory.queue import Receipt, receive
from inventory.settings import InventorySettings
from inventory.tables import Store
from store.place import Place
from tests.inventory.shop_double import Clock, ShopDouble


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["file", "database"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A queue in a file, and one in a schema of a database."""
    url = None
    if request.param == "database":
        name = hashlib.blake2b(str(tmp_path).encode(), digest_size=8).hexdigest()
        url = f"{request.getfixturevalue('database')}&schema=t{name}"
    with Store.open(Place.of(tmp_path / "snapshots", url)) as opened:
        yield opened


@pytest.fixture
def shop(clock: Clock) -> ShopDouble:
    return ShopDouble(clock=clock)


@pytest.fixture
def send(store: Store, clock: Clock) -> Callable[..., Receipt]:
    """Queues one message: send(71, ("A", "7", 5012), ("B", "3", 5013, "east"), exported="…")."""

    def queue(number: int, *rows: tuple[Any, ...], exported: str | None = None, channel: str = "warehouse") -> Receipt:
        return receive(store, message(number, *rows, exported=exported, channel=channel), clock())

    return queue


def message(number: int, *rows: tuple[Any, ...], exported: str | None = None, channel: str = "warehouse") -> Message:
    quantities = [{"sku": row[0], "qty": row[1], "source": row[3] if len(row) > 3 else None} for row in rows]
    sequences = [{"sku": row[0], "seq": row[2], "last_order_exported": exported} for row in rows]
    parts = {"productQtys": quantities, "productSeqs": sequences, "messageSeqId": number}
    return message_of(parts, channel, "default")


@pytest.fixture
def work(store: Store, shop: ShopDouble, clock: Clock) -> Callable[..., Processed]:
    """Works the queue off: work(adjust="unsent_orders")."""

    def run(**settings: Any) -> Processed:
        return process(store, shop, InventorySettings(**settings), now=clock)

    return run
