"""The flags that steer the ETL, declared once and the checks that they do not contradict each other.

Reading the file that holds them is the caller's work; see etl.py and mapper.py.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError, field_validator, model_validator
from typing_extensions import Self

ENTITIES = ("products", "productCompositions", "sellOrders")
# Entities that Optiply knows and this connector does not fill: tenants list them too, and that is no mistake.
OTHER_ENTITIES = ("suppliers", "supplierProducts", "buyOrders", "buyOrderLines", "receiptLines", "promotions")
_ALIASES = {"compositions": "productCompositions", "orders": "sellOrders"}


class ConfigError(ValueError):
    """The configuration cannot be used; the text says which key, why, and what to write instead."""


class CustomMapping(BaseModel):
    """One tenant's own source for an Optiply product field."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    magento_field: str = Field(min_length=1, description="Magento attribute, such as `custom_attributes.ean`.")
    conversion: str | None = Field(None, description="Name of a conversion; the field's own one when left out.")


class FlowConfig(BaseModel):
    """Every ETL flag with its default. Names are those of Optiply's existing flows."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    use_stock_statuses: bool = Field(
        True, description="Stock comes from the stock status of each SKU. Inventory mode switches it off."
    )
    use_salable_quantity: bool = Field(
        True, description="Use the salable quantity of the stock status; false uses the physical `stock_item.qty`."
    )
    use_inventory_source_items: bool = Field(
        False, description="Inventory mode: stock is the sum of the source items over `warehouse_ids`."
    )
    warehouse_ids: list[str] = Field(
        default_factory=list, description="Source codes to sum in inventory mode; empty means all enabled sources."
    )
    map_stockLevel: bool = Field(
        True, description="False leaves stock to a third party: sent once on creation, never compared afterwards."
    )
    pullAllOrders: bool = Field(False, description="Send orders of every status instead of complete ones.")
    order_statuses: list[str] = Field(
        default_factory=list, description="Send orders whose status or state is in this list instead of complete ones."
    )
    order_lines: Literal["counted", "as_listed"] = Field(
        "counted", description="`counted`: parent and child rows are one sale. `as_listed`: Magento's rows literally."
    )
    sync_compositions: bool = Field(True, description="Fixed kits become composed products with their parts.")
    sync_product_deletions: bool = Field(True, description="Products proven gone from Magento are disabled.")
    create_disabled_products: bool = Field(
        False, description="Also create products that are disabled in Magento and unknown to Optiply."
    )
    max_disable_share: float = Field(
        0.05,
        ge=0,
        le=1,
        description="Largest share of the enabled products one run may disable as gone (at least 5 products).",
    )
    order_wait_days: int = Field(7, ge=0, description="Days an order waits for a product that is still unknown.")
    custom_mappings: dict[str, CustomMapping] = Field(
        default_factory=dict, description="Optiply product field → Magento attribute, for this tenant only."
    )
    not_sync_entities: list[str] = Field(
        default_factory=list, description="Optiply entities that are not sent, such as `productCompositions`."
    )
    force_patch_products: bool = Field(False, description="Offer every product with all its fields in this run.")
    field_map: str | None = Field(None, description="Path of another mapping table instead of configs/field_map.csv.")
    snapshot_dir: str | None = Field(None, description="Folder of the snapshot store; see the paths in the docs.")

    # No setting: a person allows it for one run.
    _allowed_disables: int = PrivateAttr(0)

    @field_validator("warehouse_ids", "order_statuses", "not_sync_entities", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        """Platforms hand lists over as comma-separated text."""
        if isinstance(value, str):
            return [part.strip() for part in value.split(",") if part.strip()]
        return [] if value is None else value

    @field_validator("custom_mappings", mode="before")
    @classmethod
    def _short_form(cls, value: object) -> object:
        """`{"price": "custom_attributes.cost"}` is short for a mapping with the field's own conversion."""
        if not isinstance(value, Mapping):
            return {} if value is None else value
        return {name: {"magento_field": item} if isinstance(item, str) else item for name, item in value.items()}

    @field_validator("not_sync_entities")
    @classmethod
    def _entities(cls, value: list[str]) -> list[str]:
        return [canonical_entity(name) for name in value]

    @model_validator(mode="after")
    def _no_contradictions(self) -> Self:
        if not self.use_stock_statuses and not self.use_inventory_source_items:
            raise ValueError(
                "use_stock_statuses and use_inventory_source_items are both false, so no stock would be read; "
                "set one of them to true"
            )
        if self.warehouse_ids and not self.use_inventory_source_items:
            raise ValueError(
                "warehouse_ids has no meaning without use_inventory_source_items; set that to true or empty the list"
            )
        if self.pullAllOrders and self.order_statuses:
            raise ValueError(
                "pullAllOrders and order_statuses contradict each other; set pullAllOrders to false or empty the list"
            )
        if self.force_patch_products and not self.syncs("products"):
            raise ValueError(
                "force_patch_products asks for products that not_sync_entities leaves out; change one of the two"
            )
        return self

    def syncs(self, entity: str) -> bool:
        """Whether records of this Optiply entity are sent."""
        return entity not in self.not_sync_entities

    @property
    def allowed_disables(self) -> int:
        """How many products this run may disable as gone, whatever the share."""
        return self._allowed_disables

    def allowing(self, disables: int) -> FlowConfig:
        """The same flags for a run that may disable so many products."""
        copy = self.model_copy()
        copy._allowed_disables = disables
        return copy

    @property
    def composes(self) -> bool:
        """Whether fixed kits are kept as composed products."""
        return self.sync_compositions and self.syncs("productCompositions") and self.syncs("products")


