"""How the emulated OrderFlow extension behaves: its configuration, and its known defects as switches."""

from dataclasses import dataclass, field

DEFECTS = {
    "stale_never_found": "the search for a newer sequence looks under the SKU, but lines are kept under SKU_source",
    "messages_in_text_order": "message 100 is processed before message 99",
    "duplicates_of_any_sku": "a sequence that was applied for any SKU, source or entity makes a line a duplicate",
    "status_list_broken": "with several statuses every line fails, with none no unsent order is found",
    "unsent_ignores_export": "orders that the warehouse has counted are deducted again",
    "all_reservations_added": "orders that the warehouse has not seen are added back too",
    "reservations_per_source": "each source of a stock gets the same reservations",
    "anonymous": "anybody may send, and a message sent again is queued again",
    "poison_for_ever": "a request that cannot be read stays pending, is tried each time, and nobody is told",
    "failures_final": "a failed line is never tried again",
    "short_memory": "sequences are forgotten with the audit, and pending requests are deleted with it",
    "saves_products": "without inventory management the whole product is saved: its `updated_at` moves",
    "one_save_a_line": "each line is a call and a reindex of its own",
    "status_by_quantity": "a quantity of 0 or less is out of stock whatever the back orders",
    "orphans_succeed": "an unknown SKU leaves an orphan and counts as success",
    "whole_units": "2.7 becomes 2 and text becomes 0",
}
"""What is wrong with the extension as shipped (HEAD of 2026-05), by the name of the switch."""


@dataclass
class Settings:
    """The extension's configuration; without `defects` it does what its guide promises.

    token: What a sender must show as bearer.
    batch_size: How many messages one round takes.
    adjust: 0 no, 1 unsent orders, 2 unsent orders and active carts.
    statuses: Which orders count as unsent.
    unsent_cutoff_days, cart_cutoff_days: How old an order or a cart may be.
    negative: Quantities below 0 are written.
    retention_days: How long the audit is kept.
    defects: Names of `DEFECTS` that are in force.
    """

    token: str = "sandbox-orderflow-token"
    batch_size: int = 100
    adjust: int = 0
    statuses: list[str] = field(default_factory=lambda: ["processing"])
    unsent_cutoff_days: int = 1
    cart_cutoff_days: int = 1
    negative: bool = False
    retention_days: int = 5
    defects: set[str] = field(default_factory=set)

    def has(self, defect: str) -> bool:
        """Say whether a defect is in force."""
        return defect in self.defects


def as_shipped() -> Settings:
    """Return the settings with every defect in force."""
    return Settings(defects=set(DEFECTS))
