"""Products as Optiply should have them, one per SKU, with their parts and what their vendors offer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from etl.core.columns import as_flags, nothing, objects
from etl.core.flow import Run
from etl.core.mapping import own_codes
from etl.core.records import Rows
from etl.core.values import id_or_none, number_or_none, text_or_none
from etl.easyecom.fields import OWN_FIELD
from etl.easyecom.flags import EasyFlags
from etl.easyecom.tables import products as table
from etl.easyecom.work import EasyWork
from etl.inward.needed import held_products, hidden
from etl.inward.parts import COLUMNS, summed, without_hidden
from store.bulk import upsert

NOT_CREATED = "inactive in EasyEcom and unknown to Optiply"
STOCK_UNKNOWN = "its inventory is unknown"
_ENTITY = "products"


def identify_products(run: Run[EasyFlags], work: EasyWork) -> None:
    """Makes `work.products` and `work.ids`: a SKU keeps the id under which it was first sent."""
    query = f"SELECT sku, remote_id, product_id FROM {table.name}"
    known = {row[0]: row for rows in run.snapshot.rows(query) for row in rows}
    copies: dict[str | None, dict[str | None, Any]] = {}
    for record in work.records(_ENTITY):
        same = copies.setdefault(text_or_none(record.sku), {})
        last = same.setdefault(id_or_none(record.cp_id), record)
        if str(record.updated_at or "") >= str(last.updated_at or ""):
            same[id_or_none(record.cp_id)] = record
    without = copies.pop(None, {})
    rank = {key: place for place, key in enumerate(run.config.location_key)}
    owners = {row[1]: sku for sku, row in known.items()}
    chosen, remotes, stock = list(without.values()), list(without), [None] * len(without)
    left_out: list[str | None] = ["it has no SKU"] * len(without)
    for sku, same in sorted(copies.items(), key=str):
        record = min(same.values(), key=lambda one: (rank.get(one.location_key, len(rank)), _place(one.cp_id)))
        remote, why = id_or_none(record.cp_id), None
        if sku in known:
            if remote not in (None, known[sku][1]):
                run.report.because(
                    _ENTITY, "reported", "its cp_id is another one now: it keeps its id", [known[sku][1]]
                )
            remote = known[sku][1]
        elif (other := owners.get(str(remote))) is not None and other in copies:
            why = "its cp_id is that of another SKU"
        elif other is not None:
            run.report.because(_ENTITY, "reported", "its SKU is another one now", [remote], "skuCode", [sku])
            run.snapshot.change(f"DELETE FROM {table.name} WHERE sku = ?", other)
        chosen.append(record)
        remotes.append(remote)
        left_out.append(why)
        stock.append(_stock(record, same.values() if run.config.sum_stock_of_locations else ()))
    work.products = _columns(run, chosen, remotes, stock).assign(left_out=objects(left_out, pd.RangeIndex(len(chosen))))
    _keep(run, work, known)
    for sku, same in copies.items():
        remote = work.ids.get(f"sku:{sku}")
        work.ids |= {f"cp_id:{cp_id}": remote for cp_id in same if remote and f"cp_id:{cp_id}" not in work.ids}


def _place(cp_id: object) -> tuple[int, str]:
    found = id_or_none(cp_id) or ""
    return (int(found) if found.isdecimal() else 0, found)


def _stock(record: Any, copies: Iterable[Any]) -> Any:  # noqa: ANN401 - a record; a number as it was read
    """Inventory of the copy that counts, or of all; unknown where one of them is."""
    amounts = [number_or_none(one.inventory) for one in copies]
    known = [amount for amount in amounts if amount is not None]
    if not amounts:
        return number_or_none(record.inventory)
    return sum(known) if len(known) == len(amounts) else None


def _columns(run: Run[EasyFlags], chosen: list[Any], remotes: list[Any], stock: list[Any]) -> pd.DataFrame:
    """The products as columns, those that are worked out and the account's own fields among them."""
    index = pd.RangeIndex(len(chosen))
    names = type(chosen[0]).__struct_encode_fields__ if chosen else ("active", "sku")
    frame = pd.DataFrame({name: objects((getattr(one, name) for one in chosen), index) for name in names})
    called = [text_or_none(getattr(one, "product_name", None)) for one in chosen]
    nameless = [one for one, name in zip(remotes, called, strict=True) if name is None and one is not None]
    run.report.because(_ENTITY, "reported", "it has no name: its SKU stands for it", nameless, "name")
    assembled = [_is_assembled(one, needs_parts=run.config.assembled_needs_parts) for one in chosen]
    bare = [
        key for key, record, flag in zip(remotes, chosen, assembled, strict=True) if flag and not record.sub_products
    ]
    run.report.because(_ENTITY, "reported", "EasyEcom counts parts of it and names none", bare, "assembled")
    own = {
        OWN_FIELD + name: objects((_own(one, name) for one in chosen), index)
        for name in own_codes(run.field_map[_ENTITY], OWN_FIELD)
    }
    return frame.assign(**{
        "product:id": objects(remotes, index),
        "product:name": objects((name or one.sku for name, one in zip(called, chosen, strict=True)), index),
        "product:price": objects((getattr(one, run.config.product_price) for one in chosen), index),
        "product:stock": objects(stock, index),
        "product:assembled": objects(assembled, index),
        "product:unlimited": objects([False] * len(chosen), index),
        **own,
    })  # fmt: skip