def canonical_entity(name: str) -> str:
    """`sell_orders`, `SellOrders` and `sellOrders` are one entity. Raises ValueError with the nearest name."""
    known = {item.lower(): item for item in (*ENTITIES, *OTHER_ENTITIES)} | _ALIASES
    key = name.strip().replace("_", "").replace("-", "").lower()
    if key in known:
        return known[key]
    near = difflib.get_close_matches(key, known, n=1)
    hint = f"; did you mean {known[near[0]]}?" if near else f"; known are {', '.join(ENTITIES)}"
    raise ValueError(f"not_sync_entities names {name!r}, which is not an entity{hint}")


def load_config(values: Mapping[str, Any]) -> tuple[FlowConfig, list[str]]:
    """Config mapping → flags and notes for the log.

    Keys of other programs stay untouched; a key that looks like a mistyped flag gets a note with the nearest name.
    Raises ConfigError with one sentence for values that cannot be used or contradict each other.
    """
    try:
        config = FlowConfig.model_validate(dict(values))
    except ValidationError as error:
        raise ConfigError(_sentence(error)) from None
    notes = [note for key in values if (note := _near_flag(key))]
    if config.use_inventory_source_items and config.use_stock_statuses:
        notes.append("use_inventory_source_items is true: stock statuses are not used")
    return config, notes


def _near_flag(key: str) -> str | None:
    flags = FlowConfig.model_fields
    if key in flags or key.startswith("_"):
        return None
    near = difflib.get_close_matches(key.lower(), [flag.lower() for flag in flags], n=1, cutoff=0.8)
    if not near:
        return None
    name = next(flag for flag in flags if flag.lower() == near[0])
    return f"config key {key!r} is unknown and ignored; did you mean {name!r}?"


def _sentence(error: ValidationError) -> str:
    """The first complaint of pydantic as one sentence with key, value and remedy."""
    first = error.errors()[0]
    if first["type"] == "value_error":
        return f"config: {first['ctx']['error']}"
    key = ".".join(str(part) for part in first["loc"])
    flag = FlowConfig.model_fields.get(str(first["loc"][0])) if first["loc"] else None
    meaning = f" ({flag.description})" if flag else ""
    return f"config: {key}={first['input']!r} cannot be used: {first['msg']}{meaning}; correct it in config.json"


def flags_schema() -> dict[str, Any]:
    """The JSON Schema of each flag; lists are taken as text with commas too, and the short form of a mapping."""
    flags: dict[str, Any] = FlowConfig.model_json_schema()["properties"]
    for name in ("warehouse_ids", "order_statuses", "not_sync_entities"):
        flags[name] |= {"type": ["array", "string"]}
    flags["custom_mappings"]["additionalProperties"] = {"type": ["string", "object"]}
    return flags
