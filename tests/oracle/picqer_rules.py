"""What one record of Picqer says in Optiply's words: plain functions, one for each entity."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tests.oracle.picqer_settings import PicqerSettings

Row = dict[str, Any]
LONGEST = 255


def said(value: Any) -> str:
    """A text without what is only blank."""
    return "" if value is None else str(value).strip()


def cents(value: Any) -> Decimal:
    """Half up to cents."""
    return Decimal(str(value)).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


def whole(value: Any) -> int:
    """Units: half up, and at least one of them."""
    return max(1, int(Decimal(str(value)).quantize(Decimal(1), rounding=ROUND_HALF_UP)))


def money(value: Any) -> Decimal | None:
    """A price that may be missing."""
    return None if value is None else cents(value)


def free_stock(row: Row, counted: set[int] | None) -> int | None:
    """The free stock in the warehouses that count, None where nobody can say."""
    if row["stock"] is None:
        return None
    rows = [one["freestock"] for one in row["stock"] if counted is None or one["idwarehouse"] in counted]
    return None if None in rows else sum(rows)


def named(row: Row) -> str:
    """A product's name, or the empty one: none is made up."""
    return "" if said(row["name"]) == "" else row["name"][:LONGEST]


def flags_of(row: Row) -> Row:
    """The type says it; where it is the normal one, the old flags do."""
    kind = row["type"]
    if kind == "normal":
        return {"unlimitedStock": row["unlimitedstock"], "assembled": row["assembled"]}
    assembled = kind in ("virtual_composition", "composition_with_stock")
    return {"unlimitedStock": kind == "unlimited_stock", "assembled": assembled}


def product_fields(row: Row, level: int | None, settings: PicqerSettings) -> Row:
    """A product without what its absence would say."""
    picture = {
        "name": named(row),
        "skuCode": row["productcode"],
        "articleCode": row["productcode"],
        "eanCode": said(row["barcode"]) or None,
        "price": product_price(row, settings),
        "status": "enabled" if row["active"] else "disabled",
        **flags_of(row),
        "createdAtRemote": row["created"],
    }
    if settings.custom_mappings:
        own = [one["value"] for one in row["productfields"] if one["title"] == "EAN"]
        picture["eanCode"] = own[0] if own else None
    return picture if level is None else {**picture, "stockLevel": level}


def part_units(parts: list[Row]) -> dict[int, int]:
    """How many of each part; one that stands there twice is added up."""
    found: dict[int, Decimal] = {}
    for one in parts:
        found[one["idproduct"]] = found.get(one["idproduct"], Decimal(0)) + Decimal(str(one["amount"]))
    return {part: whole(units) for part, units in found.items()}


def offer_fields(row: Row, settings: PicqerSettings) -> Row:
    """What the supplier of a product offers."""
    code = row["productcode_supplier"] if said(row["productcode_supplier"]) else row["productcode"]
    picture = {
        "productRemoteId": str(row["idproduct"]),
        "supplierRemoteId": str(row["idsupplier"]),
        "name": named(row),
        "skuCode": (said(code) and code) or None,
        "articleCode": (said(code) and code) or None,
        "eanCode": said(row["barcode"]) or None,
        "status": "enabled" if row["active"] else "disabled",
        "minimumPurchaseQuantity": row["minimum_purchase_quantity"] or None,
        "lotSize": row["purchase_in_quantities_of"] or None,
    }
    if row["fixedstockprice"] is not None:
        picture["price"] = cents(row["fixedstockprice"])
    return picture if settings.multisupplier else {**picture, "preferred": True}


def product_price(row: Row, settings: PicqerSettings) -> Decimal | None:
    """The price that Optiply has of a product."""
    return money(row["fixedstockprice"] if settings.custom_mappings else row["price"])


def line_money(amount: Any, price: Any, product: Row | None, settings: PicqerSettings) -> Decimal:
    """Amount by price, exact; the product's price where the line has none, 0 where nobody has one."""
    if price is None:
        price = None if product is None else product_price(product, settings)
    return Decimal(str(amount)) * Decimal(str(price or 0))


def counted_units(line: Row, settings: PicqerSettings) -> Decimal:
    """The units of a line of a sale."""
    less = line["amount_cancelled"] or 0 if settings.subtract_cancelled else 0
    return Decimal(str(line["amount"])) - Decimal(str(less))


def own_lines(row: Row, settings: PicqerSettings) -> list[Row]:
    """The lines of a sale that count."""
    own = [line for line in row["products"] if line["partof_idorder_product"] is None]
    return [line for line in own if counted_units(line, settings) > 0]


def sale_lines(row: Row, settings: PicqerSettings, products: dict[int, Row]) -> list[Row] | None:
    """Each product once, parts of a composition left out; None where a line names no product."""
    own = own_lines(row, settings)
    if any(line["idproduct"] is None for line in own):
        return None
    units: dict[int, Decimal] = {}
    worth: dict[int, Decimal] = {}
    for line in own:
        product, amount = line["idproduct"], counted_units(line, settings)
        units[product] = units.get(product, Decimal(0)) + amount
        more = line_money(amount, line["price"], products.get(product), settings)
        worth[product] = worth.get(product, Decimal(0)) + more
    return [
        {"productRemoteId": str(one), "quantity": whole(units[one]), "subtotalValue": cents(worth[one])}
        for one in sorted(units)
    ]


def expected(day: str | None) -> Row:
    """A day of delivery as its first second in UTC; where Picqer names none, Optiply keeps its own."""
    return {} if day is None else {"expectedDeliveryDate": f"{day}T00:00:00Z"}


def purchase_lines(row: Row, settings: PicqerSettings, products: dict[int, Row]) -> dict[str, Row]:
    """The lines of a purchase order by their remote ids."""
    found: dict[str, Row] = {}
    for line in row["products"]:
        worth = line_money(line["amount"], line["price"], products.get(line["idproduct"]), settings)
        picture = {
            "buyOrderRemoteId": str(row["idpurchaseorder"]),
            "productRemoteId": str(line["idproduct"]),
            "quantity": line["amount"],
            "subtotalValue": cents(worth),
        }
        found[str(line["idpurchaseorder_product"])] = picture | expected(line["delivery_date"] or row["delivery_date"])
    return found


def received(row: Row, line: Row) -> Row | None:
    """A line of a receipt, None where it stands for nothing that came in."""
    if line["idpurchaseorder_product"] is None or line["amount"] <= 0 or line["reverted_at"] is not None:
        return None
    if row["version"] == 1 and row["status"] != "completed":
        return None
    booked = line["created_at"] if row["version"] == 2 else None
    return {
        "buyOrderLineRemoteId": str(line["idpurchaseorder_product"]),
        "quantity": whole(line["amount"]),
        "occurred": booked or row["completed_at"] or row["created"],
    }
