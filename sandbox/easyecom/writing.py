"""The POST requests of the EasyEcom sandbox: purchase orders, their statuses, and goods receipts."""

from typing import Any

import msgspec
from aiohttp import web

from sandbox.easyecom import purchasing, receiving
from sandbox.easyecom.creating import create
from sandbox.easyecom.errors import CrashError, EasyError
from sandbox.easyecom.gate import answer, location_of_caller
from sandbox.easyecom.rows import PurchaseOrder
from sandbox.easyecom.store import EasyStore
from sandbox.server.requestlog import note_sent


class Writing:
    """The handlers."""

    def __init__(self, store: EasyStore) -> None:
        """Write to a store."""
        self.store = store
        self._queued: dict[str, int] = {}

    def add_routes(self, app: web.Application) -> None:
        """Add the routes of everything that changes data."""
        app.router.add_post("/WMS/Cart/CreatePurchaseOrder", self.create_purchase_order)
        app.router.add_post("/wms/updatePoStatus", self.update_status)
        app.router.add_post("/wms/QueueGrnApi", self.queue_receipt)
        app.router.add_get("/wms/CheckGrnStatus", self.check_receipt, allow_head=False)
        app.router.add_post("/wms/completeGrn", self.complete_receipt)

    async def create_purchase_order(self, request: web.Request) -> web.Response:
        """Create an order: the answer holds its id alone."""
        body = await _body(request)
        note_sent(body)
        order = create(self.store, body, location_of_caller())
        told = {"code": 200, "message": "Purchase order created successfully", "data": {"poId": order.po_id}}
        return answer(told)

    async def update_status(self, request: web.Request) -> web.Response:
        """Move an order to a status; what goes wrong stands under `status`."""
        body = await _body(request)
        order = self._order(request, body.get("po_id"), under="status")
        wanted = purchasing.COMPLETED if body.get("markPoComplete") else body.get("po_status")
        if not isinstance(wanted, int) or not 1 <= wanted <= 16:
            raise EasyError(400, "po_status is not valid", under="status")
        purchasing.set_status(self.store, order, wanted)
        return answer({"status": 200, "message": "PO status updated successfully"})

    async def queue_receipt(self, request: web.Request) -> web.Response:
        """Receive goods in the background; without an order one is made for them. More than ordered is refused."""
        body = await _body(request)
        items = {str(one.get("sku")): one for one in body.get("items") or () if isinstance(one, dict)}
        errors = [
            {"SKU": sku, "key": "sku", "Error": "Unable to find the sku", "type": "error"}
            for sku in items
            if self.store.by_sku(sku) is None
        ]
        vendor = self.store.vendors.rows.get(body.get("vendor_id") or 0)
        if errors or vendor is None or not items:
            raise EasyError(400, errors or "Vendor cannot be found", under="status")
        if body.get("purchase_order_id") is None:
            lines = [receiving.line_for(self.store, sku, one) for sku, one in items.items()]
            order = purchasing.place(self.store, location_of_caller().company_id, vendor, lines, "Auto PO")
        else:
            order = self._order(request, body["purchase_order_id"], under="status")
        goods = {}
        for line in order.items:
            wanted = int(items.get(line.sku, {}).get("quantity", 0))
            if wanted > line.pending_quantity:
                text = "Received quantity cannot be greater than the pending quantity"
                told = [{"SKU": line.sku, "key": "quantity", "Error": text, "type": "error"}]
                raise EasyError(400, told, under="status")
            if wanted:
                goods[line.purchase_order_detail_id] = wanted
        receipt = receiving.receive(self.store, order, goods, status=2)
        queue = f"q{receipt.grn_id}"
        self._queued[queue] = receipt.grn_id
        return answer({"code": 200, "message": "Job queued", "data": {"queueId": queue}})

    async def check_receipt(self, request: web.Request) -> web.Response:
        """Say how far a queued receipt is: here it is always finished."""
        number = self._queued.get(request.query.get("queue_id", ""))
        if number is None:
            raise EasyError(400, "Unable to find the queue_id")
        return answer({"code": 200, "message": "Job Finished", "data": {"grn_id": number}})

    async def complete_receipt(self, request: web.Request) -> web.Response:
        """Finish a receipt."""
        body = await _body(request)
        receipt = self.store.receipts.rows.get(body.get("grn_id") or 0)
        if receipt is None or body.get("c_id") != receipt.c_id:
            raise EasyError(400, "Unable to find the grn_id", under="status")
        receiving.complete(self.store, receipt)
        return answer({"status": 200, "message": "GRN completed"})

    def _order(self, request: web.Request, number: Any, under: str) -> PurchaseOrder:  # noqa: ANN401
        order = self.store.purchase_orders.rows.get(number) if isinstance(number, int) else None
        if order is None or order.c_id != location_of_caller().company_id:
            raise EasyError(400, "Unable to find the PO", under=under)
        return order


async def _body(request: web.Request) -> Any:  # noqa: ANN401 - any JSON object
    """Return the JSON object of a request; anything else makes EasyEcom break down."""
    try:
        body = msgspec.json.decode(await request.read())
    except msgspec.DecodeError as error:
        raise CrashError("no JSON") from error
    if not isinstance(body, dict):
        raise CrashError("no object")
    return body
