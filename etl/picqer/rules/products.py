"""Products as Optiply should have them, and what their suppliers offer."""

from collections.abc import Collection
from decimal import Decimal
from typing import Any

import pandas as pd

from etl.core.columns import as_flags, as_ids, nothing, objects
from etl.core.flow import Run
from etl.core.records import Rows
from etl.core.values import id_or_none, is_empty, number_or_none, text_or_none
from etl.inward.needed import held_products, hidden
from etl.picqer.flags import PicqerFlags
from etl.picqer.rules.prices import with_own_fields
from etl.picqer.work import PicqerWork

COMPOSED = ("virtual_composition", "composition_with_stock")
UNLIMITED = "unlimited_stock"
NOT_CREATED = "inactive in Picqer and unknown to Optiply"
STOCK_UNKNOWN = "its free stock is unknown"


def products(run: Run[PicqerFlags], work: PicqerWork) -> Rows:
    """One row per product. What is inactive or of unknown stock is not created, unless something needs it."""
    frame = work.frame("products")
    if frame.empty:
        return Rows(frame)
    ids = as_ids(frame["idproduct"])
    stock = objects((free_stock(rows, work.counted) for rows in frame["stock"]), frame.index)
    kind = frame["type"]
    rows = with_own_fields(run, frame).assign(**{
        "stock:free": stock,
        # The old flags count only where the type says nothing, whatever they say beside one that does.
        "type:unlimited": frame["unlimitedstock"].mask(kind.isin(COMPOSED), False).mask(kind == UNLIMITED, True),
        "type:assembled": frame["assembled"].mask(kind == UNLIMITED, False).mask(kind.isin(COMPOSED), True),
    })  # fmt: skip
    told = pd.DataFrame({"id": ids, "stock": stock, "active": as_flags(frame["active"])})
    held, known = held_products(run, told, work.needed, (NOT_CREATED, STOCK_UNKNOWN))
    unknown = ids[known & stock.isna()]
    run.report.because("products", "kept", "its free stock cannot be read, so it stays as it was", list(unknown))
    return Rows(rows.assign(held=held))


def free_stock(rows: list[Any] | None, counted: Collection[str] | None) -> Decimal | None:
    """Free stock over the warehouses that count; without a row 0, None where one that counts cannot be read."""
    if rows is None:
        return None
    total = Decimal(0)
    for row in rows:
        warehouse, free = id_or_none(row.idwarehouse), number_or_none(row.freestock)
        if warehouse is None:
            return None
        if counted is None or warehouse in counted:
            if free is None:
                return None
            total += free
    return total


def offers(run: Run[PicqerFlags], work: PicqerWork) -> Rows:
    """One row per product with a supplier. A product that was read has no other supplier any more."""
    frame = work.frame("products")
    if frame.empty:
        return Rows(frame)
    ids, suppliers = as_ids(frame["idproduct"]), as_ids(frame["idsupplier"])
    empty = objects(map(is_empty, frame["idsupplier"]), frame.index).astype(bool)
    # A product whose supplier cannot be read keeps the one it had.
    parents = set(ids[(empty | suppliers.notna()) & ids.notna()])
    named = ids.notna() & ~empty
    rows = frame[named].reset_index(drop=True)
    ids, suppliers = ids[named].reset_index(drop=True), suppliers[named].reset_index(drop=True)
    code = [
        text_or_none(own) or usual for own, usual in zip(rows["productcode_supplier"], rows["productcode"], strict=True)
    ]
    rows = rows.assign(**{
        "offer:pair": ids + "-" + suppliers.fillna("unreadable"),
        "offer:code": objects(code, rows.index),
        "offer:preferred": objects([None if run.config.multisupplier else True] * len(rows), rows.index),
        "left_out": nothing(rows.index),
    })  # fmt: skip
    rows.loc[hidden(run, ids, NOT_CREATED), "left_out"] = NOT_CREATED
    return Rows(rows, parents)
