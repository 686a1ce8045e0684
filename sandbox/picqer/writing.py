"""The POST, PUT and DELETE requests of the Picqer sandbox."""

from typing import Any

import msgspec
from aiohttp import web

from sandbox.picqer import catalogue, documents, purchasing, receiving, selling
from sandbox.picqer.errors import MISSING, NO_JSON, PicqerError
from sandbox.picqer.gate import answer, customer_of
from sandbox.picqer.reading import Reading
from sandbox.picqer.rows import Order, Product, PurchaseOrder, Receipt
from sandbox.server.requestlog import note_sent


async def body_of(request: web.Request) -> dict[str, Any]:
    """Return the body of a request, which also goes into the request log.

    Raises PicqerError: code 22 for a body that is not valid JSON, 5 for one that is not an object.
    """
    data = await request.read()
    try:
        body = msgspec.json.decode(data) if data else {}
    except msgspec.DecodeError as error:
        raise PicqerError(NO_JSON, "Request body is not valid JSON") from error
    if not isinstance(body, dict):
        raise PicqerError(MISSING, "Request body must be an object")
    note_sent(body)
    return body


class Writing:
    """The handlers of everything that changes the account."""

    def __init__(self, reading: Reading) -> None:
        """Write into the store that is read from."""
        self.reading = reading
        self.store = reading.store

    def add_routes(self, app: web.Application, prefix: str) -> None:
        """Add the routes of everything that is written."""
        for method, path, handler in (
            ("POST", "/suppliers", self.post_supplier),
            ("PUT", "/suppliers/{id}", self.put_supplier),
            ("POST", "/products", self.post_product),
            ("PUT", "/products/{id}", self.put_product),
            ("POST", "/products/{id}/activate", self.activate),
            ("POST", "/products/{id}/inactivate", self.inactivate),
            ("POST", "/products/{id}/parts", self.post_part),
            ("PUT", "/products/{id}/parts/{part}", self.put_part),
            ("DELETE", "/products/{id}/parts/{part}", self.delete_part),
            ("POST", "/purchaseorders", self.post_purchase),
            ("PUT", "/purchaseorders/{id}", self.put_purchase),
            ("POST", "/purchaseorders/{id}/mark-as-purchased", self.mark_as_purchased),
            ("POST", "/purchaseorders/{id}/cancel", self.cancel_purchase),
            ("POST", "/purchaseorders/{id}/close", self.close_purchase),
            ("POST", "/purchaseorders/{id}/products", self.post_line),
            ("PUT", "/purchaseorders/{id}/products/{line}", self.put_line),
            ("DELETE", "/purchaseorders/{id}/products/{line}", self.delete_line),
            ("POST", "/receipts", self.post_receipt),
            ("PUT", "/receipts/{id}", self.put_receipt),
            ("DELETE", "/receipts/{id}", self.delete_receipt),
            ("POST", "/receipts/{id}/products", self.post_receipt_line),
            ("POST", "/receipts/{id}/products/{line}/revert", self.revert),
            ("POST", "/orders/{id}/process", self.process),
            ("POST", "/orders/{id}/pause", self.pause),
            ("DELETE", "/orders/{id}", self.cancel_order),
        ):
            app.router.add_route(method, prefix + path, handler)

    # Suppliers and products

    async def post_supplier(self, request: web.Request) -> web.Response:
        """Make a supplier: the one POST that answers 200."""
        return answer(documents.supplier_json(catalogue.create_supplier(self.store, await body_of(request))))

    async def put_supplier(self, request: web.Request) -> web.Response:
        """Change a supplier."""
        supplier = self.reading.find(request, self.store.suppliers, "Supplier")
        return answer(documents.supplier_json(catalogue.edit_supplier(self.store, supplier, await body_of(request))))

    def _product(self, request: web.Request) -> Product:
        return self.reading.find(request, self.store.products, "Product")

    def _told(self, product: Product, status: int = 200) -> web.Response:
        return answer(documents.product_json(self.store, product), status)

    async def post_product(self, request: web.Request) -> web.Response:
        """Make a product."""
        body = await body_of(request)
        return self._told(catalogue.create_product(self.store, body, customer_of(request, self.store)), 201)

    async def put_product(self, request: web.Request) -> web.Response:
        """Change a product."""
        return self._told(catalogue.edit_product(self.store, self._product(request), await body_of(request)))

    async def activate(self, request: web.Request) -> web.Response:
        """Make a product active."""
        return self._told(catalogue.set_active(self.store, self._product(request), True))

    async def inactivate(self, request: web.Request) -> web.Response:
        """Make a product inactive."""
        return self._told(catalogue.set_active(self.store, self._product(request), False))

    async def post_part(self, request: web.Request) -> web.Response:
        """Add a part to a composition."""
        part = catalogue.add_part(self.store, self._product(request), await body_of(request))
        return answer(documents.part_json(self.store, part, nested=False), 201)

    async def put_part(self, request: web.Request) -> web.Response:
        """Change the amount of a part."""
        body, number = await body_of(request), request.match_info["part"]
        part = catalogue.change_part(self.store, self._product(request), number, body)
        return answer(documents.part_json(self.store, part, nested=False))

    async def delete_part(self, request: web.Request) -> web.Response:
        """Remove a part."""
        catalogue.remove_part(self.store, self._product(request), request.match_info["part"])
        return web.Response(status=204)

    # Purchase orders

    def _purchase(self, request: web.Request) -> PurchaseOrder:
        return self.reading.find(request, self.store.purchaseorders, "Purchase order")

    async def post_purchase(self, request: web.Request) -> web.Response:
        """Make a concept order."""
        order = purchasing.create(self.store, await body_of(request), customer_of(request, self.store))
        return answer(documents.purchase_order_json(order), 201)

    async def put_purchase(self, request: web.Request) -> web.Response:
        """Change the header of an order."""
        order = purchasing.update(self.store, self._purchase(request), await body_of(request))
        return answer(documents.purchase_order_json(order))

    async def mark_as_purchased(self, request: web.Request) -> web.Response:
        """Place a concept order."""
        order = purchasing.mark_as_purchased(self.store, self._purchase(request))
        return answer(documents.purchase_order_json(order))

    async def cancel_purchase(self, request: web.Request) -> web.Response:
        """Cancel an order."""
        return answer(documents.purchase_order_json(purchasing.cancel(self.store, self._purchase(request))))

    async def close_purchase(self, request: web.Request) -> web.Response:
        """End a partly received order."""
        return answer(documents.purchase_order_json(purchasing.close(self.store, self._purchase(request))))

    async def post_line(self, request: web.Request) -> web.Response:
        """Add a line."""
        body, customer = await body_of(request), customer_of(request, self.store)
        return answer(purchasing.add_line(self.store, self._purchase(request), body, customer), 201)

    async def put_line(self, request: web.Request) -> web.Response:
        """Change a line."""
        body, number = await body_of(request), request.match_info["line"]
        return answer(purchasing.change_line(self.store, self._purchase(request), number, body))

    async def delete_line(self, request: web.Request) -> web.Response:
        """Remove a line."""
        purchasing.remove_line(self.store, self._purchase(request), request.match_info["line"])
        return web.Response(status=204)

    # Receipts

    def _receipt(self, request: web.Request) -> Receipt:
        return self.reading.find(request, self.store.receipts, "Receipt")

    async def post_receipt(self, request: web.Request) -> web.Response:
        """Begin a receipt."""
        receipt = receiving.create(self.store, await body_of(request))
        return answer(documents.receipt_json(self.store, receipt), 201)

    async def put_receipt(self, request: web.Request) -> web.Response:
        """Complete a receipt: it happens in the background, so this answer still says processing."""
        receipt = self._receipt(request)
        told = documents.receipt_json(self.store, receipt)
        if (await body_of(request)).get("status") == "completed":
            receiving.complete(self.store, receipt)
        return answer(told)

    async def delete_receipt(self, request: web.Request) -> web.Response:
        """Remove an empty receipt."""
        receiving.delete(self.store, self._receipt(request))
        return web.Response(status=204)

    async def post_receipt_line(self, request: web.Request) -> web.Response:
        """Receive a product; the answer holds each line that was made of it."""
        number = self._receipt(request).idreceipt
        lines = receiving.add(self.store, self._receipt(request), await body_of(request))
        receipt = self.store.receipts.rows[number]
        return answer([documents.receipt_line_json(self.store, receipt, line) for line in lines], 201)

    async def revert(self, request: web.Request) -> web.Response:
        """Take a received line back."""
        number = self._receipt(request).idreceipt
        line = receiving.revert(self.store, self._receipt(request), request.match_info["line"])
        return answer(documents.receipt_line_json(self.store, self.store.receipts.rows[number], line))

    # Orders

    def _order(self, request: web.Request) -> Order:
        return self.reading.find(request, self.store.orders, "Order")

    async def process(self, request: web.Request) -> web.Response:
        """Begin an order."""
        return answer(documents.order_json(self.store, selling.process(self.store, self._order(request))))

    async def pause(self, request: web.Request) -> web.Response:
        """Pause an order."""
        return answer(documents.order_json(self.store, selling.pause(self.store, self._order(request))))

    async def cancel_order(self, request: web.Request) -> web.Response:
        """Cancel an order; `?force=true` also one that is being processed."""
        selling.cancel(self.store, self._order(request), force=request.query.get("force") == "true")
        return web.Response(status=204)
