"""What CreatePurchaseOrder does in the EasyEcom sandbox: its checks in EasyEcom's words, and what comes of them."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from sandbox.easyecom import purchasing
from sandbox.easyecom.errors import CrashError, EasyError
from sandbox.easyecom.rows import Location, PoItem, Product, PurchaseOrder, Vendor
from sandbox.easyecom.store import EasyStore

Json = Mapping[str, Any]
_OMITTED_WHEN_EMPTY = ("batch_code", "batch_mrp", "expiry_date", "serials")


def create(store: EasyStore, body: object, place: Location) -> PurchaseOrder:
    """Insert a purchase order at a location, or with `createOrUpdate` U change the one of that reference code.

    Raises:
        EasyError: For a refusal; nothing is changed then.
        CrashError: For what makes EasyEcom break down.
    """
    if not isinstance(body, dict):
        raise CrashError("no object")
    reference = str(body.get("referenceCode") or "").strip()
    if not reference:
        raise EasyError(400, "referenceCode field is mandatory/cannot be left blank")
    if store.settings.address_needed and not str(body.get("address") or "").strip():
        raise CrashError("no address")
    vendor = _vendor(store, body)
    expected = _expected(store, body.get("expDeliveryDate"))
    items = _items(store, body)
    found = [row for row in store.purchase_orders.where("po_ref_num", reference) if row.c_id == place.company_id]
    if body.get("createOrUpdate") == "U":
        if not found:
            raise EasyError(400, "No purchase order found with this referenceCode")
        changed = {"items": items, "expected_delivery_date": expected, "po_updated_date": store.stamp()}
        return store.change(found[0], **changed)
    if found and store.settings.same_reference == "refuse":
        raise EasyError(400, "Purchase order already exists with this referenceCode")
    order = purchasing.place(store, place.company_id, vendor, items, reference)
    return store.change(order, expected_delivery_date=expected) if expected else order


def _vendor(store: EasyStore, body: Json) -> Vendor:
    """Return the vendor of a code (`vendorId`) or of a number (`vendor_id`), which may be a location's."""
    code, number = body.get("vendorId"), body.get("vendor_id")
    if code is not None and number is None:
        found = store.vendors.where("vendor_code", str(code))
        if found:
            return found[0]
    elif isinstance(number, int) and code is None:
        row = store.vendors.rows.get(number)
        if row is not None:
            return row
        place = store.locations.rows.get(number)
        if place is not None:
            return Vendor(vendor_c_id=number, vendor_code=None, vendor_name=place.location_name)
    raise EasyError(400, f"Vendor cannot be found with vendorId {code if code is not None else number} or vendor_id")


def _expected(store: EasyStore, given: object) -> str | None:
    if given is None:
        return None
    try:
        day = datetime.strptime(str(given), "%Y-%m-%d").date()
    except ValueError:
        day = None
    if day is None or day <= store.now().date():
        raise EasyError(400, "The expected delivery date must be a date after today in yyyy-mm-dd format")
    return day.isoformat()


def _items(store: EasyStore, body: Json) -> list[PoItem]:
    given = body.get("items")
    if "lineItems" in body or not isinstance(given, list) or not given:
        raise CrashError("no items")
    return [_item(store, one) for one in given]


def _item(store: EasyStore, given: Any) -> PoItem:  # noqa: ANN401 - what the request holds
    if not isinstance(given, dict) or any(given.get(name) == "" for name in _OMITTED_WHEN_EMPTY):
        raise CrashError("an item that is none, or one with an empty text")
    product = _product(store, given)
    quantity, price = _number(given.get("quantity")), _number(given.get("unitPrice"))
    if quantity is None or quantity <= 0 or quantity != int(quantity):
        raise EasyError(400, f"The quantity must be greater than 0 for sku {product.sku}")
    if price is None or price < 0:
        raise EasyError(400, f"The unitPrice is not valid for sku {product.sku}")
    rate = _number(str(given.get("taxRate") or 0).removesuffix("%"))
    if rate is None:
        raise EasyError(400, f"The taxRate is not valid for sku {product.sku}")
    stored = (price * (1 + rate / 100)).quantize(Decimal("0.0001"))
    return purchasing.line_of(store, product, int(quantity), stored, f"{rate:f}%" if rate else 0)


def _product(store: EasyStore, given: Json) -> Product:
    sku = given.get("sku")
    if sku is not None:
        product = store.by_sku(str(sku))
        if product is not None:
            return product
    elif given.get("ean"):
        found = [row for row in store.products.rows.values() if str(given["ean"]) == row.EANUPC]
        if len(found) == 1:
            return found[0]
    raise EasyError(400, f"Unable to find the sku: {sku if sku is not None else given.get('ean')}")


def _number(given: object) -> Decimal | None:
    """Return a number or a numeric text, None for anything else."""
    if isinstance(given, bool) or not isinstance(given, int | float | str):
        return None
    try:
        number = Decimal(str(given))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
