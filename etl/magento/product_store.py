"""Carries the Magento half of products into the snapshot store and out of it, a chunk at a time. Decides nothing.

Text columns are `object` with None for missing, on pandas 2 and 3 alike. All writers need an open
`snapshot.transaction()`, leave equal rows untouched and return the number of rows that changed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from connector.collation import folded
from etl.magento.tables import products
from store.bulk import CHUNK, keep_missing, paged, select, upsert
from store.snapshot import Snapshot

PRODUCT_COLUMNS = ("product_id", "sku", "sku_key", "type_id", "status", "attributes", "kit", "updated_at", "refused")
_READ = ("product_id", "sku", "type_id", "status", "attributes", "kit", "updated_at", "refused", "gone")
_UNSETTLED = (
    "AND (p.changed_in = ? OR s.changed_in = ? OR s.quantity IS NULL OR r.held IS NOT NULL OR p.refused IS NOT NULL "
    "OR p.gone = 1 OR p.product_id IN (SELECT key FROM keys))"
)


@dataclass(frozen=True)
class Listing:
    """What a complete listing of product ids says of the products known here; frames of product_id, sku, status.

    returned: were suspects or gone, and are there again. suspects: missing for the first time.
    proven: missing in an earlier complete listing of another run as well, and not yet marked as gone.
    """

    returned: pd.DataFrame
    suspects: pd.DataFrame
    proven: pd.DataFrame


def write_products(snapshot: Snapshot, facts: pd.DataFrame) -> int:
    """Stores the Magento half of products; one row per product, `PRODUCT_COLUMNS` (any subset with product_id).

    `attributes` and `kit` are canonical JSON text. A product that was read is there: it is no suspect any more.
    """
    return upsert(snapshot, products, facts, {"absent_run": None, "gone": 0, "changed_in": snapshot.build})


def read_products(
    snapshot: Snapshot,
    which: Literal["all", "unsettled"] = "all",
    also: Iterable[str] = (),
    chunk: int = CHUNK,
) -> Iterator[pd.DataFrame]:
    """Products with their last known stock and what Optiply has of them, one row per product, in order of product_id.

    Columns: product_id, sku, type_id, status, attributes (JSON text; None for a product known only from an imported
    snapshot), kit, updated_at, refused, gone (bool), quantity (units, NaN = unknown), manage_stock
    ("boolean"), known (bool: Optiply has it, or may have it), disabled_there (bool: accepted as disabled), stored (the
    wanted picture before this run), refused_picture (what Optiply refused last).
    "unsettled" leaves out those whose picture cannot have changed while the rules are the same: nothing of them was
    changed in this transaction, their stock is known, and they are neither held nor refused nor gone; `also` names
    products that come all the same.
    """
    condition = ""
    parameters: tuple[int, ...] = ()
    if which == "unsettled":
        snapshot.keep_keys(also)
        condition, parameters = _UNSETTLED, (snapshot.build, snapshot.build)
    query = (
        f"SELECT {', '.join(f'p.{name}' for name in _READ)}, s.quantity, s.manage_stock, "  # nosec B608
        "r.id IS NOT NULL OR r.acknowledged IS NOT NULL OR r.announced IS NOT NULL, "
        """coalesce(instr(r.acknowledged, '"status":"disabled"'), 0) > 0, r.wanted, r.refused_picture """
        "FROM products p LEFT JOIN stock s ON s.product_id = p.product_id "
        "LEFT JOIN records r ON r.stream = 'products' AND r.remote_id = p.product_id "
        f"WHERE p.product_id > ? {condition} ORDER BY p.product_id LIMIT ?"
    )
    columns = (*_READ, "quantity", "manage_stock", "known", "disabled_there", "stored", "refused_picture")
    types: dict[str, Any] = {"quantity": float, "manage_stock": "boolean"}
    types |= dict.fromkeys(("gone", "known", "disabled_there"), bool)
    for frame in paged(snapshot, query, parameters, columns, chunk):
        yield frame.astype(types)


def find_products(snapshot: Snapshot, product_ids: Iterable[str]) -> pd.DataFrame:
    """The Magento half of the products asked for that are known, in order of product_id, columns `PRODUCT_COLUMNS`."""
    snapshot.keep_keys(product_ids)
    names = ", ".join(f"p.{name}" for name in PRODUCT_COLUMNS)
    query = f"SELECT {names} FROM keys k JOIN products p ON p.product_id = k.key ORDER BY p.product_id"  # nosec B608
    return select(snapshot, query, (), PRODUCT_COLUMNS)


def find_skus(snapshot: Snapshot, skus: pd.Series[Any]) -> pd.DataFrame:
    """The product of each SKU asked for; index: the SKUs, once each. Columns: product_id (None), several (bool).

    It is the product with that very SKU (of several the newest), else the one whose SKU is equal as Magento compares,
    where it is the only one (`several`: there are more); a product that is gone only where no other fits.
    """
    asked = pd.Index(skus.unique(), dtype=object)
    keys = pd.Index(list(map(folded, asked)), dtype=object)
    condition = ""
    if len(asked) <= CHUNK:
        # Of most of the products reading the table through is cheaper.
        snapshot.keep_keys(keys)
        condition = "AND sku_key IN (SELECT key FROM keys) "
    query = (
        f"SELECT product_id, sku, sku_key, gone FROM products WHERE sku_key IS NOT NULL {condition}"  # nosec B608
        "ORDER BY CAST(product_id AS INTEGER) DESC, product_id"
    )
    known = select(snapshot, query, (), ("product_id", "sku", "sku_key", "gone"))
    here, gone = known[known["gone"] == 0], known[known["gone"] != 0]
    found = pd.Series(asked, index=asked, dtype=object).map(_first(here, "sku")).astype(object)
    alike = pd.Series(keys, index=asked, dtype=object)[found.isna().to_numpy()]
    fits = alike.map(here["sku_key"].value_counts()).fillna(0)
    found[alike.index[fits == 1]] = alike[fits == 1].map(_first(here, "sku_key"))
    lost = alike.index[fits == 0]
    found[lost] = pd.Series(lost, index=lost, dtype=object).map(_first(gone, "sku"))
    several = pd.Series(False, index=asked)
    several[alike.index[fits > 1]] = True
    return pd.DataFrame({"product_id": found.where(found.notna(), None), "several": several})


def _first(products: pd.DataFrame, name: str) -> pd.Series[Any]:
    """product_id by the values of a column, the first row of each."""
    return products.drop_duplicates(name).set_index(name)["product_id"]


def read_bundles(snapshot: Snapshot) -> pd.DataFrame:
    """Bundles of known make-up: product_id, kit (JSON text, "[]" for one with choices), updated_at, gone (bool)."""
    columns = ("product_id", "kit", "updated_at", "gone")
    query = (
        "SELECT product_id, kit, updated_at, gone FROM products WHERE type_id = 'bundle' AND kit IS NOT NULL ORDER BY 1"
    )
    bundles: pd.DataFrame = select(snapshot, query, (), columns).astype({"gone": bool})
    return bundles


def write_refusals(snapshot: Snapshot, refusals: pd.DataFrame) -> int:
    """Notes why products have no picture, or that they have one: product_id, refused (text or None)."""
    return upsert(snapshot, products, refusals[["product_id", "refused"]], {})


def products_without_row(snapshot: Snapshot, seen: Collection[str]) -> list[str]:
    """Ids of enabled simple products whose stock is known, though they are not among `seen`."""
    [[(counted,)]] = snapshot.rows("SELECT count(*) FROM stock WHERE quantity IS NOT NULL")
    if counted == len(seen):
        return []
    snapshot.keep_keys(seen)
    query = (
        "SELECT p.product_id FROM stock s JOIN products p ON p.product_id = s.product_id WHERE s.quantity IS NOT NULL "
        "AND s.product_id NOT IN (SELECT key FROM keys) AND p.type_id = 'simple' AND p.status = '1' AND p.gone = 0 "
        "ORDER BY 1"
    )
    return list(select(snapshot, query, (), ("product_id",))["product_id"])


def count_products(snapshot: Snapshot) -> pd.DataFrame:
    """Number of products by Magento status and whether they are gone: columns status, gone (bool), products (int)."""
    query = "SELECT status, gone, count(*) FROM products GROUP BY status, gone ORDER BY status, gone"
    types: dict[str, Any] = {"gone": bool, "products": int}
    counts: pd.DataFrame = select(snapshot, query, (), ("status", "gone", "products")).astype(types)
    return counts


def list_products(snapshot: Snapshot, product_ids: Iterable[str], run_id: str) -> Listing:
    """After a complete listing: ends the suspicion of those in it and notes this run for those missing the first time.

    Nothing is marked as gone here: that is `mark_gone`, once the caller has looked at the limit.
    """
    keep_missing(snapshot, "SELECT product_id FROM products", product_ids)
    known = "SELECT product_id, sku, status FROM products WHERE"
    missing = "product_id IN (SELECT key FROM keys)"
    doubted = f"(gone = 1 OR absent_run IS NOT NULL) AND NOT {missing}"
    columns = ("product_id", "sku", "status")
    returned = select(snapshot, f"{known} {doubted} ORDER BY 1", (), columns)
    suspects = select(snapshot, f"{known} {missing} AND gone = 0 AND absent_run IS NULL ORDER BY 1", (), columns)
    proven = select(snapshot, f"{known} {missing} AND gone = 0 AND absent_run <> ? ORDER BY 1", (run_id,), columns)
    back = f"UPDATE products SET gone = 0, absent_run = NULL, changed_in = ? WHERE {doubted}"  # nosec B608
    snapshot.change(back, snapshot.build)
    doubt = f"UPDATE products SET absent_run = ? WHERE {missing} AND gone = 0 AND absent_run IS NULL"  # nosec B608
    snapshot.change(doubt, run_id)
    return Listing(returned, suspects, proven)


def clear_suspicion(snapshot: Snapshot, product_ids: Iterable[str]) -> int:
    """Ends the suspicion of products that another answer of Magento has shown to exist; those gone stay gone."""
    snapshot.keep_keys(product_ids)
    named = "product_id IN (SELECT key FROM keys)"
    query = f"UPDATE products SET absent_run = NULL WHERE absent_run IS NOT NULL AND gone = 0 AND {named}"  # nosec B608
    return snapshot.change(query)


def mark_gone(snapshot: Snapshot, product_ids: Iterable[str]) -> int:
    """Marks products as gone from Magento; they stay so until they are read or listed again."""
    snapshot.keep_keys(product_ids)
    return snapshot.change("UPDATE products SET gone = 1 WHERE gone = 0 AND product_id IN (SELECT key FROM keys)")
