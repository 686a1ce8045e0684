"""How the EasyEcom sandbox behaves: its credentials, its limits and the choices its documentation leaves open."""

from typing import Literal

import msgspec

TIERS: dict[str, tuple[float, int, int]] = {
    "Default": (5, 10, 500),
    "Bronze": (5, 10, 50_000),
    "Silver": (20, 40, 200_000),
    "Gold": (30, 60, 300_000),
    "Diamond": (30, 60, 500_000),
}
"""Calls in a second, in a burst and in an Indian day, by the name of the tier."""

SIZES = {"products": (100, 200), "vendors": (15, 100), "purchase_orders": (5, 10), "receipts": (5, 10)}
SIZES |= {"orders": (50, 250)}
"""The usual and the largest number of rows on a page of each list."""


class Settings(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """How the sandbox behaves; all of it may be changed while it runs.

    Attributes:
        email, password: The login of the one user.
        x_api_key: The key, which carries the rate tier.
        key_needed: `always`: 401 without the key; `products`: 403 on the product lists alone, elsewhere the token does.
        token_cooldown: Seconds between two logins of a location; one that comes sooner gets 403.
        token_lifetime: Seconds that a token lives.
        rate_tier: The tier that is enforced; `none` has no limits.
        per_day: Calls in an Indian day in place of the tier's.
        retry_after: Whether a 429 tells the seconds until the next call.
        throttle_status: The status of a call that is too many: 429, or 403 as some have seen.
        limit_error: How a page that is too large is refused: by the `body` over HTTP 200, or with `http` 400.
        nothing: What an empty list is: the text `No Data Found`, an empty list, or a body that says 400.
        last_page: How a list ends: `nextUrl` is null, is absent, or leads to an empty page.
        paging: Whether a cursor names the last row (`key`) or how many rows came before (`offset`).
        order: In which order of their ids lists come.
        absolute_urls: Whether `nextUrl` has scheme and host.
        verbatim_cursors: Whether a cursor that was quoted anew is refused.
        bounds: Whether `..._after` and `..._before` include their own second.
        default_days: How many days back purchase orders and receipts go without a date.
        order_days: How many days of orders may be asked for at once.
        same_reference: What a second insert with a reference code that exists does.
        address_needed: Whether a purchase order without an address ends in an HTML page with status 500.
        stock_moves_updated: Whether `updated_at` of a product moves with its stock (unknown of EasyEcom).
        receipt_moves_updated: Whether `po_updated_date` moves with a receipt (unknown of EasyEcom).
    """

    email: str = "sandbox@example.com"
    password: str = "sandbox-password"
    x_api_key: str = "sandbox-easyecom-key"
    key_needed: Literal["always", "products"] = "always"
    token_cooldown: float = 60.0
    token_lifetime: float = 7_776_000.0
    rate_tier: Literal["Default", "Bronze", "Silver", "Gold", "Diamond", "none"] = "Default"
    per_day: int | None = None
    retry_after: bool = False
    throttle_status: Literal[429, 403] = 429
    limit_error: Literal["body", "http"] = "body"
    nothing: Literal["text", "list", "error"] = "text"
    last_page: Literal["null", "absent", "empty"] = "null"
    paging: Literal["key", "offset"] = "key"
    order: Literal["ascending", "descending"] = "ascending"
    absolute_urls: bool = False
    verbatim_cursors: bool = True
    bounds: Literal["inclusive", "exclusive"] = "inclusive"
    default_days: int = 7
    order_days: int = 7
    same_reference: Literal["refuse", "second"] = "second"
    address_needed: bool = True
    stock_moves_updated: bool = False
    receipt_moves_updated: bool = False

    def change(self, values: bytes) -> None:
        """Take over the values of a JSON object and leave the others.

        Raises:
            ValueError: If a value is not one of this setting; nothing is changed then.
        """
        given = msgspec.json.decode(values, type=dict[str, msgspec.Raw])
        fresh = msgspec.json.decode(msgspec.json.encode({**msgspec.to_builtins(self), **given}), type=Settings)
        for name in given:
            setattr(self, name, getattr(fresh, name))
