"""Declares the settings of the inventory import: the object `inventory` of config.json."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Days = Annotated[int, Field(ge=1, le=3650, strict=True)]


class InventorySettings(BaseModel):
    """How figures from a warehouse system become figures of the shop."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    figure: Literal["available", "on_hand"] = Field(
        "available", description="What the warehouse system sends: units free for sale, or all that lie there."
    )
    adjust: Literal["no", "unsent_orders", "unsent_orders_and_quotes"] = Field(
        "no", description="What is taken off: orders the warehouse system has not seen yet, active carts, too, or none."
    )
    unsent_order_statuses: Annotated[list[Annotated[str, Field(min_length=1)]], Field(min_length=1)] | None = Field(
        None, description="Statuses in which an unsent order counts; without it, every open order does."
    )
    unsent_order_cutoff_days: Days = Field(1, description="Unsent orders older than this many days do not count.")
    active_quote_cutoff_days: Days = Field(1, description="Carts untouched for more than this many days do not count.")
    negative_quantities: Annotated[bool, Field(strict=True)] = Field(
        False, description="Whether a figure below 0 is written as it is; otherwise 0 is."
    )
    batch_size: Annotated[int, Field(ge=1, le=1000, strict=True)] = Field(
        200, description="Figures written in one call; 100 to 200 is best."
    )
    default_source: Annotated[str, Field(min_length=1, max_length=255)] = Field(
        "default", description="The source of a figure that names none."
    )
    unknown_sku: Literal["wait", "refuse"] = Field(
        "wait", description="What becomes of a figure whose SKU the shop lacks: it waits for it, or is refused."
    )
    audit_days: Days = Field(90, description="How long finished messages and their audit are kept.")
