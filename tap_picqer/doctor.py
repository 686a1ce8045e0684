"""What `doctor` checks of the account: address, key and its kind, lists, warehouses, limit of requests, time zone."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from connector.findings import Finding, fail, note, ok, warn
from connector.http.checks import ODD_CLOCK, codes_of, odd_clock, reached
from connector.http.client import HttpClient
from connector.http.probe import Reply, in_words, probe
from connector.settings import words
from connector.values import Unfit, id_text
from connector.words import counted
from tap_picqer.account import FIRST
from tap_picqer.client import code_of
from tap_picqer.config import address_of
from tap_picqer.errors import OTHER_KEY
from tap_picqer.tap import TapPicqer

LISTS = {
    "/products": "products", "/purchaseorders": "purchase orders", "/receipts": "receipts", "/orders": "orders",
}  # fmt: skip
USUAL_LIMIT = 500


class AccountChecks:
    """The checks in order; `login_works` says afterwards whether anything can be read."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        """Takes config.json, which must be correct."""
        self.tap = TapPicqer(config=dict(config), state={})
        self.config = self.tap.config
        self.address = address_of(self.config)
        self.login_works = False

    def get(self, path: str, query: str = "") -> Reply:
        """One GET below /api/v1."""
        client: HttpClient = self.tap.source.client
        address = client.url(path) + (f"?{query}" if query else "")
        headers = {"Accept": "application/json", "User-Agent": str(self.config["user_agent"])}
        return probe("GET", address, auth=client.signer, headers=headers, setting="picqer_url")

    def run(self) -> Iterator[Finding]:
        """Check after check; without an answer or a login the rest is left out."""
        found, first = reached(self.address, "picqer_url", lambda: self.get(FIRST.path, FIRST.query(0)))
        yield found
        if first is None:
            return
        yield self._login(first)
        if not self.login_works:
            return
        yield self._kind()
        for path, name in LISTS.items():
            yield self._list(path, name)
        yield from self._warehouses()
        yield self._limit(first)
        yield from self._time(first)

    def _login(self, first: Reply) -> Finding:
        if first.good and first.value == []:
            self.login_works = True
            return ok("account: key", "accepted")
        if first.status == 401:
            return fail("account: key", "Picqer refuses it (401)", self.tap.source.client.signer.remedy)
        if first.good or first.status == 404:
            return fail("account: key", "no API of Picqer answers there", "check picqer_url")
        return fail("account: key", f"Picqer answers {_message(first)}", "try again later, or ask Picqer's support")

    def _kind(self) -> Finding:
        suppliers = self.get("/suppliers")
        if suppliers.good:
            return ok("account: kind of key", "of the whole account")
        if suppliers.status == 403 or code_of(suppliers.value) == OTHER_KEY:
            return note(
                "account: kind of key",
                "of one fulfilment customer: suppliers cannot be read, so purchase orders without one are left out",
            )
        return warn("account: kind of key", f"unknown: suppliers answer {_message(suppliers)}", "try again later")

    def _list(self, path: str, name: str) -> Finding:
        reply = self.get(path)
        if not reply.good:
            return fail(f"right: {name}", f"Picqer answers {_message(reply)}", "use a key of the whole account")
        if not isinstance(reply.value, list):
            return fail(f"right: {name}", "the answer is not a list", "check picqer_url")
        return ok(f"right: {name}", f"given; a page in {reply.seconds:.1f} s")

    def _warehouses(self) -> Iterator[Finding]:
        reply = self.get("/warehouses")
        rows = [row for row in reply.value if isinstance(row, dict)] if isinstance(reply.value, list) else []
        if not reply.good or not rows:
            yield fail("account: warehouses", f"Picqer answers {_message(reply)}", "use a key that may read warehouses")
            return
        active: dict[str, bool] = {}
        for row in rows:
            try:
                active[id_text(row.get("idwarehouse"))] = row.get("active") is not False
            except Unfit:
                continue
        names = ", ".join(
            f"{row.get('idwarehouse')} {row.get('name')}" for row in rows if row.get("active") is not False
        )
        yield ok("account: warehouses", f"{counted(len(active), 'warehouse')}, active: {names}")
        asked = {
            "warehouses": words(self.config.get("warehouses")),
            "main_warehouse": words(self.config.get("main_warehouse")),
        }
        for setting, ids in asked.items():
            for number in ids:
                if number not in active:
                    told = f"{number} is not a warehouse of this account"
                    yield fail(setting, told, f"use one of {', '.join(active)}")
                elif not active[number]:
                    yield fail(setting, f"{number} is inactive in Picqer", "activate it there, or name another")
                else:
                    yield ok(setting, f"{number} exists")

    def _limit(self, first: Reply) -> Finding:
        limit, left = (first.headers.get(f"X-RateLimit-{name}") for name in ("Limit", "Remaining"))
        if not limit or not limit.isdigit():
            return note("limit of requests", "Picqer tells none; refusals (429) are obeyed")
        says = f"{limit} a minute, {left} left in this one"
        if int(limit) < USUAL_LIMIT:
            return warn("limit of requests", says, f"usual are {USUAL_LIMIT}: ask Picqer's support, or run less often")
        return ok("limit of requests", says)

    def _time(self, first: Reply) -> Iterator[Finding]:
        skew = first.skew()
        if skew is None:
            yield note("clock", "Picqer does not tell its time")
            return
        yield from odd_clock("Picqer", skew)
        now = datetime.now(timezone.utc) + timedelta(seconds=skew)
        zone = self.tap.source.zone  # type: ignore[attr-defined]
        newest = self.get("/orders")
        rows = newest.value if isinstance(newest.value, list) else []
        stamps = [row.get("updated") for row in rows if isinstance(row, dict)]
        moments = [moment for text in stamps if isinstance(text, str) and (moment := zone.moment(text)) is not None]
        name = self.config["time_zone"]
        ahead = (max(moments) - now).total_seconds() if moments else 0.0
        if ahead > ODD_CLOCK:
            yield fail(
                "time zone",
                f"read as {name}, the last order changed {in_words(ahead)} from now",
                "set time_zone to the zone that Picqer shows at Settings > Company",
            )
        else:
            yield ok("time zone", name)

    def whole(self, beside: Callable[[Mapping[str, str]], Iterator[Finding]] | None) -> Iterator[Finding]:
        """Compares the codes of all products with what is elsewhere."""
        if beside is not None:
            from tap_picqer.streams.catalog import ProductsStream

            yield from beside(codes_of(ProductsStream(self.tap).pages(), "productcode", "idproduct"))


def _message(reply: Reply) -> str:
    told = reply.value.get("error_message") if isinstance(reply.value, dict) else None
    return f"{reply.status}: {told}" if isinstance(told, str) and told else reply.message