def _is_assembled(record: Any, *, needs_parts: bool) -> bool:  # noqa: ANN401 - a record
    return bool(record.sub_products) if needs_parts else (number_or_none(record.cp_sub_products_count) or 0) > 0


def _own(record: Any, name: str) -> Any:  # noqa: ANN401 - any JSON value
    return next((one.value for one in record.custom_fields or () if one.field_name == name), None)


def _keep(run: Run[EasyFlags], work: EasyWork, known: dict[str, Any]) -> None:
    """Stores under which id each SKU goes, and makes `work.ids`."""
    frame = work.products
    rows = frame[frame["left_out"].isna() & frame["product:id"].notna()] if len(frame) else frame
    now = pd.DataFrame({
        "sku": [text_or_none(sku) for sku in rows["sku"]],
        "remote_id": list(rows["product:id"]),
        "product_id": [id_or_none(one) for one in rows["product_id"]] if len(rows) else [],
        "tax_rate": [text_or_none(one) for one in rows["tax_rate"]] if len(rows) else [],
    }, dtype=object)  # fmt: skip
    upsert(run.snapshot, table, now, {})
    read = {row[0]: row for row in now[["sku", "remote_id", "product_id"]].itertuples(index=False, name=None)}
    moved = {row[1]: sku for sku, row in read.items()}
    both = {**{sku: row for sku, row in known.items() if moved.get(row[1], sku) == sku}, **read}
    work.ids = {f"sku:{sku}": row[1] for sku, row in both.items()}
    for _, (_, remote, product_id) in sorted(both.items()):
        work.ids.setdefault(f"cp_id:{remote}", remote)
        if product_id:
            work.ids.setdefault(f"product_id:{product_id}", remote)


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
        amounts: dict[str | None, list[Any]] = {}
        for part in parts or ():
            amounts.setdefault(work.product_of(part.sku, part.product_id, part.cpId), []).append(part.quantity)
        for part, each in amounts.items():
            total = summed(each)
            amount = number_or_none(total)
            why = "its quantity is less than 1" if amount is not None and amount < 1 else None
            cells.append((f"{combo}_{part or 'unreadable'}", combo, part, total, why))
        if (parts is not None or not number_or_none(count)) and None not in amounts:
            parents.add(combo)
    return Rows(pd.DataFrame(cells, columns=[*COLUMNS, "left_out"], dtype=object), parents)


def compositions(run: Run[EasyFlags], work: EasyWork) -> Rows:
    """The rows that were gathered, without those of a combo that Optiply does not get."""
    return without_hidden(run, work.parts, NOT_CREATED)


def offers(run: Run[EasyFlags], work: EasyWork) -> Rows:
    """One row per product and vendor code. A product that was read is offered by no other vendor any more."""
    places, codes, parents = [], [], set()
    for place, (product, named, why, _) in enumerate(_of_each(work, "vendor_code", "left_out")):
        if product is None or why is not None or not isinstance(named, list):
            continue
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
