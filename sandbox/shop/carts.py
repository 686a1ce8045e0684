"""The shop's carts as `GET /V1/carts/search` lists them; they reserve nothing."""

from collections.abc import Mapping

from sandbox.server.state import SandboxError
from sandbox.shop.products import number
from sandbox.shop.shop import Shop
from sandbox.shop.world import Json

# A guest's, who has not said where to send it.
_NOT_SAID = ("region", "region_id", "region_code", "country_id", "telephone", "postcode", "city")
_NO_ADDRESS: Json = {
    "id": 0,
    **dict.fromkeys((*_NOT_SAID, "firstname", "lastname", "email")),
    "street": [""],
    "same_as_billing": 0,
    "save_in_address_book": 0,
}
_EURO: Json = {
    **dict.fromkeys((f"{whose}_currency_code" for whose in ("global", "base", "store", "quote")), "EUR"),
    "store_to_base_rate": 0,
    "store_to_quote_rate": 0,
    "base_to_global_rate": 1,
    "base_to_quote_rate": 1,
}


def fill_cart(
    shop: Shop, items: Mapping[str, float], updated_at: str, *, active: bool = True, store_id: int = 1
) -> Json:
    """Enter a cart with units by SKU; one that was ordered from is not active any more.

    Raises SandboxError if a SKU is not in the catalogue.
    """
    rows = [_row(shop, sku, qty) for sku, qty in items.items()]
    shop.note("cart", items=dict(items), updated_at=updated_at, active=active, store_id=store_id)
    cart: Json = {
        "id": shop.ids.next("cart", 10_001),
        "created_at": updated_at,
        "updated_at": updated_at,
        "is_active": active,
        "is_virtual": False,
        "items": rows,
        "items_count": len(rows),
        "items_qty": number(sum(row["qty"] for row in rows)),
        "customer": {"email": None, "firstname": None, "lastname": None},
        "billing_address": dict(_NO_ADDRESS),
        "orig_order_id": 0,
        "currency": dict(_EURO),
        "customer_is_guest": True,
        "customer_note_notify": True,
        "customer_tax_class_id": 3,
        "store_id": store_id,
        "extension_attributes": {"shipping_assignments": []},
    }
    for row in rows:
        row["quote_id"] = str(cart["id"])
    shop.carts[cart["id"]] = cart
    shop.touch("carts")
    return cart


def _row(shop: Shop, sku: str, qty: float) -> Json:
    product = shop.product(sku)
    if product is None:
        raise SandboxError(f"The shop has no product with the SKU {sku}.")
    return {
        "item_id": shop.ids.next("quote item"),
        "sku": product["sku"],
        "qty": number(float(qty)),
        "name": product["name"],
        "price": product.get("price", 0),
        "product_type": product["type_id"],
    }


def end_cart(shop: Shop, cart_id: int, updated_at: str) -> None:
    """Let a cart be active no more, as when it was ordered or given up.

    Raises SandboxError if there is no such cart.
    """
    if cart_id not in shop.carts:
        raise SandboxError(f"The shop has no cart {cart_id}.")
    shop.note("end_cart", cart_id=cart_id, updated_at=updated_at)
    shop.carts[cart_id].update(is_active=False, updated_at=updated_at)
    shop.touch("carts")
