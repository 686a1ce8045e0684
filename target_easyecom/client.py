"""Asks EasyEcom to make an order, and for a page of those that are there; answers.csv says what an answer means."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import requests
from typing_extensions import override

from connector.http.answers import Answer, Failure
from connector.http.request import Request
from connector.http.table import read_table
from delivery.written_once import OnceWriter
from easyecom_api.access import ZONE
from easyecom_api.envelope import worded
from vocabulary.optiply import MARK

CREATE = "/WMS/Cart/CreatePurchaseOrder"
ADDRESS = "As on file with the vendor"
"""EasyEcom breaks down over an order without an address; Optiply knows none."""


class PurchaseWriter(OnceWriter):
    """Makes orders, which stand approved at once."""

    table = read_table(__file__)
    id_field = "poId"
    expected_date = True

    @override
    def new(self, entity: str, attributes: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        return CREATE, self.body(attributes)

    def body(self, order: Mapping[str, Any]) -> dict[str, Any]:
        """An order as EasyEcom takes it today: a vendor by code or else by number, and a day that lies ahead there."""
        code, wanted = order.get("vendorId"), order.get("expDeliveryDate")
        tomorrow = self.today() + timedelta(days=1)
        day = max(date.fromisoformat(wanted), tomorrow) if wanted else tomorrow
        return {
            **({"vendorId": code} if code else {"vendor_id": order["vendor_id"]}),
            "referenceCode": f"{MARK}{order['order']}",
            "createOrUpdate": "I",
            "isCancel": 0,
            "updateTaxRate": 1,
            "address": ADDRESS,
            **({"expDeliveryDate": day.isoformat()} if self.expected_date else {}),
            "items": [{"lineItemNumber": number, **item} for number, item in enumerate(order["items"], start=1)],
        }

    def today(self) -> date:
        """The day in India, by EasyEcom's own clock."""
        assert self.clock is not None
        return self.clock.now().astimezone(ZONE).date()

    @override
    def read(self, request: Request, response: requests.Response) -> Answer | Failure:
        """The code of a body counts; of what was made, the part with its id."""
        found = worded(super().read(request, response))
        if isinstance(found, Answer) and request.method == "POST" and isinstance(found.value, dict):
            return replace(found, value=found.value.get("data"))
        return found
