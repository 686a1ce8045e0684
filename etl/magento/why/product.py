"""Explains every field of a product from the store: Magento's value, the rule, what Optiply was sent and answered."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy import or_, select

from connector.collation import folded
from connector.errors import ProgramError
from etl.core.mapping import MapRule
from etl.magento.tables import products, stock
from etl.magento.why.known import Known
from store.snapshot import Snapshot

_STOCK_STREAMS = ("product_stock_statuses", "product_item_stocks", "source_items")
_CUSTOM = "custom_attributes."
_NEAR = 5


@dataclass(frozen=True)
class FieldStory:
    """One field: where it comes from, what Optiply should have, what it has accepted."""

    field: str
    magento_field: str
    magento_value: Any
    rule: str
    why: str
    wanted: Any
    accepted: Any
    settled: bool


@dataclass(frozen=True)
class ProductStory:
    """All that the store knows of one product; values as stored, None where nothing is known."""

    product: dict[str, Any]
    record: dict[str, Any]
    stock: dict[str, Any]
    fields: list[FieldStory]
    stock_rows: list[dict[str, Any]] = field(default_factory=list)


def explain(snapshot: Snapshot, asked: str, rules: Sequence[MapRule], known: Known) -> list[ProductStory]:
    """The products whose SKU (in any case, with or without spaces around it) or else whose id is `asked`.

    Raises ProgramError, naming near SKUs, when there is no such product.
    """
    found = _find(snapshot, asked)
    if not found:
        raise ProgramError(f"{snapshot.title}: there is no product {asked!r}. {_near(snapshot, asked)}")
    stories = []
    for product in found:
        picture = snapshot.record("products", product["product_id"])
        rows = snapshot.dicts(select(stock).where(stock.c.product_id == product["product_id"]))
        halves = rows[0] if rows else {}
        fields = _fields(product, halves, picture, rules)
        stories.append(ProductStory(product, picture, halves, fields, stock_rows(known, product)))
    return stories


def stock_rows(known: Known, product: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The stock rows of one product that the last run read, each with its stream."""
    found = []
    for stream, row in known.read(_STOCK_STREAMS, b""):
        named = row.get("product_id")
        by_sku = named is None and folded(str(row.get("sku") or "")) == product["sku_key"]
        if by_sku or str(named) == product["product_id"]:
            found.append({"stream": stream, **row})
    return found


def _find(snapshot: Snapshot, asked: str) -> list[dict[str, Any]]:
    named = products.c.product_id == asked.strip()
    for condition in (*(products.c.sku_key == folded(text) for text in (asked, asked.strip())), named):
        if found := snapshot.dicts(select(products).where(condition).order_by(products.c.product_id)):
            return found
    return []


def _near(snapshot: Snapshot, asked: str) -> str:
    """A hint with the SKUs that hold what was asked, or begin as it does."""
    key = folded(asked.strip())
    holds = or_(
        products.c.sku_key.contains(key, autoescape=True), products.c.sku_key.startswith(key[:3], autoescape=True)
    )
    near = select(products.c.sku).where(holds).order_by(products.c.sku).limit(_NEAR)
    names = [repr(product["sku"]) for product in snapshot.dicts(near)]
    return f"Near: {', '.join(names)}." if names else "Check the SKU, and that a run has read it."


def _fields(
    product: Mapping[str, Any], halves: Mapping[str, Any], record: Mapping[str, Any], rules: Sequence[MapRule]
) -> list[FieldStory]:
    wanted, accepted = (_picture(record.get(half)) for half in ("wanted", "acknowledged"))
    attributes = _picture(product["attributes"])
    by_field = {rule.field: rule for rule in rules}
    order = [*by_field, *sorted({*wanted, *accepted} - set(by_field))]
    stories = []
    for name in order:
        rule = by_field.get(name)
        source = rule.source if rule else ""
        if name == "remoteId":
            values: tuple[Any, Any] = (product["product_id"], product["product_id"] if record.get("id") else None)
        else:
            values = (wanted.get(name), accepted.get(name))
        stories.append(
            FieldStory(
                field=name,
                magento_field=source,
                magento_value=_magento_value(source, product, attributes, halves),
                rule=rule.conversion if rule else "not in the mapping table now",
                why=rule.why if rule else "",
                wanted=values[0],
                accepted=values[1],
                settled=values[0] == values[1] or (name not in wanted and name != "remoteId"),
            )
        )
    return stories


def _magento_value(
    source: str, product: Mapping[str, Any], attributes: Mapping[str, Any], halves: Mapping[str, Any]
) -> object:
    """The value a rule starts from, as the store keeps it."""
    special: dict[str, Callable[[], object]] = {
        "id": lambda: product["product_id"],
        "stock:quantity": lambda: halves.get("quantity"),
        "stock:unlimited": lambda: f"{product['type_id']}, manage_stock {_yes_no(halves.get('manage_stock'))}",
        "kit:assembled": lambda: product["kit"],
    }
    if source in special:
        return special[source]()
    if source.startswith(_CUSTOM):
        return (attributes.get("custom_attributes") or {}).get(source.removeprefix(_CUSTOM))
    return product[source] if source in product else attributes.get(source)


def _yes_no(value: object) -> str:
    return "unknown" if value is None else ("yes" if value else "no")


def _picture(text: str | None) -> dict[str, Any]:
    return msgspec.json.decode(text, type=dict[str, Any]) if text else {}
