"""The GET requests of the Picqer sandbox: lists with offset paging, single rows and the lists below them."""

from collections.abc import Callable, Sequence
from typing import Any

from aiohttp import web

from sandbox.picqer import documents, receiving
from sandbox.picqer.errors import NOT_FOUND, PicqerError, not_found
from sandbox.picqer.gate import answer, customer_of
from sandbox.picqer.lists import filters, page
from sandbox.picqer.rows import Part, Product, PurchaseOrder, Row, Stock
from sandbox.picqer.store import PicqerStore
from sandbox.server.changes import Changes
from sandbox.server.oddities import Oddities
from sandbox.server.table import R, Table

NAMES = {
    "warehouses": "Warehouse",
    "suppliers": "Supplier",
    "products": "Product",
    "purchaseorders": "Purchase order",
    "receipts": "Receipt",
    "orders": "Order",
}


class Reading:
    """The handlers; `changes` happen after the page they wait for was read, `oddities` spoil the rows they name."""

    def __init__(self, store: PicqerStore, changes: Changes, oddities: Oddities) -> None:
        """Answer from a store."""
        self.store = store
        self.changes = changes
        self.oddities = oddities
        self.shapes: dict[str, Callable[[Any], object]] = {
            "warehouses": lambda row: row,
            "suppliers": documents.supplier_json,
            "products": lambda row: documents.product_json(store, row),
            "purchaseorders": documents.purchase_order_json,
            "receipts": lambda row: documents.receipt_json(store, row),
            "orders": lambda row: documents.order_json(store, row),
        }

    def add_routes(self, app: web.Application, prefix: str) -> None:
        """Add the routes of everything that is read."""
        for resource in NAMES:
            app.router.add_get(f"{prefix}/{resource}", self._list(resource), allow_head=False)
            app.router.add_get(f"{prefix}/{resource}/{{id}}", self._one(resource), allow_head=False)
        for path, handler in {
            "/users/me": self.me,
            "/stats": self.stats,
            "/warehouses/{id}/stock": self.warehouse_stock,
            "/products/{id}/stock": self.product_stock,
            "/products/{id}/stock/{warehouse}": self.product_stock_in,
            "/products/{id}/parts": self.parts,
            "/purchaseorders/{id}/products": self.purchase_lines,
            "/purchaseorders/{id}/receipts": self.purchase_receipts,
            "/receipts/{id}/products": self.receipt_lines,
            "/receipts/{id}/expected-products": self.expected,
        }.items():
            app.router.add_get(prefix + path, handler, allow_head=False)

    def find(self, request: web.Request, table: Table[R], what: str) -> R:
        """Return the row that the path names, as far as the key may see it.

        Raises PicqerError: 404 with code 20 otherwise.
        """
        row = self.store.get(table, request.match_info["id"], what)
        customer = customer_of(request, self.store)
        if customer is not None and getattr(row, "idfulfilment_customer", customer) != customer:
            raise not_found(what)
        return row

    def _list(self, resource: str) -> Callable[[web.Request], Any]:
        async def handler(request: web.Request) -> web.Response:
            table = self.store.tables[resource]
            equal, tests = filters(resource, request.query, self.store.settings)
            if customer_of(request, self.store) is not None and resource not in ("warehouses", "suppliers"):
                equal["idfulfilment_customer"] = customer_of(request, self.store)
            rows: Sequence[Any] = []
            if resource not in self.store.settings.emptied:
                rows = page(resource, table, table.select(equal, tests), request.query, self.store.settings)
            response = answer([self._tell(resource, row) for row in rows])
            self.changes.answered(resource, rows)
            return response

        return handler

    def _one(self, resource: str) -> Callable[[web.Request], Any]:
        async def handler(request: web.Request) -> web.Response:
            row = self.find(request, self.store.tables[resource], NAMES[resource])
            return answer(self._tell(resource, row))

        return handler

    def _tell(self, resource: str, row: Row) -> object:
        return self.oddities.tell(resource, self.store.tables[resource].id(row), self.shapes[resource](row))

    async def me(self, _request: web.Request) -> web.Response:
        """Answer with the user of the key, as a test of the connection."""
        return answer({"iduser": 1, "username": "sandbox", "active": True})

    async def stats(self, _request: web.Request) -> web.Response:
        """Answer with the key figures of the account."""
        return answer([{"key": name, "value": count} for name, count in self.store.counts().items()])

    async def warehouse_stock(self, request: web.Request) -> web.Response:
        """Answer with the products that have stock or reservations in a warehouse: others are not in the list."""
        number = self.find(request, self.store.warehouses, "Warehouse").idwarehouse
        customer = customer_of(request, self.store)
        equal = {} if customer is None else {"idfulfilment_customer": customer}

        def stocked(product: Product) -> bool:
            return number in product.stock and not product.stock[number].bare

        ids = self.store.products.select(equal, {("stocked", number): stocked})
        rows = page("warehouses", self.store.products, ids, request.query, self.store.settings)
        return answer(
            [
                {
                    "idproduct": row.idproduct,
                    "productcode": row.productcode,
                    "stock": {"idwarehouse": number, **documents.stock_json(row.stock[number])},
                }
                for row in rows
            ]
        )

    async def product_stock(self, request: web.Request) -> web.Response:
        """Answer with the stock of a product in all warehouses."""
        return answer(documents.product_stock(self.store, self.find(request, self.store.products, "Product")))

    async def product_stock_in(self, request: web.Request) -> web.Response:
        """Answer with the stock of a product in one warehouse."""
        product = self.find(request, self.store.products, "Product")
        warehouse = self.store.get(self.store.warehouses, request.match_info["warehouse"], "Warehouse")
        rows = {row["idwarehouse"]: row for row in documents.product_stock(self.store, product)}
        none = {"idwarehouse": warehouse.idwarehouse, **documents.stock_json(Stock())}
        return answer({**rows.get(warehouse.idwarehouse, none), "locations": []})

    async def parts(self, request: web.Request) -> web.Response:
        """Answer with the parts of a composition; a product without any answers 404 with code 20."""
        product = self.find(request, self.store.products, "Product")
        if not product.parts:
            raise PicqerError(NOT_FOUND, "Product has no parts")
        nested = request.query.get("nested", "").lower() in ("true", "1")
        return answer([self._part(product, part, nested) for part in product.parts])

    def _part(self, product: Product, part: Part, nested: bool) -> documents.Json:
        return documents.part_json(self.store, part, nested=nested, above=frozenset((product.idproduct,)))

    async def purchase_lines(self, request: web.Request) -> web.Response:
        """Answer with the lines of a purchase order, all at once."""
        return answer(self._purchase_order(request).products)

    async def purchase_receipts(self, request: web.Request) -> web.Response:
        """Answer with the receipts that hold goods of a purchase order."""
        number = self._purchase_order(request).idpurchaseorder
        rows = [
            row
            for row in self.store.receipts.rows.values()
            if row.idpurchaseorder == number or any(line.idpurchaseorder == number for line in row.products)
        ]
        return answer([documents.receipt_json(self.store, row) for row in sorted(rows, key=lambda row: -row.idreceipt)])

    def _purchase_order(self, request: web.Request) -> PurchaseOrder:
        return self.find(request, self.store.purchaseorders, "Purchase order")

    async def receipt_lines(self, request: web.Request) -> web.Response:
        """Answer with the lines of a receipt, reverted ones included."""
        receipt = self.find(request, self.store.receipts, "Receipt")
        return answer([documents.receipt_line_json(self.store, receipt, line) for line in receipt.products])

    async def expected(self, request: web.Request) -> web.Response:
        """Answer with what a receipt may still be for."""
        receipt = self.find(request, self.store.receipts, "Receipt")
        return answer(
            [
                {
                    "idpurchaseorder": order.idpurchaseorder,
                    "idpurchaseorder_product": line.idpurchaseorder_product,
                    "idproduct": line.idproduct,
                    "amount": line.amount - line.amountreceived,
                }
                for order, line in receiving.expected(self.store, receipt)
            ]
        )
