"""The steps that no single entity has: what everything is called, what is needed, and what is kept."""

from collections.abc import Iterator

from etl.core.flow import Run
from etl.core.kept import kept
from etl.core.values import id_or_none, text_or_none
from etl.easyecom.flags import EasyFlags
from etl.easyecom.rules.products import gather_parts, identify_products
from etl.easyecom.rules.purchases import gather_purchases
from etl.easyecom.rules.sales import gather_sales
from etl.easyecom.shapes import STREAMS
from etl.easyecom.work import EASY_IDS, EasyWork
from etl.inward.identity import Supplier, first_names, keep_suppliers
from etl.inward.parts import inactive_products
from etl.inward.work import note_needed

KEEPS = {"sellOrders": ("orders", "order_id"), "buyOrders": ("purchase_orders", "po_id")}
"""What is kept as it was read while it waits, as in etl/inward/waiting.py: more of it may be invoiced, too."""


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
    return first_names(told, listed)


def gather(run: Run[EasyFlags], work: EasyWork) -> None:
    """Makes the rows that name products, and `work.needed`."""
    before = {name: kept(run.snapshot, STREAMS.named(name)) for name, _ in KEEPS.values()}
    work.sales = gather_sales(run, work, before["orders"])
    work.purchases, work.purchase_lines = gather_purchases(run, work, before["purchase_orders"])
    work.parts = gather_parts(work)
    for name, records in before.items():
        work.put_before(name, records)
    bought = set(work.purchase_lines.frame["line:product"].dropna())
    again = {
        "sellOrders": set(work.sales.frame["sale:id"]),
        "buyOrders": set(map(id_or_none, work.purchases.frame["po_id"])),
        "productCompositions": work.parts.parents,
    }
    note_needed(run, work, bought, inactive_products(work.products, "product:id"), again)
