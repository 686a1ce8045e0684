"""Changes of products, parts and suppliers: those of the API, and those a person makes in the web application."""

from collections.abc import Mapping
from typing import Any

import msgspec

from sandbox.picqer.errors import MISSING, PicqerError, not_found
from sandbox.picqer.purchasing import find_product, whole_amount
from sandbox.picqer.rows import Part, Product, Supplier
from sandbox.picqer.stock import COMPOSITIONS
from sandbox.picqer.store import PicqerStore

_PRODUCT = (
    "name",
    "price",
    "fixedstockprice",
    "idvatgroup",
    "idsupplier",
    "productcode",
    "productcode_supplier",
    "deliverytime",
    "description",
    "barcode",
    "type",
    "weight",
    "minimum_purchase_quantity",
    "purchase_in_quantities_of",
    "country_of_origin",
)
_SUPPLIER = tuple(name for name in Supplier.__struct_fields__ if name != "idsupplier")


def create_product(store: PicqerStore, body: Mapping[str, Any], customer: int | None = None) -> Product:
    """Make a product. Raises PicqerError: code 5 for what is missing or a product code that exists."""
    for name in ("productcode", "name", "price", "idvatgroup"):
        if body.get(name) is None:
            raise PicqerError(MISSING, f"Missing parameter: {name}")
    now = store.stamp()
    fresh = Product(
        idproduct=store.new_id("products"),
        productcode="",
        name="",
        idfulfilment_customer=customer,
        created=now,
        updated=now,
    )
    return _edited(store, fresh, body)


def edit_product(store: PicqerStore, product: Product, body: Mapping[str, Any]) -> Product:
    """Change what the body names; `updated` moves.

    Raises PicqerError: code 5 for a product code that another product has, or a value of a wrong type.
    """
    return _edited(store, msgspec.structs.replace(product, updated=store.stamp()), body)


def _edited(store: PicqerStore, product: Product, body: Mapping[str, Any]) -> Product:
    code = body.get("productcode", product.productcode)
    if any(other.idproduct != product.idproduct for other in store.products.where("productcode", code)):
        raise PicqerError(MISSING, f"Invalid parameter: productcode {code} already exists")
    if body.get("idsupplier") is not None:
        store.get(store.suppliers, body["idsupplier"], "Supplier")
    kind = body.get("type", product.type)
    values = {
        **msgspec.structs.asdict(product),
        **{name: body[name] for name in _PRODUCT if name in body},
        "unlimitedstock": kind == "unlimited_stock",
        "assembled": kind in COMPOSITIONS,
    }
    try:
        fresh = msgspec.convert(values, type=Product, from_attributes=True)
    except msgspec.ValidationError as error:
        raise PicqerError(MISSING, f"Invalid parameter: {error}") from error
    store.put(fresh)
    return fresh


def set_active(store: PicqerStore, product: Product, active: bool) -> Product:
    """Make a product active or inactive: it then is in the other list."""
    return store.change(product, active=active, updated=store.stamp())


def create_supplier(store: PicqerStore, body: Mapping[str, Any]) -> Supplier:
    """Make a supplier. Raises PicqerError: code 5 without a name."""
    if not body.get("name"):
        raise PicqerError(MISSING, "Missing parameter: name")
    return edit_supplier(store, Supplier(idsupplier=store.new_id("suppliers"), name=None), body)


def edit_supplier(store: PicqerStore, supplier: Supplier, body: Mapping[str, Any]) -> Supplier:
    """Change what the body names."""
    return store.change(supplier, **{name: body[name] for name in _SUPPLIER if name in body})


def remove_supplier(store: PicqerStore, supplier: Supplier) -> None:
    """Remove a supplier: its products have none from then on (inferred), its purchase orders still name it."""
    for product in store.products.where("idsupplier", supplier.idsupplier):
        store.change(product, idsupplier=None)
    store.remove(supplier)


def add_part(store: PicqerStore, product: Product, body: Mapping[str, Any]) -> Part:
    """Add a part to a composition; the same product may be added twice.

    Raises PicqerError: code 5 or 24 for the body.
    """
    inner = find_product(store, body)
    part = Part(store.new_id("parts"), inner.idproduct, whole_amount(body, least=1))
    store.change(product, parts=[*product.parts, part])
    return part


def change_part(store: PicqerStore, product: Product, number: str, body: Mapping[str, Any]) -> Part:
    """Change the amount of a part, the only thing of it that can be changed.

    Raises PicqerError: code 20 for an unknown part, 5 for an amount that is none.
    """
    old = _part(product, number)
    part = msgspec.structs.replace(old, amount=whole_amount(body, least=1))
    store.change(product, parts=[part if other is old else other for other in product.parts])
    return part


def remove_part(store: PicqerStore, product: Product, number: str) -> None:
    """Remove a part. Raises PicqerError: code 20 for an unknown part."""
    old = _part(product, number)
    store.change(product, parts=[other for other in product.parts if other is not old])


def _part(product: Product, number: str) -> Part:
    for part in product.parts:
        if str(part.idproduct_part) == number:
            return part
    raise not_found("Product part")
