"""Under which ids a source's products and suppliers went to Optiply: kept by SKU and code, since its own may change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
from sqlalchemy import Column, Integer, MetaData, Table, Text

from etl.core.flow import Run
from etl.core.values import id_or_none, text_or_none
from store.bulk import upsert


@dataclass(frozen=True)
class Identity:
    """The tables of facts of one source, and the fields of its products.

    `own`: the id, another one for each copy of a product; `product`: one that all copies share; `changed`: the later of
    two readings of a copy has the later one.
    """

    facts: MetaData
    products: Table
    suppliers: Table
    own: str
    product: str
    changed: str


def identity(system: str, own: str, product: str, changed: str) -> Identity:
    """One row per SKU, with the id that it was first sent under; one per supplier, a vendor or an own location."""
    facts = MetaData()
    products = Table(
        f"{system}_products",
        facts,
        Column("sku", Text, primary_key=True),
        Column("remote_id", Text, nullable=False),
        Column("product_id", Text),
        Column("tax_rate", Text),  # as it was read: 0.18, 18 or 18%
        sqlite_with_rowid=False,
    )
    suppliers = Table(
        f"{system}_suppliers",
        facts,
        Column("remote_id", Text, primary_key=True),
        Column("company_id", Text),
        Column("name", Text),
        Column("is_location", Integer, nullable=False),
        sqlite_with_rowid=False,
    )
    return Identity(facts, products, suppliers, own, product, changed)


@dataclass(frozen=True)
class Chosen:
    """A product: the copy that counts, under which id it goes, all its copies, why it is left out."""

    record: Any
    remote: str | None
    copies: tuple[Any, ...]
    left_out: str | None = None


def choose(
    run: Run[Any], names: Identity, records: Iterable[Any], rank: Callable[[Any], int]
) -> tuple[list[Chosen], dict[str, str]]:
    """One row per SKU, and `sku:…`, `product:…` and `own:…` → remote id of all that was ever read; kept in the store.

    Of several copies that with the least `rank` counts. A SKU keeps the id under which it was first sent; an id whose
    SKU is another one now moves with it, unless the old one is there, too. Where that of the first rank is missing, no
    other takes its place in what was sent.
    """
    query = f"SELECT sku, remote_id, product_id FROM {names.products.name}"  # nosec B608
    known = {row[0]: row for rows in run.snapshot.rows(query) for row in rows}
    owners = {row[1]: sku for sku, row in known.items()}
    copies = _copies(names, records)
    found = [Chosen(one, own, (one,), "it has no SKU") for own, one in copies.pop(None, {}).items()]
    for sku, same in sorted(copies.items(), key=str):
        every = tuple(same.values())
        record = min(every, key=lambda one: (rank(one), _place(getattr(one, names.own))))
        remote = id_or_none(getattr(record, names.own))
        other, why = owners.get(remote or ""), None
        if sku in known:
            is_other = remote not in (None, known[sku][1])
            remote = known[sku][1]
            if is_other and rank(record) > 0:
                why = "its first location does not list it now: it stays as it was"
            elif is_other:
                run.report.because(
                    "products", "reported", f"its {names.own} is another one now: it keeps its id", [remote]
                )
        elif other in copies:
            why = f"its {names.own} is that of another SKU"
        elif other is not None:
            run.report.because("products", "reported", "its SKU is another one now", [remote], "skuCode", [sku])
            run.snapshot.change(f"DELETE FROM {names.products.name} WHERE sku = ?", other)  # nosec B608
            del known[other]
        found.append(Chosen(record, remote, every, why))
    return found, _keep(run, names, found, known)


def _copies(names: Identity, records: Iterable[Any]) -> dict[str | None, dict[str | None, Any]]:
    """SKU → its copies by their own ids, each as it was read last."""
    copies: dict[str | None, dict[str | None, Any]] = {}
    for record in records:
        same, own = copies.setdefault(text_or_none(record.sku), {}), id_or_none(getattr(record, names.own))
        last = same.setdefault(own, record)
        if str(getattr(record, names.changed) or "") >= str(getattr(last, names.changed) or ""):
            same[own] = record
    return copies


def _place(own: object) -> tuple[int, str]:
    found = id_or_none(own) or ""
    return (int(found) if found.isdecimal() else 0, found)


def _keep(run: Run[Any], names: Identity, found: list[Chosen], known: Mapping[str, Any]) -> dict[str, str]:
    now = [
        (text_or_none(one.record.sku), one.remote, id_or_none(getattr(one.record, names.product)),
         text_or_none(one.record.tax_rate))
        for one in found if one.left_out is None and one.remote is not None
    ]  # fmt: skip
    frame = pd.DataFrame(now, columns=["sku", "remote_id", "product_id", "tax_rate"], dtype=object)
    upsert(run.snapshot, names.products, frame, {})
    ids: dict[str, str] = {}
    both: dict[str, Any] = {**known}
    both |= {row[0]: row for row in now if row[0] is not None}
    for sku, (_, remote, product, *_) in sorted(both.items()):
        ids[f"sku:{sku}"] = remote
        ids.setdefault(f"{names.own}:{remote}", remote)
        if product:
            ids.setdefault(f"{names.product}:{product}", remote)
    for one in found:
        for copy in one.copies if one.left_out is None else ():
            if one.remote is not None:
                ids.setdefault(f"{names.own}:{id_or_none(getattr(copy, names.own))}", one.remote)
    return ids


def called(ids: Mapping[str, str], **named: object) -> str | None:
    """The remote id of the product that is named so, the first name first.

    An unknown one is called by that name, which no product has, so that what names it waits.
    """
    values = {kind: text_or_none(one) if kind == "sku" else id_or_none(one) for kind, one in named.items()}
    names = [f"{kind}:{value}" for kind, value in values.items() if value]
    return next((ids[name] for name in names if name in ids), names[0] if names else None)


@dataclass(frozen=True)
class Supplier:
    """A supplier: its remote id, its company's id, its name, whether it is a location of the account itself."""

    remote: str | None
    company: str | None
    name: str | None
    is_location: int = 0


