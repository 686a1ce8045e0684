"""The data of one Picqer account: its tables, its time and its ids; changes reach the journal request by request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from sandbox.picqer.errors import not_found
from sandbox.picqer.rows import Order, Product, PurchaseOrder, R, Receipt, Row, Supplier, Warehouse
from sandbox.picqer.settings import Settings
from sandbox.picqer.table import Table
from sandbox.server.journal import Journal

if TYPE_CHECKING:
    from sandbox.server.clock import Clock

Change = tuple[str, int, Row | None]
"""`(table, id, row)`; the row is None where it was removed."""

_CHANGES = list[tuple[str, int, msgspec.Raw]]
"""The changes of one request as the journal gives them back: which row it is follows from the table."""

FIRST_IDS = {
    "warehouses": 11,
    "suppliers": 901,
    "products": 10_001,
    "purchaseorders": 50_001,
    "receipts": 60_001,
    "orders": 700_001,
    "parts": 3_001,
    "purchaseorder lines": 550_001,
    "receipt lines": 660_001,
    "order lines": 7_700_001,
}
"""The first id of each kind, apart from one another so that a mistaken id finds nothing."""


class PicqerStore:
    """The tables of an account.

    Attributes:
        tables: All tables by the first part of their path.
        warehouses, suppliers, products, purchaseorders, receipts, orders: The same, by name.
        settings: How the server behaves.
        clock: The sandbox's time.
        cases: The ids of the seeded account's awkward rows by what is odd about them.
    """

    def __init__(self, clock: Clock, settings: Settings | None = None, journal: Path | None = None) -> None:
        """Start with an empty account; `replay` brings back what the journal holds."""
        self.clock = clock
        self.settings = settings or Settings()
        self._journal = Journal(journal, _CHANGES) if journal is not None else None
        self._pending: list[Change] = []
        self._moment: datetime | None = None
        self.clear()

    def clear(self) -> None:
        """Empty every table; the journal stays."""
        indexed = ("status", "idsupplier", "idwarehouse", "idfulfilment_customer")
        self.warehouses = Table(Warehouse, "idwarehouse")
        self.suppliers = Table(Supplier, "idsupplier", ("active",))
        self.products = Table(
            Product, "idproduct", ("active", "productcode", "idsupplier", "type", "idfulfilment_customer")
        )
        self.purchaseorders = Table(PurchaseOrder, "idpurchaseorder", indexed)
        self.receipts = Table(
            Receipt, "idreceipt", ("status", "receiptid", "idpurchaseorder", "idsupplier", "idfulfilment_customer")
        )
        self.orders = Table(Order, "idorder", ("status", "orderid", "idcustomer", "idfulfilment_customer"))
        self.tables: dict[str, Table[Any]] = {
            "warehouses": self.warehouses,
            "suppliers": self.suppliers,
            "products": self.products,
            "purchaseorders": self.purchaseorders,
            "receipts": self.receipts,
            "orders": self.orders,
        }
        self.cases: dict[str, int] = {}
        self._last_ids = {kind: first - 1 for kind, first in FIRST_IDS.items()}
        self._pending = []

    # Time and ids

    def stamp(self, moment: datetime | None = None) -> str:
        """Return a moment (aware; absent: now) as Picqer writes it: in the account's zone, without an offset."""
        local = (moment or self._moment or self.clock.now()).astimezone(self.settings.zone_info())
        return local.strftime("%Y-%m-%d %H:%M:%S")

    @contextmanager
    def at(self, moment: datetime) -> Iterator[None]:
        """Let everything in the block happen at a moment (aware) instead of now."""
        before, self._moment = self._moment, moment
        try:
            yield
        finally:
            self._moment = before

    def new_id(self, kind: str) -> int:
        """Return an id that no row of this kind has or had; ids grow with time."""
        self._last_ids[kind] += 1
        return self._last_ids[kind]

    def _note(self, table: str, row: Row) -> None:
        """Keep new ids above those of a row and its lines."""
        found = [(table, self.tables[table].id(row))]
        if isinstance(row, Product):
            found += [("parts", part.idproduct_part) for part in row.parts]
        elif isinstance(row, PurchaseOrder):
            found += [("purchaseorder lines", line.idpurchaseorder_product) for line in row.products]
        elif isinstance(row, Receipt):
            found += [("receipt lines", line.idreceipt_product) for line in row.products]
        elif isinstance(row, Order):
            found += [("order lines", line.idorder_product) for line in row.products]
        for kind, number in found:
            self._last_ids[kind] = max(self._last_ids[kind], number)

    # Reading

    def get(self, table: Table[R], number: int | str, what: str) -> R:
        """Return a row.

        Raises:
            PicqerError: 404 with code 20 when there is none.
        """
        text = str(number)
        row = table.rows.get(int(text)) if text.isascii() and text.isdigit() and len(text) < 19 else None
        if row is None:
            raise not_found(what)
        return row

    def main_warehouse(self) -> Warehouse:
        """Return the active warehouse of the highest priority."""
        active = [row for row in self.warehouses.rows.values() if row.active]
        return min(active, key=lambda row: (row.priority, row.idwarehouse))

    def counts(self) -> dict[str, int]:
        """Count the rows by table."""
        return {name: len(table) for name, table in self.tables.items()}

    def dump(self) -> dict[str, list[dict[str, Any]]]:
        """Return every row as it is stored, by table and ascending id: what `load` takes."""
        return {
            name: [msgspec.to_builtins(table.rows[number]) for number in table.ids]
            for name, table in self.tables.items()
        }

    # Writing

    def put(self, row: Row) -> None:
        """Add a row or replace the one with its id."""
        name, table = next((name, table) for name, table in self.tables.items() if isinstance(row, table.row))
        table.put(row)
        self._note(name, row)
        if self._journal is not None:
            self._pending.append((name, table.id(row), row))

    def change(self, row: R, **values: object) -> R:
        """Replace a row by one with other values and return that one."""
        fresh = msgspec.structs.replace(row, **values)
        self.put(fresh)
        return fresh

    def remove(self, row: Row) -> None:
        """Take a row out, as a person does in the web application."""
        name, table = next((name, table) for name, table in self.tables.items() if isinstance(row, table.row))
        table.remove(table.id(row))
        if self._journal is not None:
            self._pending.append((name, table.id(row), None))

    def flush(self) -> None:
        """Write what changed since the last call to the journal, before the request is answered."""
        if self._journal is not None and self._pending:
            self._journal.append(self._pending)
        self._pending = []

    def forget_pending(self) -> None:
        """Let what was put so far be known without the journal: the seeded account is built anew each time."""
        self._pending = []

    def replay(self) -> bool:
        """Bring back what the journal holds on top of the seeded account, and say whether it held anything."""
        found = False
        for changes in self._journal.replay() if self._journal is not None else ():
            found = True
            for name, number, raw in changes:
                self._replay(name, number, raw)
        return found

    def _replay(self, name: str, number: int, raw: msgspec.Raw) -> None:
        table = self.tables[name]
        row = msgspec.json.decode(raw, type=table.row | None)
        if row is None:
            table.remove(number)
        else:
            table.put(row)
            self._note(name, row)

    def load(self, data: Mapping[str, object]) -> dict[str, int]:
        """Replace rows of the named tables by those given and return what every table then counts.

        Raises:
            ValueError: If a table or an attribute has another name or type; nothing is changed then.
        """
        unknown = sorted(set(data) - set(self.tables))
        if unknown:
            raise ValueError(f"{unknown[0]}: the tables are {', '.join(self.tables)}")
        fresh: dict[str, list[Row]] = {}
        for name, rows in data.items():
            fresh[name] = [msgspec.convert(row, type=self.tables[name].row, str_keys=True) for row in _list(name, rows)]
        for name, rows in fresh.items():
            for row in list(self.tables[name].rows.values()):
                self.remove(row)
            for row in rows:
                self.put(row)
        self.flush()
        return self.counts()

    def forget_journal(self) -> None:
        """Empty the journal."""
        self._pending = []
        if self._journal is not None:
            self._journal.clear()

    def close(self) -> None:
        """Close the journal."""
        if self._journal is not None:
            self._journal.close()


def _list(name: str, rows: object) -> list[object]:
    """Return the rows of a table to be loaded."""
    if not isinstance(rows, list):
        raise ValueError(f"{name}: this is not a list")
    return rows
