"""The steps that lift a store of an older layout to the next one; tables.py runs them in one transaction."""

import sqlite3
from collections.abc import Callable
from typing import cast

from sqlalchemy import Connection

from connector.collation import folded
from store.owners import settle_owners

# Stock was kept by a folded SKU. A row goes to the product it named, else to the one that is there, then the newest.
_STOCK_BY_PRODUCT = (
    """CREATE TABLE stock_by_product (
        product_id TEXT NOT NULL PRIMARY KEY, quantity FLOAT, manage_stock INTEGER, origin TEXT, run_id TEXT,
        absent_run TEXT, changed_in INTEGER) WITHOUT ROWID""",
    "CREATE INDEX products_by_old_key ON products (sku_key)",
    """INSERT OR IGNORE INTO stock_by_product
        SELECT coalesce(
            (SELECT product_id FROM products p WHERE p.sku_key = s.sku_key AND p.product_id = s.product_id),
            (SELECT product_id FROM products p WHERE p.sku_key = s.sku_key
                ORDER BY gone, CAST(product_id AS INTEGER) DESC, product_id LIMIT 1)) AS owner,
            quantity, manage_stock, origin, run_id, absent_run, changed_in
        FROM stock s WHERE owner IS NOT NULL""",
    "DROP INDEX products_by_old_key",
    "DROP TABLE stock",
    "ALTER TABLE stock_by_product RENAME TO stock",
    """CREATE TABLE loose_stock (sku TEXT NOT NULL PRIMARY KEY, quantity FLOAT NOT NULL, run_id TEXT) WITHOUT ROWID""",
    "UPDATE products SET sku_key = folded(sku) WHERE sku IS NOT NULL",
)


def _add_refused_picture(connection: Connection) -> None:
    connection.exec_driver_sql("ALTER TABLE records ADD COLUMN refused_picture TEXT")


def _one_owner_and_stock_by_product(connection: Connection) -> None:
    connection.exec_driver_sql("ALTER TABLE records ADD COLUMN contested TEXT")
    settle_owners(connection)
    driver = cast(sqlite3.Connection, connection.connection.driver_connection)
    driver.create_function("folded", 1, folded, deterministic=True)
    for statement in _STOCK_BY_PRODUCT:
        connection.exec_driver_sql(statement)


MIGRATIONS: dict[int, Callable[[Connection], None]] = {2: _add_refused_picture, 3: _one_owner_and_stock_by_product}
"""Layout number -> the step that lifts the one before to it."""
