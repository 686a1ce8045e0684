"""Asks Picqer to make an order and to place it; what an answer means is in json_api's table."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import requests
from typing_extensions import override

from connector.http.answers import Answer, Failure
from connector.http.budget import Budget
from connector.http.request import Request
from connector.http.table import Fate
from connector.words import printable
from delivery.destination import Reply, Standing
from delivery.written_once import OnceWriter
from vocabulary.picqer import PURCHASE_ORDERS

WINDOW_SECONDS = 60.0
"""Picqer's limit counts the requests of a minute."""
PLACED = ("purchased", "received")


class PurchaseWriter(OnceWriter):
    """Makes concept orders, and places them: the second alone may be repeated."""

    id_field = "idpurchaseorder"
    budget: Budget | None = None

    def look(self, _entity: str, records: Sequence[dict[str, Any]]) -> Sequence[Standing]:
        """What stands of each order before it is placed."""
        return [self._standing(record) for record in records]

    def upsert(self, _entity: str, records: Sequence[dict[str, Any]]) -> Sequence[Reply]:
        """Places orders. Whether one is placed now, `held` says: a refusal may mean that it was before."""
        replies = (self.ask("POST", f"{_path(record)}/mark-as-purchased", {}) for record in records)
        return [replace(one, fate=Fate.AGAIN) if one.fate is Fate.REFUSE else one for one in replies]

    def held(self, _entity: str, records: Sequence[dict[str, Any]]) -> Sequence[Mapping[str, Any] | None]:
        """The orders that are placed."""
        return [record if self._status(record) in PLACED else None for record in records]

    def _standing(self, record: dict[str, Any]) -> Standing:
        status = self._status(record)
        refusal = "it was cancelled in Picqer" if status == "cancelled" else None
        return Standing(record, record if status in PLACED else None, refusal)

    def _status(self, record: Mapping[str, Any]) -> str:
        outcome = self.send(Request(_path(record), lambda _size: ""))
        value = outcome.value if isinstance(outcome, Answer) else None
        return str(value.get("status")) if isinstance(value, dict) else ""

    @override
    def read(self, request: Request, response: requests.Response) -> Answer | Failure:
        """Picqer's own words, where it has some."""
        if self.budget is None:
            self.budget = Budget(self.pool.pace, "X-RateLimit-Limit", "X-RateLimit-Remaining", WINDOW_SECONDS)
        self.budget.observe(response.headers)
        found = super().read(request, response)
        if isinstance(found, Answer) or not isinstance(found.value, dict):
            return found
        message, code = found.value.get("error_message"), found.value.get("error_code")
        told = printable(message) if isinstance(message, str) else ""
        named = f"{told} [code {code}]" if isinstance(code, int) else told
        return replace(found, text=named) if told else found


def _path(record: Mapping[str, Any]) -> str:
    return f"/{PURCHASE_ORDERS.name}/{quote(str(record['purchaseorderId']), safe='')}"
