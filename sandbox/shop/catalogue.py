"""The products every sandbox shop has, one per awkward case; the rest of a shop is made up by its seed."""

from dataclasses import replace

from sandbox.shop.products import Option, Spec

_COLOURS_AND_SIZES = ("RED-S", "RED-M", "BLUE-S", "BLUE-M")
_PARTS = ("PART-A", "PART-B", "PART-C", "PART-D")


def _one(title: str, sku: str, quantity: float = 1, *, required: bool = True, free_quantity: bool = False) -> Option:
    return Option(title, ((sku, quantity),), required=required, free_quantity=free_quantity)


_BOTH = Option("First", (("PART-A", 1), ("PART-B", 1)))

_TYPES: tuple[Spec, ...] = (
    *(
        Spec(sku, name=f"Part {sku[-1]}", price=6.0 + n, default=100, sources={"ams": 300, "rtm": 40}, in_baskets=False)
        for n, sku in enumerate(_PARTS)
    ),
    *(
        Spec(
            f"SHIRT-{child}",
            name=f"Shirt {child}",
            price=25.0,
            visibility=1,
            status=2 if child == "BLUE-M" else 1,
            default=20,
            sources={"ams": 50 + n, "rtm": 5},
            attributes={"color": "58" if "RED" in child else "50", "size": "167" if child.endswith("S") else "168"},
        )
        for n, child in enumerate(_COLOURS_AND_SIZES)
    ),
    Spec("SHIRT", "configurable", "Shirt", 0.0, parts=tuple(f"SHIRT-{child}" for child in _COLOURS_AND_SIZES)),
    Spec("BOX-DYN", "bundle", "Box with choices", 0.0, options=(_BOTH, _one("Second", "PART-C", 2))),
    Spec("BOX-FIX", "bundle", "Box with choices, fixed price", 50.0, options=(_BOTH, _one("Second", "PART-C", 2))),
    Spec("KIT-DYN", "bundle", "Breakfast kit", 0.0, options=(_one("Cup", "PART-A", 2), _one("Plate", "PART-D"))),
    Spec("KIT-FIX", "bundle", "Gift kit", 42.5, options=(_one("Cup", "PART-B"), _one("Bag", "PART-C", 3))),
    Spec("BOX-FREE-QTY", "bundle", "Fill your box", 0.0, options=(_one("Cup", "PART-A", free_quantity=True),)),
    Spec(
        "BOX-OPTIONAL",
        "bundle",
        "Box with an extra",
        30.0,
        options=(_one("Cup", "PART-A"), _one("Extra", "PART-B", required=False)),
    ),
    Spec("GROUP-1", "grouped", "Tea set", None, parts=("PART-C", "PART-D")),
    Spec("VIRTUAL-1", "virtual", "Gift wrapping", 10.0, default=40, sources={"ams": 50, "rtm": 2}),
    Spec("EBOOK-1", "downloadable", "Book of tea", 6.0, default=None, stock={"manage_stock": False}),
)

_STOCKS: tuple[Spec, ...] = tuple(
    replace(spec, in_baskets=False)
    for spec in (
        Spec("ONLY-DEFAULT", default=100),
        Spec("ONLY-WAREHOUSE", default=0, sources={"ams": 100}),
        Spec("NOMANAGE-0", default=0, sources={"ams": 6}, stock={"manage_stock": False}),
        Spec("NOMANAGE-5", default=5, stock={"manage_stock": False}),
        Spec(
            "NEGATIVE-1",
            default=-7,
            sources={"ams": -3, "rtm": 2},
            stock={"backorders": 1, "min_qty": -100, "low_stock_date": "2026-01-09 05:52:43"},
        ),
        Spec("BACKORDER-1", default=0, sources={"ams": -12.5, "rtm": 2}, stock={"backorders": 1, "is_in_stock": True}),
        Spec("MINQTY-10", default=5, sources={"ams": 22}, stock={"min_qty": 10}),
        Spec("DECIMAL-1", default=2.755, sources={"ams": 3, "rtm": 0.25}, stock={"is_qty_decimal": True}),
        Spec("OUT-OF-STOCK-FLAG", default=50, sources={"ams": 2}, stock={"is_in_stock": False}),
        Spec("ZERO-1", default=0),
        Spec("DISABLED-1", status=2, default=33, sources={"ams": 13}),
        Spec("DISABLED-2", status=2, default=0, sources={"ams": 10}),
        Spec("UNINDEXED-1", default=12, sources={"ams": 4}, indexed=False),
        Spec("NO-STOCK-ROW", stock_row=False),
        Spec("OLD-SOURCE-ONLY", default=0, sources={"old": 999}),
        Spec("HUGE-1", default=99999999, sources={"ams": 5000}),
    )
)

_PLACES: tuple[Spec, ...] = (
    Spec("NOWEB-1", websites=(), default=25, sources={"ams": 11}),
    Spec("B2BONLY-1", websites=(2,), default=25),
    Spec("SCOPED-1", name="Scoped", default=8, sources={"ams": 21}),
    Spec("INVISIBLE-1", visibility=1, default=3, sources={"rtm": 4}),
)

_PRICES: tuple[Spec, ...] = (
    Spec(
        "COST-1",
        price=20.0,
        default=25,
        sources={"ams": 60},
        attributes={"special_price": "15.500000", "special_from_date": "2020-01-01 00:00:00", "cost": "7.350000"},
    ),
    Spec("PRICE-4DEC", price=9.9999, default=25, sources={"ams": 9}),
    Spec("FREE-1", price=0.0, default=500, sources={"ams": 500}),
    Spec("GONE-1", name="Deleted long ago", price=12.0, default=50, sources={"ams": 48}, deleted=True),
)

_AWKWARD_SKUS: tuple[str, ...] = (
    "ODD/SLASH-1",
    "ODD SPACE 1",
    "ODD%PERCENT",
    "ODD%2FENC",
    "ODD+PLUS",
    "ODD,COMMA",
    "ODD&AMP",
    "ODD#HASH",
    'ODD"QUOTE',
    "ODDünïcödé-ß",
    "ODD-日本語",
    "L" * 64,
    "007",
    "0",
)

_AWKWARD: tuple[Spec, ...] = (
    *(Spec(sku, name=f"Odd {n}", default=10.0 + n, sources={"ams": 8.0 + n}) for n, sku in enumerate(_AWKWARD_SKUS)),
    Spec("Odd-Case-A", name="Odd letter case", default=29, sources={"ams": 17, "rtm": 1}, source_sku="odd-case-a"),
)

#: Parts come before what is made of them.
CATALOGUE: tuple[Spec, ...] = _TYPES + _STOCKS + _PLACES + _PRICES + _AWKWARD

#: Values that differ by store view: SCOPED-1 is disabled on website base and has a Dutch name.
SCOPE_VALUES: dict[str, dict[str, dict[str, object]]] = {
    "SCOPED-1": {"default": {"status": 2}, "nl": {"status": 2, "name": "Beperkt"}},
}

#: Source items without a product: the default source's share of a product that never was, and a renamed one.
ORPHANS: tuple[tuple[str, str, float], ...] = (("GHOST-SKU", "ams", 3.0), ("RENAMED-AWAY", "old", 999.0))
