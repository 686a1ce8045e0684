"""Catalogue, store, customer and price-rule endpoints of the Magento sandbox."""

from sandbox.magento.call import Call
from sandbox.magento.search import MagentoError, whole
from sandbox.shop.metadata import ATTRIBUTES, MODULES
from sandbox.shop.world import STORE_GROUPS, STORE_VIEWS, WEBSITES, Json, store_configs

_STOCK_ITEM_RIGHT = "Magento_CatalogInventory::cataloginventory"
_TYPES = ("simple", "virtual", "bundle", "downloadable", "configurable", "grouped")


def products(call: Call) -> Json:
    """List products; no `stock_item` here, as in Magento."""
    return call.listing("products")


def product(call: Call) -> Json:
    """Return one product with its `stock_item`, unless the token lacks the right to see stock."""
    found = call.product()
    if _STOCK_ITEM_RIGHT in call.server.settings.missing_acl:
        return found
    extra = dict(found["extension_attributes"])
    item = {"stock_item": call.server.stock.stock_item(found)}
    keys = ("website_ids", "category_links")
    ordered = {**{key: extra.pop(key) for key in keys if key in extra}, **item, **extra}
    return {**found, "extension_attributes": ordered}


def product_links(call: Call) -> list[Json]:
    """Return a product's links of one type as a bare list."""
    kind = call.params["type"]
    return [link for link in call.product()["product_links"] if link["link_type"] == kind]


def product_types(_call: Call) -> list[Json]:
    """List the product types."""
    return [{"name": name, "label": f"{name.capitalize()} Product"} for name in _TYPES]


def attributes(call: Call) -> Json:
    """List product attributes with their options."""
    return call.listing("attributes")


def attribute(call: Call) -> Json:
    """Return one product attribute, by code or id; the list leaves its extension attributes out."""
    return {"extension_attributes": {"is_pagebuilder_enabled": False}, **_attribute(call)}


def _attribute(call: Call) -> Json:
    wanted = call.params["code"]
    found = next((a for a in ATTRIBUTES if wanted in (a["attribute_code"], str(a["attribute_id"]))), None)
    if found is None:
        text = "The attribute with a \"%1\" attributeCode doesn't exist. Verify the attribute and try again."
        raise MagentoError(404, text, [wanted])
    return found


def attribute_options(call: Call) -> list[Json]:
    """Return the options of a product attribute as a bare list."""
    options: list[Json] = _attribute(call)["options"]
    return options


def bundle_options(call: Call) -> list[Json]:
    """Return a bundle's options with their products as a bare list."""
    found = call.product()
    if found["type_id"] != "bundle":
        raise MagentoError(400, "This is implemented for bundle products only.")
    options: list[Json] = found["extension_attributes"]["bundle_product_options"]
    return options


def bundle_children(call: Call) -> list[Json]:
    """Return all products of a bundle's options as a bare list; `price` is null here."""
    return [{**link, "price": None} for option in bundle_options(call) for link in option["product_links"]]


def configurable_children(call: Call) -> list[Json]:
    """Return a configurable's children as a bare list, without stock and links; empty for other types."""
    ids = call.product()["extension_attributes"].get("configurable_product_links", ())
    left_out = ("extension_attributes", "options", "media_gallery_entries", "tier_prices")
    return [
        {name: value for name, value in call.shop.products[part].items() if name not in left_out}
        for part in ids
        if part in call.shop.products
    ]


def categories(call: Call) -> Json:
    """Return the category tree: from the root of all for the scope `all`, else from the store's root."""
    return _branch(call, 1 if call.scope == "all" else 2)


def _branch(call: Call, category_id: int) -> Json:
    rows = call.shop.categories
    found = next(row for row in rows if row["id"] == category_id)
    names = ("id", "parent_id", "name", "is_active", "position", "level")
    children = [row["id"] for row in rows if row["parent_id"] == category_id]
    return {
        **{name: found[name] for name in names},
        "product_count": 0,
        "children_data": [_branch(call, child) for child in children],
    }


def category(call: Call) -> Json:
    """Return one category."""
    wanted = whole(call.params["id"])
    found: Json | None = next((row for row in call.shop.categories if row["id"] == wanted), None)
    if found is None:
        parameters: Json = {"fieldName": "id", "fieldValue": wanted}
        raise MagentoError(404, "No such entity with %fieldName = %fieldValue", parameters)
    return found


def category_list(call: Call) -> Json:
    """List categories flat."""
    return call.listing("categories")


def customers(call: Call) -> Json:
    """List customers: names, addresses and all."""
    return call.listing("customers")


def sales_rules(call: Call) -> Json:
    """List cart price rules."""
    return call.listing("salesRules")


def coupons(call: Call) -> Json:
    """List coupons."""
    return call.listing("coupons")


def websites(_call: Call) -> list[Json]:
    """List websites, the admin one included."""
    return WEBSITES


def store_groups(_call: Call) -> list[Json]:
    """List store groups, the admin one included."""
    return STORE_GROUPS


def store_views(_call: Call) -> list[Json]:
    """List store views, the admin one included."""
    return STORE_VIEWS


def configs(call: Call) -> list[Json]:
    """List store configurations; `storeCodes[]` chooses among them."""
    rows = store_configs(call.base_url)
    codes = call.query.get("storeCodes")
    wanted = set(codes.values()) if isinstance(codes, dict) else None
    return [row for row in rows if wanted is None or row["code"] in wanted]


def modules(call: Call) -> list[str]:
    """List the enabled modules."""
    settings = call.server.settings
    return [
        name
        for name in MODULES
        if (settings.msi or not name.startswith("Magento_Inventory"))
        and (settings.two_factor or name != "Magento_TwoFactorAuth")
    ]
