"""Declares the tables in which the store keeps what was read of a shop; `Snapshot.keep(facts)` makes them."""

from sqlalchemy import Column, Float, Integer, MetaData, Table, Text

from store.tables import KEPT, SILENT

facts = MetaData()

# One row per Magento product: its Magento half, as last read.
products = Table(
    "products",
    facts,
    Column("product_id", Text, primary_key=True),
    Column("sku", Text),
    Column("sku_key", Text),  # as Magento compares SKUs (connector.collation)
    # A record that does not say of which type a product is, or what a bundle is made of, leaves that as it is known.
    Column("type_id", Text, info=KEPT),
    Column("status", Text),
    Column("attributes", Text),
    Column("kit", Text, info=KEPT),
    Column("updated_at", Text),
    Column("absent_run", Text),  # the first complete listing that lacked it, while it is a suspect
    Column("gone", Integer, nullable=False, server_default="0"),
    Column("refused", Text),
    Column("changed_in", Integer, info=SILENT),  # the build that changed it last
    sqlite_with_rowid=False,
)

# One row per product: the last known stock half of it.
stock = Table(
    "stock",
    facts,
    Column("product_id", Text, primary_key=True),
    Column("quantity", Float),
    Column("manage_stock", Integer),
    Column("origin", Text),
    Column("run_id", Text, info=SILENT),
    Column("absent_run", Text),
    Column("changed_in", Integer, info=SILENT),
    sqlite_with_rowid=False,
)

# One row per SKU of the last complete read of source items that no product has yet.
loose_stock = Table(
    "loose_stock",
    facts,
    Column("sku", Text, primary_key=True),
    Column("quantity", Float, nullable=False),
    Column("run_id", Text),
    sqlite_with_rowid=False,
)

# One row per order that waits for a product: its rows as read, since Magento will not send it again.
waiting_orders = Table(
    "waiting_orders", facts, Column("remote_id", Text, primary_key=True), Column("facts", Text, nullable=False)
)
