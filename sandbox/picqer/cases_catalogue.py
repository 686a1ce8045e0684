"""One supplier and one product for each awkward case of the catalogue, with the ids in `PicqerStore.cases`."""

from datetime import timedelta
from typing import Any

from sandbox.picqer.rows import Part, Product, Stock, Supplier
from sandbox.picqer.store import PicqerStore

_MAIN, _SECOND, _RETURNS = 11, 12, 13
REMOVED_SUPPLIER = 900
"""A supplier that was removed before the account's first day; some rows still name it."""


def add_catalogue_cases(store: PicqerStore) -> None:
    """Add the awkward suppliers and products; all of one import, so they share the second of their change."""
    _suppliers(store)
    _plain_products(store)
    _values(store)
    _compositions(store)


def _suppliers(store: PicqerStore) -> None:
    for case, values in {
        "supplier": {"name": "Groothandel De Vries", "country": "NL", "city": "Zaandam", "address": "Zuiddijk 1"},
        "supplier without name": {"name": ""},
        "supplier with a name twice": {"name": "Dubbelaar BV", "country": "NL"},
        "supplier with that name again": {"name": "Dubbelaar BV", "country": "DE"},
        "supplier inactive": {"name": "Gestopt BV", "active": False},
        "supplier with an odd name": {"name": " Ægir & Søn «Ø» 北京 ", "country": "DK", "language": "en"},
    }.items():
        number = store.new_id("suppliers")
        store.cases[case] = number
        store.put(Supplier(idsupplier=number, **values))  # type: ignore[arg-type]


def _add(store: PicqerStore, case: str, **values: Any) -> Product:  # noqa: ANN401
    """Add a product that is ordinary but for the given values."""
    number = store.new_id("products")
    imported = store.stamp(store.clock.start - timedelta(days=5, hours=5))
    product = Product(
        **{
            "idproduct": number,
            "productcode": f"CASE-{number}",
            "name": case.capitalize(),
            "price": 12.5,
            "fixedstockprice": 6.25,
            "idsupplier": store.cases["supplier"],
            "productcode_supplier": f"DV-{number}",
            "barcode": f"87{number:011d}",
            "weight": 250,
            "created": imported,
            "updated": imported,
            "stock": {_MAIN: Stock(40), _SECOND: Stock(7)},
            **values,
        }
    )
    store.cases[case] = number
    store.put(product)
    return product


def _plain_products(store: PicqerStore) -> None:
    cases = store.cases
    _add(store, "product")
    _add(store, "product without supplier", idsupplier=None)
    _add(store, "product of an inactive supplier", idsupplier=cases["supplier inactive"])
    _add(store, "product of a removed supplier", idsupplier=REMOVED_SUPPLIER)
    _add(store, "product inactive", active=False)
    _add(store, "product with negative free stock", stock={_MAIN: Stock(2, backorders=9, picklists=2)})
    _add(store, "product without a stock row", stock={})
    _add(store, "product in one warehouse", stock={_RETURNS: Stock(3)})
    _add(store, "product with no stock", stock={_MAIN: Stock(0), _SECOND: Stock(0)})
    _add(store, "product with reservations", stock={_MAIN: Stock(20, 0, 3, 4), _SECOND: Stock(5, 1, 0, 0)})
    _add(store, "product of a fulfilment customer", idfulfilment_customer=store.settings.fulfilment_customer)


def _values(store: PicqerStore) -> None:
    _add(store, "product without name", name="")
    _add(store, "product with null for a name", name=None)
    _add(store, "product without code", productcode="")
    _add(store, "product with leading zeros", productcode="000123", barcode=None)
    _add(store, "product code in lower case", productcode="abc-1")
    _add(store, "product code in upper case", productcode="ABC-1")
    _add(store, "product with an odd code", productcode="É/№ 5 &?", name="Köln 🧦 \"quoted\"\nline", barcode="")
    _add(store, "product without stock price", fixedstockprice=None)
    _add(store, "product with stock price 0", fixedstockprice=0)
    _add(store, "product with a whole price", price=100, fixedstockprice=50)
    _add(store, "product with a fine price", price=0.015, fixedstockprice=1.00005)
    _add(store, "product without price", price=None)
    _add(store, "product without supplier code", productcode_supplier=None, minimum_purchase_quantity=0)
    _add(store, "product with blank supplier code", productcode_supplier="  ", purchase_in_quantities_of=0)
    _add(store, "product bought by the dozen", minimum_purchase_quantity=24, purchase_in_quantities_of=12)
    _add(store, "product with tags", tags={"Sale": {"idtag": 1, "title": "Sale", "color": "#ff0000"}})
    _add(store, "product unlimited", type="unlimited_stock", unlimitedstock=True, stock={})
    _add(store, "product unlimited by type only", type="unlimited_stock", unlimitedstock=False)
    _add(store, "product unlimited by flag only", unlimitedstock=True)


def _compositions(store: PicqerStore) -> None:
    cases = store.cases
    plain, low, off = cases["product"], cases["product with reservations"], cases["product inactive"]

    def parts(*pairs: tuple[int, int]) -> list[Part]:
        return [Part(store.new_id("parts"), number, amount) for number, amount in pairs]

    virtual: dict[str, Any] = {"type": "virtual_composition", "assembled": True, "stock": {}}
    stocked: dict[str, Any] = {"type": "composition_with_stock", "assembled": True}
    kit = _add(store, "composition virtual", **virtual, parts=parts((plain, 2), (low, 1))).idproduct
    _add(store, "composition with stock", **stocked, parts=parts((plain, 3)))
    _add(store, "composition of a composition", **virtual, parts=parts((kit, 2), (plain, 1)))
    _add(store, "composition with a part twice", **stocked, parts=parts((plain, 1), (plain, 4)))
    _add(store, "composition without parts", **virtual, parts=[])
    _add(store, "composition with an inactive part", **virtual, parts=parts((plain, 1), (off, 1)))
    _add(store, "composition inactive", **virtual, active=False, parts=parts((plain, 1)))
