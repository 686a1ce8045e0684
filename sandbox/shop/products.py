"""Turns a product's description into the JSON Magento gives for it: product, stock item, bundle options, links."""

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sandbox.shop.metadata import MANUFACTURERS
from sandbox.shop.world import BASE_TIME, PRODUCT_IMPORT, Json

COMPOSITES = frozenset({"configurable", "bundle", "grouped"})

_ADJECTIVES = ("Crown", "Amber", "Noord", "Silver", "Fresh", "Old Dutch", "Little", "Royal", "Plain", "Summer")
_NOUNS = ("Teapot", "Kettle", "Mug", "Oolong", "Espresso", "Filter", "Tin", "Spoon", "Saucer", "Grinder", "Apron")


@dataclass(frozen=True)
class Option:
    """One choice of a bundle: `parts` are (SKU, quantity per bundle)."""

    title: str
    parts: tuple[tuple[str, float], ...]
    required: bool = True
    kind: str = "select"
    free_quantity: bool = False


@dataclass(frozen=True)
class Spec:
    """What a product is before Magento writes it as JSON.

    `default` is the quantity on the default source (None: never set), `sources` those elsewhere; `stock` overrides
    fields of the stock item. `source_sku` is the SKU as the source items spell it, when that differs. What is not
    `in_baskets` is bought by the catalogue's own orders only, so that its stock stays as the catalogue says.
    """

    sku: str
    kind: str = "simple"
    name: str = ""
    price: float | None = 10.0
    status: int = 1
    visibility: int = 4
    websites: tuple[int, ...] = (1, 2)
    default: float | None = 0.0
    sources: Mapping[str, float] = field(default_factory=dict)
    stock: Mapping[str, object] = field(default_factory=dict)
    indexed: bool = True
    stock_row: bool = True
    attributes: Mapping[str, str] = field(default_factory=dict)
    options: tuple[Option, ...] = ()
    parts: tuple[str, ...] = ()
    source_sku: str | None = None
    deleted: bool = False
    in_baskets: bool = True


def number(value: float) -> float:
    """Return a quantity or an amount as PHP prints it: at most four decimals, whole numbers without a point."""
    if isinstance(value, int):
        return value
    rounded = round(value, 4)
    return int(rounded) if rounded.is_integer() else rounded


def product_json(product_id: int, spec: Spec, created_at: str, updated_at: str) -> Json:
    """Build a product as `GET /V1/products` lists it, without what refers to other products."""
    product: Json = {
        "id": product_id,
        "sku": spec.sku,
        "name": spec.name or f"Product {spec.sku}",
        "attribute_set_id": 4,
        "price": number(spec.price or 0),
        "status": spec.status,
        "visibility": spec.visibility,
        "type_id": spec.kind,
        "created_at": created_at,
        "updated_at": updated_at,
        "weight": 1,
        "extension_attributes": {
            "website_ids": list(spec.websites),
            "category_links": [{"position": 0, "category_id": str(3 + product_id % 5)}],
        },
        "product_links": [],
        "options": [],
        "media_gallery_entries": [],
        "tier_prices": [],
        "custom_attributes": _custom_attributes(product_id, spec),
    }
    if spec.kind == "grouped":
        del product["price"]
    if spec.kind in ("grouped", "virtual", "downloadable"):
        del product["weight"]
    if spec.kind == "downloadable":
        product["extension_attributes"].update(_downloads(product_id, product["name"], product["price"]))
    return product


def _custom_attributes(product_id: int, spec: Spec) -> list[Json]:
    values: dict[str, object] = dict(spec.attributes)
    if spec.kind == "bundle":
        values["shipment_type"] = "0"
    values["options_container"] = "container2"
    values["url_key"] = re.sub(r"[^a-z0-9]+", "-", f"{spec.sku}-{product_id}".lower()).strip("-")
    values["msrp_display_actual_price_type"] = "0"
    values["required_options"] = "0"
    values["has_options"] = "1" if spec.kind == "configurable" else "0"
    if spec.kind == "bundle":
        values.update(price_view="0", sku_type="0", price_type="1" if spec.price else "0", weight_type="0")
    if spec.kind != "grouped":
        values["tax_class_id"] = "2"
    if spec.kind == "downloadable":
        values.update(links_purchased_separately="0", samples_title="Trailers", links_title="Downloads")
    values["category_ids"] = [str(3 + product_id % 5)]
    return [{"attribute_code": code, "value": value} for code, value in values.items()]


