"""A tap that reads the sandbox's account in this process, and an account with something of everything in it."""

import io
import json
from collections import defaultdict
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from typing import Any

from connector.errors import ProgramError
from sandbox.optiply.writes import create
from sandbox.systems import Sandbox
from tap_optiply.tap import STREAMS, TapOptiply
from tests.catalogues import selecting

Record = dict[str, Any]
LOGIN = {
    "username": "sandbox",
    "password": "sandbox-password",
    "client_id": "sandbox-client",
    "client_secret": "sandbox-secret",
    "account_id": 1380,
}


@dataclass
class Reading:
    """What one run of the tap put out, and how it went."""

    records: dict[str, list[Record]] = field(default_factory=lambda: defaultdict(list))
    messages: list[Record] = field(default_factory=list)
    report: Record = field(default_factory=dict)
    error: ProgramError | None = None

    @property
    def state(self) -> Record:
        """The last STATE."""
        return [message["value"] for message in self.messages if message["type"] == "STATE"][-1]

    def ids(self, stream: str) -> list[int]:
        """The ids of a stream's records, in order."""
        return [record["id"] for record in self.records[stream]]

    @property
    def counts(self) -> dict[str, int]:
        """How many records came, of the streams with some."""
        return {name: len(rows) for name, rows in self.records.items() if rows}


def names_of_all_streams() -> tuple[str, ...]:
    """Every stream the tap declares."""
    return tuple(str(vars(stream)["name"]) for stream in STREAMS)


def catalog_of(names: tuple[str, ...]) -> Record:
    """A catalogue that selects exactly these streams."""
    return selecting(names, TapOptiply, {**LOGIN, "api_url": "http://127.0.0.1", "auth_url": "http://127.0.0.1"})


def read(sandbox: Sandbox, *streams: str, state: Record | None = None, **config: Any) -> Reading:
    """Runs the tap over the account, by default with its own selection. A failed run's error is kept, not raised."""
    addresses = {"api_url": sandbox.optiply_url, "auth_url": sandbox.auth_url}
    settings = {**LOGIN, **addresses, "retry_seconds": 5, **config}
    settings = {key: value for key, value in settings.items() if value is not None}
    reading = Reading()
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    tap = TapOptiply(config=settings, state=state, catalog=catalog_of(streams) if streams else None)
    with redirect_stdout(out):
        try:
            tap.read()
        except ProgramError as error:
            reading.error = error
        finally:
            tap.source.close()
    reading.messages = [json.loads(line) for line in out.buffer.getvalue().splitlines()]  # type: ignore[attr-defined]
    for message in reading.messages:
        if message["type"] == "RECORD":
            reading.records[message["stream"]].append(message["record"])
    reading.report = tap.source.report.to_dict()
    return reading


def held(sandbox: Sandbox, resource: str) -> list[int]:
    """The ids that the account has of a resource."""
    return list(sandbox.optiply.tables[resource].ids)


def do(sandbox: Sandbox, verb: str, *arguments: Any, **more: Any) -> Any:
    """Does in Optiply's web app what people do."""
    return sandbox.call(lambda: getattr(sandbox.buying, verb)(*arguments, **more))


def fill(sandbox: Sandbox, products: int = 6) -> None:
    """Puts into the account so many products, and of everything else something; then ten minutes pass."""
    sandbox.call(lambda: _fill(sandbox, products))
    sandbox.clock.advance(seconds=600)


def _fill(sandbox: Sandbox, products: int) -> None:
    store, buying = sandbox.optiply, sandbox.buying

    def make(resource: str, **values: Any) -> int:
        return int(create(store, resource, values, "77").id)

    supplier = buying.supplier()
    made = [
        make("products", name=f"Thing {n}", skuCode=f"SKU-{n}", stockLevel=n, remoteId=str(n), price="1.25")
        for n in range(1, products + 1)
    ]
    for number in made:
        make("supplierProducts", name="Thing", productId=number, supplierId=supplier, price="0.75")
    make("productCompositions", composedProductId=made[0], partProductId=made[1], partQuantity=2)
    make("promotions", name="Sale", startDate="2026-01-01T00:00:00Z", endDate="2026-01-08T00:00:00Z")
    line = {"productId": made[0], "quantity": 1, "subtotalValue": "1.25"}
    make("sellOrders", placed="2026-01-01T00:00:00Z", totalValue="1.25", orderLines=[line])
    order = buying.order({str(number): 10 for number in made})
    for line_id in [stored.id for stored in store.tables["buyOrderLines"].where("buyOrderId", order)]:
        buying.receive(line_id, 4)
