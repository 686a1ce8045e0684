"""One request to the Magento sandbox and what answers it: settings, the shop's tables, lists with searchCriteria."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sandbox.magento.auth import Doorman
from sandbox.magento.collection import Table
from sandbox.magento.operations import Bulks
from sandbox.magento.search import Limits, MagentoError, MaskedError, parse_criteria
from sandbox.magento.stock import StockView
from sandbox.magento.tables import LAYOUTS, rows_of
from sandbox.server.clock import Clock
from sandbox.shop.shop import Shop
from sandbox.shop.world import SCOPES, STOCK_OF_WEBSITE, Json

PRODUCT_GONE = "The product that was requested doesn't exist. Verify the product and try again."
ENTITY_GONE = "The entity that was requested doesn't exist. Verify the entity and try again."


@dataclass
class Settings:
    """How this Magento is configured; every field can be changed while the server runs.

    bearer: Integration tokens work as bearer tokens (`enable_integration_as_bearer`).
    missing_acl: Resources the token's role lacks, such as `Magento_Sales::actions_view`.
    msi: The inventory modules are installed.
    input_limit: Input limits are on (page size 300, default 20, 20 filters per group).
    legacy_paging: A page beyond the last repeats the last one, as before 2.4.
    refuse_encoded_slash: The web server answers %2F in a path with its own 404 page.
    two_factor: Admin tokens need the two-factor endpoint.
    token_lifetime: Seconds an admin token lives, by the shop's clock.
    maintenance: Every request is answered with the maintenance page.
    array_limit: How many items a list in a body may hold; 0 is any number.
    one_source_skus: Parts of bundles that are shipped together: they may be in one source only.
    deadlocks: So many of the next calls that save source items end in a deadlock, with `deadlock_after` rows written.
    beside_reindex: The status (400 or 500) that a transfer answers after it has acted; 0 while nothing else reindexes.
    consumer: The consumer of asynchronous operations runs.
    """

    bearer: bool = True
    missing_acl: set[str] = field(default_factory=set)
    msi: bool = True
    input_limit: bool = False
    legacy_paging: bool = False
    refuse_encoded_slash: bool = False
    two_factor: bool = False
    token_lifetime: int = 3600
    maintenance: bool = False
    array_limit: int = 0
    one_source_skus: set[str] = field(default_factory=set)
    deadlocks: int = 0
    deadlock_after: int = 1
    beside_reindex: int = 0
    consumer: bool = True


class Server:
    """A shop behind its API: keeps the tables of the present version and counts requests."""

    def __init__(self, shop: Shop, clock: Clock, settings: Settings) -> None:
        """Serve a shop."""
        self.shop, self.clock, self.settings = shop, clock, settings
        self.doorman = Doorman(clock)
        self.requests = 0
        self.bulks = Bulks()
        self._tables: dict[tuple[str, str], tuple[object, Table]] = {}
        self._low_stock: tuple[object, list[Json]] = (None, [])

    @property
    def stock(self) -> StockView:
        """The stock as this configuration sees it."""
        return StockView(self.shop, self.settings.msi)

    def table(self, name: str, scope: str = "all") -> Table:
        """Return a collection's rows as a scope sees them."""
        version = self._version(name)
        kept = self._tables.get((name, scope))
        if kept is None or kept[0] != version:
            kept = (version, Table(LAYOUTS[name], rows_of(self.shop, name, scope)))
            self._tables[name, scope] = kept
        return kept[1]

    def low_stock(self, limit: float) -> list[Json]:
        """Return the stock items whose quantity is at most `limit`, in the order of their ids."""
        version = (*self._version("source-items"), limit)
        if self._low_stock[0] != version:
            items = self.shop.stock.items.values()
            self._low_stock = version, [row for row in items if row["qty"] is not None and row["qty"] <= limit]
        return self._low_stock[1]

    def _version(self, name: str) -> tuple[object, int]:
        # A reset gives the shop new contents whose counts start again: its `ids` object tells the two apart.
        shop = self.shop
        if name == "source-items":
            return shop.ids, shop.stock.version
        return shop.ids, shop.versions["orders" if name == "orders/items" else name]


@dataclass
class Call:
    """One request after routing: its scope, path parameters, query and body."""

    server: Server
    scope: str
    params: dict[str, str]
    query: Json
    body: bytes = b""
    base_url: str = "http://127.0.0.1/"

    @property
    def shop(self) -> Shop:
        """The shop that is asked."""
        return self.server.shop

    @property
    def stock_id(self) -> int:
        """The stock of the website the URL's scope belongs to."""
        return STOCK_OF_WEBSITE[SCOPES[self.scope]]

    def product(self, sku: str | None = None) -> Json:
        """Return the product a path names, as the scope sees it. Raises MagentoError: 404 when there is none."""
        product = self.shop.product((self.params["sku"] if sku is None else sku).rstrip(" "))
        if product is None:
            raise MagentoError(404, PRODUCT_GONE)
        self.check_poison("products", product["id"])
        return {**product, **self.shop.scope_values.get(product["id"], {}).get(self.scope, {})}

    def check_poison(self, entity: str, *keys: int | str) -> None:
        """Fail as Magento does when one of the records asked for cannot be read.

        Raises:
            MaskedError: For a record spoilt with status 500.
            MagentoError: 404 for one spoilt so, 200 without a body for one that ends the process.
        """
        spoilt = self.shop.poisoned.get(entity)
        if not spoilt:
            return
        found = next((spoilt[key] for key in keys if key in spoilt), None)
        if found == 404:
            raise MagentoError(404, PRODUCT_GONE)
        if found == 200:
            raise MagentoError(200, text="", content_type="application/json")
        if found is not None:
            raise MaskedError(f"a record of {entity} is spoilt")

    def listing(self, name: str, view: Callable[[list[Json]], list[Json]] | None = None) -> Json:
        """Answer a list request: items, the searchCriteria as read, and the count of all that match."""
        server = self.server
        settings = server.settings
        criteria = parse_criteria(self.query, Limits() if settings.input_limit else None)
        rng = random.Random(f"{self.shop.seed}/{server.requests}")
        table = server.table(name, self.scope)
        page = table.select(criteria, rng, clamp=settings.legacy_paging)
        key = table.layout.columns[table.layout.key].read
        self.check_poison(name, *(key(row) for row in page.rows))
        rows = page.rows if view is None else view(page.rows)
        return {"items": rows, "search_criteria": criteria.echo(), "total_count": page.total}

    def argument(self, name: str) -> Any:  # noqa: ANN401 - text, or a dict for `name[…]`
        """Return a query argument. Raises MagentoError: 400 when it is missing."""
        if name not in self.query:
            raise MagentoError(400, '"%fieldName" is required. Enter and try again.', {"fieldName": name})
        return self.query[name]
