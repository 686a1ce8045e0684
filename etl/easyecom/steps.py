"""The steps that no single entity has: what everything is called, what is needed, and what is kept while it waits."""

from collections.abc import Iterator

from etl.core.flow import Run
from etl.core.kept import keep, kept, waiting_ids
from etl.core.values import id_or_none, text_or_none
from etl.easyecom.flags import EasyFlags
from etl.easyecom.rules.products import gather_parts, identify_products
from etl.easyecom.rules.purchases import gather_purchases
from etl.easyecom.rules.sales import gather_sales
from etl.easyecom.shapes import STREAMS
from etl.easyecom.work import EASY_IDS, EasyWork
from etl.inward.identity import Supplier, keep_suppliers
from etl.inward.needed import needed_products
from etl.inward.parts import inactive_products, needed_parts
from etl.inward.sales import sold_products

_KEPT = {"orders": "order_id", "purchase_orders": "po_id"}
"""Streams whose records are kept as they were read while they wait → their ids."""


def identify(run: Run[EasyFlags], work: EasyWork) -> None:
    """Makes what products and suppliers are called."""
    identify_products(run, work)
    work.suppliers, work.known_suppliers = keep_suppliers(run, EASY_IDS, _vendors(work), _locations(work))


def _vendors(work: EasyWork) -> Iterator[Supplier]:
    """A vendor is called by its code."""
    for one in sorted(work.records("vendors"), key=lambda one: str(one.vendor_c_id)):
        company = id_or_none(one.vendor_c_id)
        remote = text_or_none(one.vendor_code) or (f"c:{company}" if company else None)
        yield Supplier(remote, company, text_or_none(one.vendor_name))


def _locations(work: EasyWork) -> dict[str, str | None]:
    """Id → name: as the products say it, else as the list of locations does."""
    told = [(id_or_none(one.c_id), text_or_none(one.company_name)) for one in work.records("products")]
    listed = [(id_or_none(one.company_id), text_or_none(one.location_name)) for one in work.records("locations")]
    names: dict[str, str | None] = {}
    for pairs in (told, listed):
        read: dict[str, list[str]] = {}
        for key, name in pairs:
            if key and not names.get(key):
                read.setdefault(key, []).extend([name] if name else [])
        names |= {key: min(found, default=None) for key, found in read.items()}
    return names


def gather(run: Run[EasyFlags], work: EasyWork) -> None:
    """Makes the rows that name products, and `work.needed`."""
    before = {name: kept(run.snapshot, STREAMS.named(name)) for name in _KEPT}
    work.sales = gather_sales(run, work, before["orders"])
    work.purchases, work.purchase_lines = gather_purchases(run, work, before["purchase_orders"])
    work.parts = gather_parts(work)
    for name in _KEPT:
        work.put_before(name, before[name])
    bought = set(work.purchase_lines.frame["line:product"].dropna())
    now = needed_products(run, {"sellOrders": sold_products(work.sales), "buyOrders": bought})
    if run.config.composes:
        now |= needed_parts(run, work.parts, inactive_products(work.products, "product:id"), now)
    work.needed = frozenset(now)


def keep_waiting(run: Run[EasyFlags], work: EasyWork) -> None:
    """Keeps the records of what waits: a product or a supplier that they name may become known, or more be invoiced."""
    waiting = {
        "orders": waiting_ids(run.snapshot, "sellOrders"),
        "purchase_orders": waiting_ids(run.snapshot, "buyOrders")
        | waiting_ids(run.snapshot, "buyOrderLines", "buyOrderRemoteId"),
    }
    for name, key in _KEPT.items():
        records = [one for one in work.records(name) if id_or_none(getattr(one, key)) in waiting[name]]
        keep(run.snapshot, name, records)
