"""Products as Optiply should have them, one per SKU, with their parts and what their vendors offer."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import pandas as pd

from etl.core.columns import as_flags, nothing, objects
from etl.core.flow import Run
from etl.core.records import Rows
from etl.core.values import number_or_none, text_or_none
from etl.easyecom.fields import OWN_FIELD
from etl.easyecom.flags import EasyFlags
from etl.easyecom.shapes import PRODUCT
from etl.easyecom.work import EASY_IDS, EasyWork
from etl.inward.columns import own_columns
from etl.inward.identity import called, choose
from etl.inward.needed import held_products, hidden
from etl.inward.parts import COLUMNS, part_rows, without_hidden

NOT_CREATED = "inactive in EasyEcom and unknown to Optiply"
STOCK_UNKNOWN = "its inventory is unknown"
_ENTITY = "products"
SHAPE = PRODUCT.__struct_encode_fields__


def identify_products(run: Run[EasyFlags], work: EasyWork) -> None:
    """Makes `work.products` and `work.ids`: the copy of the first location counts, in the order of the settings."""
    rank = {key: place for place, key in enumerate(run.config.location_key)}
    found, work.ids = choose(run, EASY_IDS, work.records(_ENTITY), lambda one: rank.get(one.location_key, len(rank)))
    # Where reading ended early, a location may be missing: a sum without it would be too low.
    needed = set() if run.source.is_complete(_ENTITY) else set(rank)
    every = run.config.sum_stock_of_locations
    stock = [_stock(one.copies, needed) if every else _stock((one.record,), set()) for one in found]
    columns = _columns(run, [one.record for one in found], [one.remote for one in found], stock)
    work.products = columns.assign(left_out=objects((one.left_out for one in found), columns.index))


def _stock(copies: tuple[Any, ...], needed: set[str]) -> Decimal | None:
    """Inventory of the copies that count; unknown where that of one is, or a location that is needed is missing."""
    if not needed <= {one.location_key for one in copies}:
        return None
    amounts = [number_or_none(one.inventory) for one in copies]
    known = [amount for amount in amounts if amount is not None]
    return sum(known, Decimal(0)) if len(known) == len(amounts) else None


def _columns(run: Run[EasyFlags], chosen: list[Any], remotes: list[Any], stock: list[Any]) -> pd.DataFrame:
    """The products as columns, those that are worked out and the account's own fields among them."""
    index = pd.RangeIndex(len(chosen))
    frame = pd.DataFrame({name: objects((getattr(one, name) for one in chosen), index) for name in SHAPE})
    names = [text_or_none(getattr(one, "product_name", None)) for one in chosen]
    nameless = [one for one, name in zip(remotes, names, strict=True) if name is None and one is not None]
    run.report.because(_ENTITY, "reported", "it has no name: its SKU stands for it", nameless, "name")
    assembled = [_is_assembled(one, needs_parts=run.config.assembled_needs_parts) for one in chosen]
    bare = [
        key for key, record, flag in zip(remotes, chosen, assembled, strict=True) if flag and not record.sub_products
    ]
    run.report.because(_ENTITY, "reported", "EasyEcom counts parts of it and names none", bare, "assembled")
    own = own_columns(run, frame, "custom_fields", OWN_FIELD, lambda one, name: bool(one.field_name == name))
    return frame.assign(**{
        "product:id": objects(remotes, index),
        "product:name": objects((name or one.sku for name, one in zip(names, chosen, strict=True)), index),
        "product:price": objects((getattr(one, run.config.product_price) for one in chosen), index),
        "product:stock": objects(stock, index),
        "product:assembled": objects(assembled, index),
        "product:unlimited": objects([False] * len(chosen), index),
        **own,
    })  # fmt: skip


def _is_assembled(record: Any, *, needs_parts: bool) -> bool:  # noqa: ANN401 - a record
    return bool(record.sub_products) if needs_parts else (number_or_none(record.cp_sub_products_count) or 0) > 0


def products(run: Run[EasyFlags], work: EasyWork) -> Rows:
    """One row per SKU. What is inactive or of unknown stock is not created, unless something needs it."""
    frame = work.products
    if frame.empty:
        return Rows(frame)
    told = pd.DataFrame({
        "id": frame["product:id"], "stock": frame["product:stock"], "active": as_flags(frame["active"])
    })  # fmt: skip
    held, known = held_products(run, told, work.needed, (NOT_CREATED, STOCK_UNKNOWN))
    unknown = frame.loc[known & frame["product:stock"].isna(), "product:id"]
    run.report.because(_ENTITY, "kept", f"{STOCK_UNKNOWN}, so it stays as it was", list(unknown))
    return Rows(frame.assign(held=held))


def gather_parts(work: EasyWork) -> Rows:
    """One row per combo and part; a part that stands there twice is added up."""
    cells: list[tuple[Any, ...]] = []
    parents = set()
    for combo, parts, count, why in _of_each(work, "sub_products", "cp_sub_products_count"):
        if combo is None or why is not None:
            continue
        named = [
            (called(work.ids, sku=one.sku, product_id=one.product_id, cp_id=one.cpId), one.quantity)
            for one in parts or ()
        ]
        for row in part_rows(combo, named, "_"):
            amount = number_or_none(row[-1])
            cells.append((*row, "its quantity is less than 1" if amount is not None and amount < 1 else None))
        if (parts is not None or not number_or_none(count)) and all(part is not None for part, _ in named):
            parents.add(combo)
    return Rows(pd.DataFrame(cells, columns=[*COLUMNS, "left_out"], dtype=object), parents)


def compositions(run: Run[EasyFlags], work: EasyWork) -> Rows:
    """The rows that were gathered, without those of a combo that Optiply does not get."""
    return without_hidden(run, work.parts, NOT_CREATED)


def offers(run: Run[EasyFlags], work: EasyWork) -> Rows:
    """One row per product and vendor code. A product that was read is offered by no other vendor any more."""
    places, codes, parents = [], [], set()
    for place, (product, named, why, _) in enumerate(_of_each(work, "vendor_code", "left_out")):
        if product is None or why is not None or named is None:
            continue
        named = named if isinstance(named, list) else [named]
        parents.add(product)
        for code in dict.fromkeys(filter(None, map(text_or_none, named))):
            places.append(place)
            codes.append(code)
    if not places:
        return Rows(pd.DataFrame(), parents)
    rows = work.products.iloc[places].reset_index(drop=True)
    left_out = nothing(rows.index)
    left_out[hidden(run, rows["product:id"], NOT_CREATED)] = NOT_CREATED
    sku = rows["sku"] if run.config.map_supplierProductSku else nothing(rows.index)
    offer = {"offer:pair": rows["product:id"] + "_" + objects(codes, rows.index), "offer:sku": sku}
    return Rows(rows.assign(**offer, **{"offer:supplier": objects(codes, rows.index)}, left_out=left_out), parents)


def _of_each(work: EasyWork, *names: str) -> Iterable[tuple[Any, ...]]:
    """Remote id, the columns named, and why it is left out, for each product that was read."""
    columns = [work.products[name] for name in ("product:id", *names, "left_out")] if len(work.products) else ()
    return zip(*columns, strict=True)
