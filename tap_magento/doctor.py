"""What `doctor` checks of the Magento shop: address, version, login, rights, inventory, limits, speed, clock."""

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any

from connector.collation import folded
from connector.errors import ProgramError
from connector.findings import Finding, fail, note, ok, warn
from connector.http.probe import Reply, probe, resolve
from connector.http.tokens import Signer
from connector.lists.question import Where
from connector.settings import words
from connector.values import fit, number
from connector.words import counted
from magento_api.answers import page_limit
from magento_api.place import store_address
from magento_api.search import low_stock_query, page_query, plain_query
from tap_magento.first_look import clock, missing_right, version
from tap_magento.listing import ProductListing
from tap_magento.rights import NeededRight, needed_rights
from tap_magento.tap import TapMagento

STOCK_ITEMS, SOURCES = "/stockItems/lowStock", "/inventory/sources"
SLOW_ROW = 0.05
PAGE = 1_000
SHOWN = 5
AUTH_KINDS = {"Bearer": "integration token as bearer", "AdminLogin": "admin user with password"}


class ShopChecks:
    """The checks in order; `login_works` says afterwards whether anything can be read."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        """Takes config.json, which must be correct."""
        self.tap = TapMagento(config=dict(config), state={})
        self.config = self.tap.config
        self.store = store_address(str(config["store_url"]))
        self.login_works = False

    def get(self, path: str, query: str) -> Reply:
        """One signed GET below /V1. Raises ProgramError when the shop refuses the admin login."""
        client = self.tap.source.client
        return _ask(client.url(path) + (f"?{query}" if query else ""), client.signer)

    def run(self) -> Iterator[Finding]:
        """Check after check; without an answer or a login the rest is left out."""
        addresses = resolve(self.store)
        if not addresses:
            yield fail("shop: name", f"{self.store}: the name is unknown", "check store_url, or this machine's DNS")
            return
        told = _ask(f"{self.store}/magento_version")
        if told.status == 0:
            yield fail("shop: connection", f"{self.store}: {told.trouble}", told.remedy)
            return
        secure = "TLS is valid" if self.store.startswith("https") else "without TLS"
        yield ok("shop: connection", f"{self.store} answers ({addresses}), {secure}")
        yield version(told)
        try:
            first = self.get("/store/storeConfigs", plain_query("id,code"))
            yield from self._login(first)
            if not self.login_works:
                return
            yield from self._rights()
            yield from self._inventory()
            yield from self._speed()
            yield clock(first)
        except ProgramError as error:
            yield fail("shop: login", str(error), self.tap.source.client.signer.remedy)

    def _login(self, first: Reply) -> Iterator[Finding]:
        signer = self.tap.source.client.signer
        kind = AUTH_KINDS.get(type(signer).__name__, "OAuth 1.0a")
        if 300 <= first.status < 400:
            there = first.headers.get("Location", "elsewhere")
            yield fail("shop: login", f"the shop redirects to {there}", "set store_url to that address")
        elif first.status == 404:
            yield fail("shop: login", "no Magento REST API there", "check store_url and store_code")
        elif first.status == 401 and all(answer.status == 401 for _, asked in self._needed for answer in asked):
            yield fail("shop: login", f"{kind}: refused for every stream (401)", signer.remedy)
        elif first.good or first.status == 401:
            self.login_works = True
            yield ok("shop: login", kind)
        else:
            yield fail("shop: login", f"the shop answers {first.message}", "try again later, or ask the host")

    @cached_property
    def _needed(self) -> list[tuple[NeededRight, list[Reply]]]:
        """The rights that the selected streams and the fast reading of stock need, with the answers to a question."""
        streams = {stream.name: stream.path for stream in self.tap.chosen()}
        needed = needed_rights(streams, self.config)
        return [(one, [self.get(path, query) for path, query in one.questions]) for one in needed]

    def _rights(self) -> Iterator[Finding]:
        for needed, answers in self._needed:
            check, right = f"right: {needed.right.resource}", needed.right
            purpose = ", ".join(needed.streams) or "stock in bulk"
            bad = next((answer for answer in answers if not answer.good), None)
            if bad is None:
                yield ok(check, f"given ({purpose})")
            elif bad.status == 401:
                told = f"{right.resource} is missing"
                remedy = f"tick {right.tick} at System > Extensions > Integrations > API, save and reauthorise"
                if needed.streams:
                    yield fail(check, f"{told}; needed for {purpose}", remedy)
                else:
                    yield warn(check, f"{told}: stock is then read SKU by SKU, one request for each product", remedy)
            elif needed.streams:
                inventory = any(path.startswith("/inventory") for path, _ in needed.questions)
                remedy = "see the inventory check below" if inventory else "look into the shop's var/log"
                yield fail(check, f"{purpose}: the shop answers {bad.message}", remedy)
            else:
                yield note(check, f"the shop answers {bad.message}: stock is then read SKU by SKU")

    def _inventory(self) -> Iterator[Finding]:
        wanted = bool(self.config.get("use_inventory_source_items"))
        answer = self.get(SOURCES, page_query(size=PAGE, fields="source_code,enabled"))
        if answer.status == 401:
            told = f"unknown: {missing_right(answer)} is missing"
            yield fail("inventory", told, "tick that right") if wanted else note("inventory", told)
            return
        if not answer.good:
            told = "the inventory modules are not there"
            remedy = "set use_inventory_source_items to false, or enable Magento's inventory modules"
            yield fail("inventory", told, remedy) if wanted else note("inventory", told)
            return
        rows, _ = answer.listed()
        sources = {str(item["source_code"]): bool(item.get("enabled")) for item in rows if item.get("source_code")}
        enabled = [code for code, on in sources.items() if on]
        yield ok("inventory", f"present, enabled sources: {', '.join(enabled)}")
        alike = {folded(code): on for code, on in sources.items()}
        for code in words(self.config.get("warehouse_ids")):
            if folded(code) not in alike:
                remedy = f"use one of {', '.join(sources)}"
                yield fail("warehouse_ids", f"{code!r} is not a source of this shop", remedy)
            elif not alike[folded(code)]:
                yield warn("warehouse_ids", f"{code!r} is disabled in Magento", "enable it there, or leave it out here")
            else:
                yield ok("warehouse_ids", f"{code!r} exists")

    def _speed(self) -> Iterator[Finding]:
        size = int(self.config["page_size"])
        answer = self.get("/products", page_query(size=size))
        limit = page_limit(answer.value) if answer.status == 400 else None
        if limit:
            yield warn(
                "page size", f"the shop allows {limit} rows a page, page_size asks for {size}", f"set it to {limit}"
            )
            answer = self.get("/products", page_query(size=limit))
        if not answer.good:
            yield fail("speed", f"a page of products: {answer.message}", "lower page_size, or look into var/log")
            return
        if not limit:
            yield ok("page size", f"{size} rows a page are allowed")
        found, total = answer.listed()
        if total is None:
            told = "the answer to a page of products holds no total_count"
            yield fail("speed", told, "ask the shop's developer: an extension or cache changed the answer")
            return
        a_row = answer.seconds / max(len(found), 1)
        says = (
            f"{counted(len(found), 'product')} in {answer.seconds:.1f} s; all {total} take about "
            f"{a_row * total / 60:.0f} min at one request at a time"
        )
        if a_row > SLOW_ROW:
            yield warn("speed", says, "run at night, or ask the host for more PHP workers")
        else:
            yield ok("speed", says)

    def whole(self, beside: Callable[[Mapping[str, str]], Iterator[Finding]] | None) -> Iterator[Finding]:
        """The checks that read every product; `beside` compares their SKUs with what is elsewhere."""
        try:
            skus, twice = self._skus()
            yield _twice(twice)
            if beside is not None:
                yield from beside(skus)
            yield from self._thresholds()
        except ProgramError as error:
            yield note("SKUs", f"unknown: {error}")

    def _skus(self) -> tuple[dict[str, str], list[str]]:
        """SKU (as Magento compares them) → product id, and the SKUs that more than one product has."""
        listing = ProductListing(self.tap.source, lambda _id, _trouble: None)
        skus: dict[str, str] = {}
        twice: list[str] = []
        for rows in listing.pages():
            for row in rows:
                key = folded(str(row.get("sku") or ""))
                if key and skus.setdefault(key, str(row["id"])) != str(row["id"]):
                    twice.append(f"{row['sku']} (products {skus[key]} and {row['id']})")
        return skus, twice

    def _thresholds(self) -> Iterator[Finding]:
        """How many products can never tell a negative stock: a threshold is set, or back orders are off."""
        items: list[dict[str, Any]] = []
        fields = "product_id,min_qty,backorders,manage_stock"
        for page in range(1, PAGE):
            answer = self.get(STOCK_ITEMS, low_stock_query(size=PAGE, page=page, fields=fields))
            if not answer.good:
                yield note("thresholds", f"unknown: the stock items cannot be read ({answer.message})")
                return
            rows, total = answer.listed()
            items += rows
            if len(rows) < PAGE or total is None or len(items) >= total:
                break
        managed = [item for item in items if item.get("manage_stock") in (True, 1, "1")]
        threshold = sum(1 for item in managed if _amount(item.get("min_qty")))
        closed = sum(1 for item in managed if not _amount(item.get("backorders")))
        yield note(
            "thresholds",
            f"of {counted(len(managed), 'product')} with managed stock {threshold} have an out-of-stock threshold "
            f"(salable stock is lower by it) and {closed} take no back orders (their stock never goes below zero)",
        )


def find_order(config: Mapping[str, Any], asked: str, fields: str) -> tuple[dict[str, Any] | None, str]:
    """An order by its number or else its id, asked of the shop; and where it was found, or why it was not."""
    try:
        shop = ShopChecks(config)
        for key in ("increment_id", *(["entity_id"] if asked.isdigit() else [])):
            answer = shop.get("/orders", page_query([Where(key, "eq", asked)], size=1, fields=fields))
            if not answer.good:
                return None, f"not read by the last run, and the shop answers {answer.message}"
            for row in answer.listed()[0]:
                if str(row.get(key)) == asked:
                    return row, "asked of the shop just now"
    except ProgramError as error:
        return None, f"not read by the last run, and the shop could not be asked: {error}"
    return None, "unknown to the shop"


def _ask(address: str, auth: Signer | None = None) -> Reply:
    return probe("GET", address, auth=auth, headers={"Accept": "application/json"}, setting="store_url")


def _twice(twice: list[str]) -> Finding:
    if not twice:
        return ok("SKUs in the shop", "each is there once")
    are = "is" if len(twice) == 1 else "are"
    told = f"{counted(len(twice), 'SKU')} {are} there twice but for case or spaces: {', '.join(twice[:SHOWN])}"
    return warn("SKUs in the shop", told, "rename one of each pair; their stock cannot be told apart by SKU")


def _amount(value: object) -> bool:
    """Whether a value is a number other than 0."""
    return bool(fit(number, value))
