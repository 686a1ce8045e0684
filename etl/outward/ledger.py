"""The ledger of receipts in the store of the shop: its tables, and how its rows get in and out. Decides nothing."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from sqlalchemy import BigInteger, Column, Integer, MetaData, Table, Text

from connector.canonical import canonical
from connector.collation import folded
from etl.outward.receipts import BuyLine, Entry, StockChange
from store.snapshot import Snapshot, Where, is_stored

DESTINATION = "magento"
CHANGES = "stock_changes"
SINCE = "write_stock_since"
"""The note with the moment from which on receipts count; it is there while the flow is switched on."""

facts = MetaData()
_ID = BigInteger().with_variant(Integer, "sqlite")

# One row per receipt line of Optiply's; quantities are exact decimal texts.
receipts = Table(
    "receipts",
    facts,
    Column("id", _ID, primary_key=True),
    Column("line", _ID),
    Column("created_at", Text, nullable=False),
    Column("by_people", Integer, nullable=False),
    Column("seen", Text, nullable=False),
    Column("settled", Text, nullable=False),
    Column("changes", Integer, nullable=False),
    Column("gone", Integer, nullable=False),
)
buy_lines = Table(
    "buy_lines",
    facts,
    Column("id", _ID, primary_key=True),
    Column("buy_order", _ID, nullable=False),
    Column("product", _ID, nullable=False),
)
buy_orders = Table(
    "buy_orders", facts, Column("id", _ID, primary_key=True), Column("assembly", Integer, nullable=False)
)


def _written(table: Table) -> str:
    """SQL that writes a row, in place of the one that has its id."""
    marks = ", ".join("?" * len(table.columns))
    news = ", ".join(f"{one.name} = excluded.{one.name}" for one in table.columns if one.name != "id")
    return f"INSERT INTO {table.name} VALUES ({marks}) ON CONFLICT (id) DO UPDATE SET {news}"  # nosec B608


def entries(store: Snapshot) -> dict[int, Entry]:
    """Every entry by the receipt line's id."""
    query = "SELECT id, line, created_at, by_people, seen, settled, changes, gone FROM receipts ORDER BY id"
    return {
        row[0]: Entry(row[0], row[1], row[2], bool(row[3]), Decimal(row[4]), Decimal(row[5]), row[6], bool(row[7]))
        for rows in store.rows(query, ())
        for row in rows
    }


def save_entries(store: Snapshot, changed: Iterable[Entry]) -> None:
    """Writes entries, inside a transaction."""
    store.change_each(
        _written(receipts),
        (
            (
                one.id,
                one.line,
                one.created_at,
                int(one.by_people),
                format(one.seen, "f"),
                format(one.settled, "f"),
                one.changes,
                int(one.gone),
            )
            for one in changed
        ),
    )


def lines(store: Snapshot) -> dict[int, BuyLine]:
    """Every line of a buy order that was read."""
    query = "SELECT id, buy_order, product FROM buy_lines"
    return {row[0]: BuyLine(row[1], row[2]) for rows in store.rows(query, ()) for row in rows}


def save_lines(store: Snapshot, read: Mapping[int, BuyLine]) -> None:
    """Writes lines, inside a transaction."""
    rows = ((number, line.order, line.product) for number, line in read.items())
    store.change_each(_written(buy_lines), rows)


def orders(store: Snapshot) -> dict[int, bool]:
    """Every buy order that was read: is it an assembly order?"""
    return {row[0]: bool(row[1]) for rows in store.rows("SELECT id, assembly FROM buy_orders", ()) for row in rows}


def save_orders(store: Snapshot, read: Mapping[int, bool]) -> None:
    """Writes buy orders, inside a transaction."""
    rows = ((number, int(assembly)) for number, assembly in read.items())
    store.change_each(_written(buy_orders), rows)


def want(store: Snapshot, changes: Iterable[StockChange]) -> None:
    """Notes changes as wanted, inside a transaction; one that is there already stays as it is."""
    store.change_each(
        "INSERT INTO records (stream, remote_id, wanted) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        ((CHANGES, one.reference, picture(one)) for one in changes),
    )


def forget_offered(store: Snapshot) -> list[str]:
    """Takes back changes that were never sent, or clearly not taken, inside a transaction; returns their references.

    One that was announced and has no answer stays: whether the shop has it is for the target to find out.
    """
    open_ones = "stream = ? AND acknowledged IS NULL AND announced IS NULL AND refused_picture IS NULL"
    query = f"SELECT remote_id FROM records WHERE {open_ones} ORDER BY remote_id"  # nosec B608
    found = [row[0] for rows in store.rows(query, (CHANGES,)) for row in rows]
    store.change(f"DELETE FROM records WHERE {open_ones}", CHANGES)  # nosec B608
    return found


def picture(change: StockChange) -> str:
    """A change as canonical JSON."""
    return canonical(
        {
            "reference": change.reference,
            "sku": change.sku,
            "source_code": change.source_code,
            "delta": change.delta,
        }
    )


def unsettled(store: Snapshot) -> list[tuple[str, str, str | None, str | None]]:
    """Changes that may still be applied: reference, picture, status and reason of the last answer; refused ones not."""
    query = (
        "SELECT remote_id, wanted, status, reason FROM records WHERE stream = ? AND wanted IS NOT NULL "
        "AND acknowledged IS NULL AND status IS NOT 'refused' ORDER BY remote_id"
    )
    return [(row[0], row[1], row[2], row[3]) for rows in store.rows(query, (CHANGES,)) for row in rows]


def switch_off(where: Where) -> bool:
    """Forgets since when receipts count, so that what is booked from now on is never written; whether it was known."""
    if not is_stored(where, DESTINATION):
        return False
    with Snapshot.open(where, DESTINATION) as store:
        known = store.note(SINCE) is not None
        if known:
            with store.transaction():
                store.drop_notes(SINCE)
        return known


def unsettled_skus(where: Where) -> frozenset[str]:
    """SKUs (folded) with a change on its way into the shop: what the shop shows of them is not the whole yet."""
    import msgspec

    if not is_stored(where, DESTINATION):
        return frozenset()
    with Snapshot.open(where, DESTINATION) as store:
        return frozenset(folded(msgspec.json.decode(wanted)["sku"]) for _, wanted, _, _ in unsettled(store))
