"""The GET requests of the EasyEcom sandbox: the login, lists with cursors, and single orders."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from aiohttp import web

from sandbox.easyecom import documents, documents_trade
from sandbox.easyecom.documents import Json
from sandbox.easyecom.errors import EasyError
from sandbox.easyecom.gate import LOGIN, answer, location_of_caller
from sandbox.easyecom.lists import asked, page, tests
from sandbox.easyecom.rows import Product
from sandbox.easyecom.store import EasyStore
from sandbox.easyecom.tokens import Tokens
from sandbox.server.changes import Changes
from sandbox.server.oddities import Oddities

NOTHING = "No Data Found"
PATHS = {
    "products": "/Products/GetProductMaster",
    "vendors": "/wms/V2/getVendors",
    "purchase_orders": "/wms/V2/getPurchaseOrderDetails",
    "receipts": "/Grn/V2/getGrnDetails",
    "orders": "/orders/V2/getAllOrders",
}


class Reading:
    """The handlers; `changes` happen after the page they wait for was read, `oddities` spoil the rows they name."""

    def __init__(self, store: EasyStore, tokens: Tokens, changes: Changes, oddities: Oddities) -> None:
        """Answer from a store."""
        self.store, self.tokens, self.changes, self.oddities = store, tokens, changes, oddities
        self._remembered: tuple[object, dict[int, tuple[Product, int]], list[int]] = (None, {}, [])
        self.shapes: dict[str, Callable[[Any], Json]] = {
            "vendors": documents.vendor_json,
            "purchase_orders": lambda row: documents_trade.purchase_order_json(store, row),
            "receipts": lambda row: documents_trade.receipt_json(store, row),
            "orders": lambda row: documents_trade.order_json(store, row),
        }

    def add_routes(self, app: web.Application) -> None:
        """Add the routes of everything that is read."""
        app.router.add_post(LOGIN, self.login)
        app.router.add_get(PATHS["products"], self.products, allow_head=False)
        for resource in self.shapes:
            app.router.add_get(PATHS[resource], self._list(resource), allow_head=False)
        for path, handler in {
            "/Products/GetProductMastersCount": self.count,
            "/Products/getKits": self.kits,
            "/getAllLocation": self.locations,
            "/account/v1/api/locations": self.location_keys,
            "/orders/V2/getOrderDetails": self.order,
        }.items():
            app.router.add_get(path, handler, allow_head=False)

    async def login(self, request: web.Request) -> web.Response:
        """Hand out a token, for a JSON body or a form."""
        body: Any
        if "json" in request.content_type:
            try:
                body = msgspec.json.decode(await request.read())
            except msgspec.DecodeError:
                body = None
        else:
            body = dict(await request.post())
        return answer(self.tokens.login(body))

    def _list(self, resource: str) -> Callable[[web.Request], Any]:
        async def handler(request: web.Request) -> web.Response:
            wanted = asked(resource, request.query, request.rel_url.raw_query_string, self.store.settings)
            table = self.store.tables[resource]
            equal: dict[str, object] = {"c_id": location_of_caller().company_id} if resource != "vendors" else {}
            keys, cursor = page(
                table.select(equal, tests(self.store, resource, wanted.query)), wanted, self.store.settings
            )
            rows = [table.rows[key] for key in keys]
            told = [self._tell(resource, key, self.shapes[resource](row)) for key, row in zip(keys, rows, strict=True)]
            response = self._page(request, resource, told, cursor)
            self.changes.answered(resource, rows)
            return response

        return handler

    async def products(self, request: web.Request) -> web.Response:
        """Answer with products: one row for each SKU at the token's location, or one for each location."""
        wanted = asked("products", request.query, request.rel_url.raw_query_string, self.store.settings)
        by_copy, ordered = self._copies(wanted.query, location_of_caller().company_id)
        keys, cursor = page(ordered, wanted, self.store.settings)
        fields = wanted.query.get("custom_fields") == "1"
        told = []
        for key in keys:
            product, c_id = by_copy[key]
            row = documents.product_json(self.store, product, c_id, custom_fields=fields)
            told.append(self._tell("products", product.product_id, row))
        response = self._page(request, "products", told, cursor)
        self.changes.answered("products", [by_copy[key][0] for key in keys])
        return response

    def _copies(self, query: Mapping[str, str], place: int) -> tuple[dict[int, tuple[Product, int]], list[int]]:
        """Product and location by cp_id, and those in order; remembered until a product changes, for the next page."""
        asked = (self.store.products.version, place, tuple(sorted(query.items())))
        if self._remembered[0] != asked:
            everywhere = query.get("includeLocations") == "1"
            by_copy = {
                copy.cp_id: (product, c_id)
                for product in self._products(query, None if everywhere else place)
                for c_id, copy in product.copies.items()
                if everywhere or c_id == place
            }
            self._remembered = (asked, by_copy, sorted(by_copy))
        return self._remembered[1], self._remembered[2]

    def _products(self, query: Mapping[str, str], c_id: int | None) -> list[Product]:
        found = tests(self.store, "products", query)
        if c_id is not None:
            found["at", c_id] = lambda row: c_id in row.copies
        if query.get("product_type") in ("1", "2"):
            kind = {"1": "combo_product", "2": "kit_product"}[query["product_type"]]
            found["type", kind] = lambda row: row.product_type == kind
        if query.get("cpIds"):
            wanted = set(query["cpIds"].split(","))
            found["cpIds", query["cpIds"]] = lambda row: any(str(c.cp_id) in wanted for c in row.copies.values())
        rows = self.store.products.rows
        return [rows[number] for number in self.store.products.select({}, found)]

    def _tell(self, resource: str, key: int, told: Json) -> object:
        return self.oddities.tell(resource, key, told)

    def _page(self, request: web.Request, resource: str, told: Sequence[object], cursor: str | None) -> web.Response:
        settings = self.store.settings
        origin = f"{request.scheme}://{request.host}" if settings.absolute_urls else ""
        link = {"nextUrl": None if cursor is None else f"{origin}{PATHS[resource]}?cursor={cursor}"}
        if cursor is None and settings.last_page == "absent":
            link = {}
        if not told and settings.nothing == "error":
            raise EasyError(400, "Unable to find vendors" if resource == "vendors" else "No records found")
        if not told and settings.nothing == "text":
            return answer({"data": NOTHING})
        if resource in ("products", "vendors"):
            return answer({"data": told, **link})
        if resource == "orders":
            return answer({"code": 200, "message": "Successful", "data": {"orders": told, **link}})
        return answer({"code": 200, "message": "Successful", "data": told, **link})

    async def count(self, request: web.Request) -> web.Response:
        """Answer with the number of products of the token's location."""
        return answer({"count": len(self._products({}, location_of_caller().company_id))})

    async def kits(self, request: web.Request) -> web.Response:
        """Answer with all kits of the token's location at once."""
        place = location_of_caller().company_id
        rows = [row for row in self.store.kits.rows.values() if row.c_id == place]
        told = [self._tell("kits", row.productId, documents.kit_json(self.store, row)) for row in rows]
        return answer({"code": 200, "message": "Successful", "data": told or NOTHING})

    async def locations(self, _request: web.Request) -> web.Response:
        """Answer with all locations of the account."""
        rows = self.store.locations.rows.values()
        told = [self._tell("locations", row.company_id, documents.location_json(row)) for row in rows]
        return answer({"code": 200, "message": "Successful", "data": told})

    async def location_keys(self, _request: web.Request) -> web.Response:
        """Answer with the keys of all locations."""
        rows = self.store.locations.rows.values()
        keys = [{"location_key": row.location_key, "companyname": row.location_name} for row in rows]
        return answer({"code": 200, "message": "Successful", "data": keys})

    async def order(self, request: web.Request) -> web.Response:
        """Answer with the rows of one order, whose lines are called `order_items` here."""
        names = [name for name in ("reference_code", "order_id", "invoice_id") if request.query.get(name)]
        rows = [
            row
            for row in self.store.orders.where("c_id", location_of_caller().company_id)
            if names and all(str(getattr(row, name)) == request.query[name] for name in names)
        ]
        if not rows:
            raise EasyError(400, "Unable to find the reference_code/order_id/invoice_id")
        told = [documents_trade.order_json(self.store, row, lines="order_items") for row in rows]
        return answer({"code": 200, "message": "Successful", "data": told})