def _downloads(product_id: int, title: str, price: float) -> Json:
    link = {
        "id": product_id,
        "title": title,
        "sort_order": 1,
        "is_shareable": 2,
        "price": price,
        "number_of_downloads": 0,
        "link_type": "file",
        "link_file": "/d/o/download.pdf",
        "sample_type": None,
    }
    sample = {"id": product_id, "title": "Trailer", "sort_order": 1, "sample_type": "file", "sample_file": "/t/r.pdf"}
    return {"downloadable_product_links": [link], "downloadable_product_samples": [sample]}


class Ids:
    """Counts the ids a shop gives out, by kind, so that a later day goes on where the seed stopped."""

    def __init__(self) -> None:
        """Start every kind at 1."""
        self._last: dict[str, int] = {}

    def next(self, kind: str, start: int = 1) -> int:
        """Give out the next id of a kind; the first one is `start`."""
        value = self._last.get(kind, start - 1) + 1
        self._last[kind] = value
        return value


def link_parts(product: Json, spec: Spec, by_sku: Mapping[str, Json], ids: Ids) -> None:
    """Write into a composite product what it is made of; its parts must be among `by_sku` (SKU -> product)."""
    extra = product["extension_attributes"]
    if spec.kind == "bundle":
        extra["bundle_product_options"] = [_bundle_option(n, spec, by_sku, ids) for n in range(len(spec.options))]
    elif spec.kind == "configurable":
        extra["configurable_product_options"] = [
            {
                "id": product["id"] * 2 + n,
                "attribute_id": attribute_id,
                "label": label,
                "position": n,
                "values": [{"value_index": value} for value in values],
                "product_id": product["id"],
            }
            for n, (attribute_id, label, values) in enumerate(
                (("87", "Color", (58, 50)), ("88", "Size", (167, 168))),
            )
        ]
        extra["configurable_product_links"] = [by_sku[sku]["id"] for sku in spec.parts]
    elif spec.kind == "grouped":
        product["product_links"] = [
            {
                "sku": spec.sku,
                "link_type": "associated",
                "linked_product_sku": sku,
                "linked_product_type": by_sku[sku]["type_id"],
                "position": n + 1,
                "extension_attributes": {"qty": 1 + n},
            }
            for n, sku in enumerate(spec.parts)
        ]


def _bundle_option(position: int, spec: Spec, by_sku: Mapping[str, Json], ids: Ids) -> Json:
    option = spec.options[position]
    option_id = ids.next("bundle option")
    return {
        "option_id": option_id,
        "title": option.title,
        "required": option.required,
        "type": option.kind,
        "position": position + 1,
        "sku": spec.sku,
        "product_links": [
            {
                "id": str(ids.next("bundle selection")),
                "sku": sku,
                "option_id": option_id,
                "qty": number(quantity),
                "position": n + 1,
                "is_default": n == 0,
                "price": 0 if spec.price else by_sku[sku].get("price", 0),
                "price_type": 0 if spec.price else None,
                "can_change_quantity": int(option.free_quantity),
            }
            for n, (sku, quantity) in enumerate(option.parts)
        ],
    }


def filler(number_in_shop: int, rng: random.Random) -> Spec:
    """Make an ordinary simple product up."""
    attributes = {"ean": f"87{rng.randrange(10**11):011d}"}
    if rng.random() < 0.7:
        attributes["cost"] = f"{rng.randrange(100, 4000) / 100:.6f}"
    if rng.random() < 0.5:
        attributes["manufacturer"] = str(21 + rng.randrange(len(MANUFACTURERS)))
    return Spec(
        sku=f"P-{number_in_shop:05d}",
        name=f"{rng.choice(_ADJECTIVES)} {rng.choice(_NOUNS)} {number_in_shop}",
        price=rng.randrange(95, 15000) / 100,
        status=2 if rng.random() < 0.04 else 1,
        default=float(rng.randrange(0, 150)),
        sources={"ams": float(rng.randrange(20, 400)), "rtm": float(rng.randrange(0, 90))},
        attributes=attributes,
    )


def product_times(rng: random.Random) -> tuple[str, str]:
    """Return (created_at, updated_at) of a product made by the seed; four in ten share the second of one import."""
    created = BASE_TIME - timedelta(seconds=rng.randrange(15 * 86400, 300 * 86400))
    if rng.random() < 0.4:
        return stamp_text(created), PRODUCT_IMPORT
    age = (BASE_TIME - created).total_seconds()
    return stamp_text(created), stamp_text(created + timedelta(seconds=rng.randrange(0, int(age * 0.98))))


def stamp_text(moment: datetime) -> str:
    """Write a moment as Magento does: UTC, naive, whole seconds."""
    return moment.isoformat(" ", "seconds")
