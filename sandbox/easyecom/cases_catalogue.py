"""One product, combo and vendor for each awkward case, with the ids in `EasyStore.cases`."""

from datetime import timedelta
from typing import Any

from sandbox.easyecom.rows import Copy, Kit, Part, Product, Vendor
from sandbox.easyecom.store import EasyStore

MAIN, SECOND, STORE = 24_001, 24_002, 24_003
"""The locations by company id: the primary company, a warehouse, a shop without anything of its own."""


def add_catalogue_cases(store: EasyStore) -> None:
    """Add the awkward vendors, products, combos and the kit."""
    _vendors(store)
    _products(store)
    _combos(store)


def _vendor(store: EasyStore, case: str, code: str | None, name: str | None, **more: Any) -> None:  # noqa: ANN401
    number, then = store.new_id("vendors"), store.stamp(store.clock.start - timedelta(days=320))
    row = Vendor(vendor_c_id=number, vendor_code=code, vendor_name=name, created_at=then, updated_at=then, **more)
    store.put(row)
    store.cases[case] = number


def _vendors(store: EasyStore) -> None:
    _vendor(store, "vendor", "AGR01", "Agarwal Papers")
    _vendor(store, "vendor with the name of another", "TWIN1", "Twin Traders")
    _vendor(store, "vendor with that name again", "TWIN2", "Twin Traders")
    _vendor(store, "vendor inactive", "OLD9", "Old Mills", active=0)
    _vendor(store, "vendor without a code", None, "Nameless Works")
    _vendor(store, "vendor whose code looks like a location", str(SECOND), "Number Works")
    untidy = {"address": [], "prep_days": "", "active": "1", "currency_code": "NA", "vendor_name": " Spaced Mills "}
    _vendor(store, "vendor untidy", "7781", "Spaced Mills", said=untidy)


def _product(
    store: EasyStore, case: str, sku: str, codes: list[str] | None = None, *, places: tuple[int, ...] = (MAIN, SECOND),
    **more: Any,  # noqa: ANN401
) -> Product:
    then = store.clock.start - timedelta(days=200)
    values: dict[str, Any] = {"product_name": case.capitalize(), "cost": 60, "mrp": 118, "EANUPC": "8900000000018"}
    row = Product(
        product_id=store.new_id("products"),
        sku=sku,
        vendor_code=["AGR01"] if codes is None else codes,
        created_at=store.stamp(then),
        updated_at=store.stamp(then + timedelta(days=100)),
        copies={place: Copy(store.new_id("copies"), 40 if place == MAIN else 7) for place in places},
        **values | more,
    )
    store.put(row)
    store.cases[case] = row.product_id
    return row


def _products(store: EasyStore) -> None:
    _product(store, "product", "EE-PLAIN")
    _product(store, "product beside it", "EE-BESIDE", cost=12.5, mrp=23.6, tax_rate=0.05)
    _product(store, "product without a vendor", "EE-NOVENDOR", [])
    _product(store, "product of two vendors", "EE-TWO", ["AGR01", "TWIN1"])
    _product(store, "product of an unknown vendor", "EE-UNKNOWN", ["NOBODY"])
    _product(store, "product of a numeric vendor", "EE-NUMBER", [str(SECOND)])
    _product(store, "product inactive", "EE-OFF", active=0)
    _product(store, "product without a name", "EE-NONAME", product_name="NA", description="")
    _product(store, "product without prices", "EE-NOPRICE", cost=None, mrp=None, tax_rate=None)
    said = {"cost": "60.5000", "mrp": "118", "tax_rate": "18%", "inventory": "40", "EANUPC": "-", "weight": ""}
    said |= {"created_at": "0000-00-00 00:00:00", "active": "1", "cp_sub_products_count": "0", "brand": "NA"}
    _product(store, "product untidy", "EE-UNTIDY", said=said)
    _product(store, "product with a junk barcode", "EE-JUNK", EANUPC="8.9E+12")
    _product(store, "product of the second location alone", "EE-SOUTH", places=(SECOND,))
    _product(store, "product that vanishes", "EE-GONE")
    _product(store, "product that gets another number", "EE-RENUMBERED")
    _product(store, "product with letters of many scripts", "EE-ÜNÏ/ 1", product_name="चाय & <tea> “fine”")
    parent = _product(store, "variant parent", "EE-SHIRT", product_type="variant_parent", cost=None)
    for size in ("S", "M"):
        case = f"variant child {size}"
        _product(store, case, f"EE-SHIRT-{size}", product_type="child_product", variant_of=parent.product_id)


def _combo(store: EasyStore, case: str, sku: str, *parts: tuple[str, int], **more: Any) -> None:  # noqa: ANN401
    made = [Part(store.cases[name], quantity) for name, quantity in parts]
    row = _product(store, case, sku, [], product_type="combo_product", parts=made, cost=None, **more)
    store.change(row, copies={place: Copy(copy.cp_id, 0) for place, copy in row.copies.items()})


def _combos(store: EasyStore) -> None:
    _combo(store, "combo of one part", "EE-PAIR", ("product", 2))
    three = (("product", 1), ("product beside it", 2), ("product of two vendors", 1))
    _combo(store, "combo of three parts", "EE-TRIO", *three)
    _combo(store, "combo with a part twice", "EE-TWICE", ("product", 1), ("product", 2), ("product beside it", 1))
    _combo(store, "combo with a part inactive", "EE-HALF", ("product inactive", 1), ("product", 1))
    _combo(store, "combo with a part elsewhere", "EE-FAR", ("product of the second location alone", 2), places=(MAIN,))
    _combo(store, "combo with a part that counts nothing", "EE-NONE", ("product", 2), ("product beside it", 0))
    _combo(store, "combo that loses a part", "EE-LOSES", ("product", 1), ("product of two vendors", 3))
    kit = _product(store, "kit", "EE-KIT", product_type="kit_bom")
    then = store.stamp(store.clock.start - timedelta(days=150))
    parts = [Part(store.cases["product"], 2), Part(store.cases["product beside it"], 1)]
    fields: dict[str, Any] = {"cost": 90, "mrp": 199, "add_date": then, "lastUpdateDate": then, "c_id": MAIN}
    store.put(Kit(productId=kit.product_id, sku=kit.sku, parts=parts, **fields))
