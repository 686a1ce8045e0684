"""How the Picqer sandbox behaves: its keys, its zone, its rate limit and the choices its documentation leaves open."""

from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

RESOURCES = ("warehouses", "suppliers", "products", "purchaseorders", "receipts", "orders")
"""The lists of the API, by the first part of their path."""


class Settings(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """How the sandbox behaves; all of it may be changed while it runs.

    Attributes:
        api_key: The key of the whole account, given as Basic auth's user name; the password is ignored.
        fulfilment_key: A key that sees one fulfilment customer's rows only.
        fulfilment_customer: Whose rows those are.
        refused_to_fulfilment: Resources that the scoped key may not use: 403 with code 31.
        zone: The zone of every time that is written and of every date filter.
        require_user_agent: Answer 400 to a request without a `User-Agent`.
        rate_limit: Requests in one window; each answer tells what remains of it.
        rate_window: Seconds of the window, which starts with its first request.
        rate_scope: Whether the keys of the account share the window.
        retry_after: Whether a 429 tells the seconds until the next window.
        page_size: Rows of a page; `limit` is ignored.
        after_inclusive: Whether `updated_after`, `completed_after` and `sincedate` include their own second.
        order: How lists are ordered where the documentation shows newest first.
        shuffle_ties: Order newest-first lists by `created` and rows of one second by chance, anew on each request.
        empty_object: What is answered where an object such as `supplier` of a receipt is missing.
        refuse_inactive: Whether a purchase order for an inactive product is refused, with code 24 (unknown of Picqer).
        stock_moves_updated: Whether `updated` of a product moves with its stock (unknown of Picqer).
        withdrawn: Resources that answer 404 as if the endpoint had gone.
        emptied: Resources whose lists answer `[]`, a contradiction that nobody should believe.
    """

    api_key: str = "sandbox-picqer-key"
    fulfilment_key: str = "sandbox-fulfilment-key"
    fulfilment_customer: int = 7001
    refused_to_fulfilment: list[str] = msgspec.field(default_factory=lambda: ["suppliers"])
    zone: str = "Europe/Amsterdam"
    require_user_agent: bool = True
    rate_limit: int = 500
    rate_window: float = 60.0
    rate_scope: Literal["account", "key"] = "account"
    retry_after: bool = True
    page_size: int = 100
    after_inclusive: bool = False
    order: Literal["newest", "oldest"] = "newest"
    shuffle_ties: bool = False
    empty_object: Literal["null", "[]"] = "null"
    refuse_inactive: bool = False
    stock_moves_updated: bool = False
    withdrawn: list[str] = []
    emptied: list[str] = []

    def zone_info(self) -> ZoneInfo:
        """Return the zone. Raises ValueError if there is no zone of that name."""
        try:
            return ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"zone: {self.zone!r} is not the name of a time zone, such as Europe/Amsterdam") from error

    def change(self, values: bytes) -> None:
        """Take over the values of a JSON object and leave the others.

        Raises ValueError if a value is not one of this setting; nothing is changed then.
        """
        given = msgspec.json.decode(values, type=dict[str, msgspec.Raw])
        fresh = msgspec.json.decode(msgspec.json.encode({**msgspec.to_builtins(self), **given}), type=Settings)
        fresh.zone_info()
        for name in given:
            setattr(self, name, getattr(fresh, name))