TAKEN = "its id is the code of a vendor, which stays"


def keep_suppliers(
    run: Run[Any], names: Identity, vendors: Iterable[Supplier], locations: Mapping[str, str | None]
) -> tuple[pd.DataFrame, dict[str, Supplier]]:
    """One row per supplier (supplier:id, supplier:name, left_out), and all that were ever read by remote id.

    locations: id → name; one whose id is the code of a vendor, of this or an earlier run, is left out.
    """
    table = names.suppliers
    columns = [column.name for column in table.columns]
    query = f"SELECT {', '.join(columns)} FROM {table.name}"  # nosec B608
    known = {row[0]: Supplier(*row) for rows in run.snapshot.rows(query) for row in rows}
    read = {one.remote: one for one in vendors}
    codes = {*read, *(one.remote for one in known.values() if not one.is_location)}
    rows = [*read.values(), *(Supplier(key, key, name, 1) for key, name in sorted(locations.items()))]
    taken = [bool(one.is_location) and one.remote in codes for one in rows]
    told = [(one.remote, one.name or one.remote, TAKEN if out else None) for one, out in zip(rows, taken, strict=True)]
    nameless = [one.remote for one in rows if one.name is None and one.remote is not None]
    run.report.because("suppliers", "reported", "it has no name: its id stands for it", nameless, "name")
    fresh = {one.remote: one for one, out in zip(rows, taken, strict=True) if not out and one.remote is not None}
    cells = [(one.remote, one.company, one.name, one.is_location) for one in fresh.values()]
    upsert(run.snapshot, table, pd.DataFrame(cells, columns=columns, dtype=object), {})
    frame = pd.DataFrame(told, columns=["supplier:id", "supplier:name", "left_out"], dtype=object)
    return frame, {**known, **fresh}


def first_names(*lists: Iterable[tuple[str | None, str | None]]) -> dict[str, str | None]:
    """Id → name: as the first list says it that knows one; of several names in a list the least."""
    names: dict[str, str | None] = {}
    for pairs in lists:
        read: dict[str, list[str]] = {}
        for key, name in pairs:
            if key and not names.get(key):
                read.setdefault(key, []).extend([name] if name else [])
        names |= {key: min(found, default=None) for key, found in read.items()}
    return names


def supplier_of(known: Mapping[str, Supplier], name: str | None, code: str | None, company: str | None) -> str | None:
    """Remote id of a supplier: by its name where one alone has it, else by its code, else by its company.

    Where that is unclear, a name that no supplier has, so that what names it waits.
    """
    named = [key for key, one in known.items() if one.name is not None and one.name == name]
    if len(named) == 1:
        return named[0]
    if code in known:
        return code
    same = [key for key, one in known.items() if one.company is not None and one.company == company]
    if len(same) == 1:
        return same[0]
    return f"name:{name}" if name else code or (f"c:{company}" if company else None)
