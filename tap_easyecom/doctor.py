"""What `doctor` checks of the account: address, login, key, locations, lists, requests of the day, clock."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timezone
from typing import Any, cast

from connector.errors import ProgramError
from connector.findings import Finding, fail, ok, warn
from connector.http.checks import codes_of, odd_clock, reached
from connector.http.probe import probe
from connector.lists.question import Ask, Where
from connector.words import counted
from tap_easyecom.account import EASYECOM, INDIA, Account
from tap_easyecom.streams import GoodsReceiptsStream, OrdersStream, ProductsStream, PurchaseOrdersStream, VendorsStream
from tap_easyecom.tap import TapEasyecom

LISTS = {
    "products": ProductsStream, "vendors": VendorsStream, "orders": OrdersStream,
    "purchase orders": PurchaseOrdersStream, "receipts": GoodsReceiptsStream,
}  # fmt: skip
LITTLE = 0.1
"""A share of the day's requests."""


class AccountChecks:
    """The checks in order; `login_works` says afterwards whether anything can be read."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        """Takes config.json, which must be correct."""
        self.tap = TapEasyecom(config=dict(config), state={})
        self.source = cast("Account", self.tap.source)
        self.login_works = False

    def run(self) -> Iterator[Finding]:
        """Check after check; without an answer or a login the rest is left out."""
        address = self.source.client.base
        found, first = reached(address, "easyecom_url", lambda: probe("GET", address, setting="easyecom_url"))
        yield found
        if first is None:
            return
        try:
            clock = self.source.look()
        except ProgramError as error:
            yield fail("account: login", str(error), "check email, password, x_api_key and location_key")
            return
        if self.source.located is None:
            yield self._requests()
            return
        self.login_works = True
        yield ok("account: login", "accepted, and the key with it")
        yield from self._locations()
        for name, stream in LISTS.items():
            yield self._list(name, stream.path)
        yield self._requests()
        if clock is not None:
            yield from odd_clock("EasyEcom", (clock - datetime.now(timezone.utc)).total_seconds())

    def _locations(self) -> Iterator[Finding]:
        rows, _ = self.source.rows_and_total(self.source.located)
        names = {str(row.get("location_key")): str(row.get("location_name")) for row in rows or () if row}
        told = ", ".join(f"{key} {name}" for key, name in names.items())
        yield ok("account: locations", f"{counted(len(names), 'location')}: {told}")
        for place, key in enumerate(self.source.access.locations):
            role = "the main one" if place == 0 else "read beside it"
            try:
                self.source.get(Ask(ProductsStream.path, size=1, scope=key))
                yield ok("location_key", f"{key} is {names.get(key, 'no location that is listed')}, {role}")
            except ProgramError as error:
                self.login_works = False
                yield fail("location_key", f"{key}: {error}", f"use one of {', '.join(names)}")

    def _list(self, name: str, path: str) -> Finding:
        """One row of the main location."""
        since = Where("created_after", "gteq", INDIA.since(EASYECOM.oldest))
        day = datetime.now(timezone.utc).strftime("%Y-%m-%d")
        where = (Where("start_date", "gteq", day), Where("end_date", "lteq", day)) if name == "orders" else (since,)
        ask = Ask(path, where, size=1, scope=self.source.access.locations[0])
        try:
            self.source.get(ask)
        except ProgramError as error:
            return fail(f"right: {name}", str(error), "ask EasyEcom to open this list for the API key")
        return ok(f"right: {name}", "given")

    def _requests(self) -> Finding:
        quota, tier = self.source.access.quota, self.source.access.tier
        says = f"{tier.a_second} a second and {tier.a_day:,} a day by rate_tier, {quota.left():,} of today's left"
        if quota.left() > LITTLE * tier.a_day:
            return ok("limit of requests", says)
        return warn("limit of requests", says, "ask EasyEcom for a higher tier and set rate_tier, or run less often")

    def whole(self, beside: Callable[[Mapping[str, str]], Iterator[Finding]] | None) -> Iterator[Finding]:
        """Compares the SKUs of all products with what is elsewhere."""
        if beside is not None:
            yield from beside(codes_of(ProductsStream(self.tap).pages(), "sku", "cp_id"))
