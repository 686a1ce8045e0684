"""What a file of preferred suppliers comes to: the changes in the destination, and the rows that ask for none."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from connector.settings import near
from job.preferred.file import Asked
from job.systems.account import Account, Row

PAIRS = "supplierProducts"


@dataclass(frozen=True)
class Change:
    """One write: of which row, and whether this pair becomes the preferred one or is it no longer."""

    row: int
    sku: str
    supplier: str
    id: str
    preferred: bool


@dataclass(frozen=True)
class NotDone:
    """A row that asks for nothing that can be done, and why."""

    row: int
    sku: str
    supplier: str
    why: str


@dataclass(frozen=True)
class Choice:
    """changes: all writes, those of one product together. refused: rows with their reason. settled: how many rows say
    what is so already. left_alone: how many set nothing."""

    changes: tuple[Change, ...]
    refused: tuple[NotDone, ...]
    settled: int
    left_alone: int


class _Refused(Exception):
    """Why a row cannot be done."""


def choose(asked: Iterable[Asked], account: Account) -> Choice:
    """Asks the account about every row that sets a supplier; nothing is written. Nothing is half done per product."""
    rows = list(asked)
    setting = [one for one in rows if one.sets]
    suppliers = _by_name(account.rows("suppliers", {})) if setting else {}
    named: dict[str, set[str]] = {}
    for one in setting:
        named.setdefault(one.sku, set()).add(one.supplier.casefold())
    changes: list[Change] = []
    refused: list[NotDone] = []
    done: set[str] = set()
    settled = 0
    for one in setting:
        try:
            if one.sku and len(named[one.sku]) > 1:
                raise _Refused("the file names several preferred suppliers for this skuCode")
            found = [] if one.sku in done else _changes(one, suppliers, account)
        except _Refused as reason:
            refused.append(NotDone(one.row, one.sku, one.supplier, str(reason)))
            continue
        done.add(one.sku)
        settled += not found
        changes += found
    return Choice(tuple(changes), tuple(refused), settled, len(rows) - len(setting))


def records_of(changes: Iterable[Change], remote_ids: Mapping[str, str]) -> list[dict[str, Any]]:
    """The records that the target is given; `remote_ids`: of the pairs that the store knows, by the account's id."""
    return [
        {
            "remoteId": remote_ids.get(one.id, surplus_name(one)),
            "id": one.id,
            "preferred": one.preferred,
            "_changed": ["preferred"],
        }
        for one in changes
    ]


def surplus_name(change: Change) -> str:
    """What a pair is called that no source has given."""
    return f"id:{change.id}"


def _changes(one: Asked, suppliers: Mapping[str, list[Row]], account: Account) -> list[Change]:
    if not one.sku or not one.supplier:
        raise _Refused(f"it has no {'supplierName' if one.sku else 'skuCode'}")
    supplier = _only(
        suppliers.get(one.supplier.casefold(), []), "supplier of that name", _like(one.supplier, suppliers)
    )
    products = [
        row for row in account.rows("products", {"skuCode": one.sku}) if row.attributes.get("skuCode") == one.sku
    ]
    product = _only(products, "product with that skuCode")
    pairs = account.rows(PAIRS, {"productId": product.id})
    own = [pair for pair in pairs if str(pair.attributes.get("supplierId")) == supplier.id]
    chosen = _only(own, "entry of that supplier for that product")
    names = {row.id: str(row.attributes.get("name")) for rows in suppliers.values() for row in rows}
    found = [] if _is_preferred(chosen) else [Change(one.row, one.sku, one.supplier, chosen.id, True)]
    return found + [
        Change(one.row, one.sku, names.get(str(pair.attributes.get("supplierId")), "?"), pair.id, False)
        for pair in pairs
        if pair.id != chosen.id and _is_preferred(pair)
    ]


def _by_name(rows: Iterable[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(str(row.attributes.get("name") or "").strip().casefold(), []).append(row)
    return found


def _only(rows: list[Row], what: str, hint: str = "") -> Row:
    if len(rows) == 1:
        return rows[0]
    raise _Refused(f"there are {len(rows)} of this: {what}" if rows else f"there is no {what}{hint}")


def _like(name: str, suppliers: Mapping[str, list[Row]]) -> str:
    found = near(name.casefold(), suppliers)
    return f"; did you mean {str(suppliers[found[0]][0].attributes.get('name'))!r}?" if found else ""


def _is_preferred(pair: Row) -> bool:
    return pair.attributes.get("preferred") is True
