"""Buy orders of Optiply as purchase orders in EasyEcom: by SKU, with prices that may contain the tax."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from etl.core.flow import Run
from etl.easyecom.work import EASY_IDS
from etl.outward.flags import EasyExports
from etl.outward.purchase_flow import purchase_flow
from etl.outward.purchase_look import Look
from etl.outward.purchase_system import BoughtLine, Cells, ExportWork, Purchasing, Waits
from store.snapshot import Snapshot
from vocabulary.easyecom import PURCHASE_ORDERS, contents_of

_STEP = Decimal("0.0001")
_NO_RATE = "no tax rate is known of one of its products, so no tax was added to its price"


class EasyWork(ExportWork):
    """What EasyEcom's products and suppliers are called there, by their remote ids."""

    def look_beside(self, optiply: Snapshot) -> None:
        """Reads the facts that the way in keeps; none before its first run."""
        optiply.keep(EASY_IDS.facts)
        products = "SELECT remote_id, sku, tax_rate FROM easyecom_products"
        self.articles = {row[0]: (str(row[1]), row[2]) for rows in optiply.rows(products, ()) for row in rows}
        suppliers = "SELECT remote_id, company_id, is_location FROM easyecom_suppliers WHERE company_id IS NOT NULL"
        self.companies = {row[0]: (str(row[1]), bool(row[2])) for rows in optiply.rows(suppliers, ()) for row in rows}


def _header(_run: Run[EasyExports], work: EasyWork, _key: str, supplier: str) -> Cells:
    """A vendor by its code; a location, or a vendor without a code, by its number."""
    company, is_location = work.companies.get(supplier, ("", False))
    if not company:
        raise Waits("its supplier is not known in EasyEcom")
    is_numbered = is_location or supplier.startswith("c:")
    return {"order:vendor_id": company, "order:vendor_code": None if is_numbered else supplier}


def _line(run: Run[EasyExports], work: EasyWork, key: str, line: BoughtLine) -> Cells:
    sku, rate = work.articles.get(line.product, ("", None))
    if not sku:
        raise Waits("the SKU of one of its products is not known")
    price = line.price
    if run.config.send_tax_rate:
        known = tax_rate(rate)
        if known is None and key:
            run.report.because(PURCHASE_ORDERS.name, "reported", _NO_RATE, [key], "items")
        price *= 1 + (known or 0)
    exact = price.quantize(_STEP, rounding=ROUND_HALF_UP)
    return {"line:sku": sku, "quantity": line.quantity, "line:price": f"{exact:f}"}


def tax_rate(value: object) -> Decimal | None:
    """A rate as a fraction: 0.18 of 0.18, 18 and "18%"; None where there is none."""
    text = str(value if value is not None else "").strip()
    try:
        rate = Decimal(text.removesuffix("%").strip())
    except InvalidOperation:
        return None
    if not rate.is_finite() or rate < 0:
        return None
    return rate / 100 if text.endswith("%") or rate > 1 else rate


def _whole(lines: Sequence[Mapping[str, Any]]) -> Cells:
    return {"order:contents": contents_of((line["sku"], line["quantity"]) for line in lines)}


PURCHASING = Purchasing(
    title="EasyEcom",
    entity=PURCHASE_ORDERS,
    flags=EasyExports,
    sources=("order:vendor_id", "order:vendor_code", "order:contents"),
    line_sources=("line:sku", "quantity", "line:price"),
    supplier="vendor_id",
    lines="items",
    product="sku",
    units="quantity",
    day="expDeliveryDate",
    header=_header,
    line=_line,
    supplier_key=lambda work, remote: work.companies.get(remote, ("", False))[0],
    whole=_whole,
    work=EasyWork,
    reads_agree=True,
)
FLOW = purchase_flow("easyecom_purchases", PURCHASING, "easyecom")
LOOK = Look(FLOW.destination, PURCHASING)
