"""Picqer as a destination: which of its purchase orders are whose, and how they are listed."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from typing_extensions import override

from connector.http.pool import Json
from connector.http.request import Counting
from connector.http.tokens import ApiKey
from connector.zone import utc_text
from delivery.destination import Found
from delivery.json_api import JsonDestination
from target_picqer.client import PurchaseWriter
from target_picqer.settings import PicqerSettings
from vocabulary.entity import Entity
from vocabulary.optiply import MARK
from vocabulary.picqer import ENTITIES, PURCHASE_ORDERS

ROWS_A_PAGE = 100
MARGIN = timedelta(hours=2)
"""By which a look-up begins earlier: in the hour that comes twice a local time means two moments."""
_LOCAL = "%Y-%m-%d %H:%M:%S"
_MARKED = re.compile(re.escape(MARK) + r"([1-9][0-9]*)", re.IGNORECASE)

KEY_REMEDY = "check api_key: Picqer shows the keys at Settings > API keys"


class PicqerDestination(JsonDestination):
    """One account."""

    name = "Picqer"
    program = "target-picqer"
    entities = ENTITIES
    setting = "picqer_url"
    writer_class = PurchaseWriter

    def __init__(self, settings: PicqerSettings, counts: Counting) -> None:
        """Sends nothing yet. Raises RunError where the address cannot be used."""
        super().__init__(settings.address, settings, counts, ApiKey(settings.api_key, KEY_REMEDY), settings.user_agent)
        self._zone, self._mark_field = settings.zone, settings.mark_field

    @override
    def listed(
        self, entity: Entity, *, since: datetime | None = None, key: Mapping[str, Any] | None = None
    ) -> Iterable[Found]:
        """The orders that changed at or after `since`; placing is no object, so there is nothing to list of it."""
        return super().listed(entity, since=since) if entity is PURCHASE_ORDERS else ()

    @override
    def query(self, since: datetime | None, key: Mapping[str, Any] | None) -> str:
        """Picqer cannot be asked for a mark, only for what changed after a local time."""
        if since is None:
            return ""
        return urlencode({"updated_after": (since - MARGIN).astimezone(self._zone).strftime(_LOCAL)})

    @override
    def rows(self, entity: Entity, query: str) -> Iterator[Json]:
        """Page by page; an order that is made meanwhile shifts rows down, so that one comes twice and none is lost."""
        offset, seen = 0, set()
        while True:
            page = [*super().rows(entity, f"{query}&offset={offset}".lstrip("&"))]
            for row in page:
                number = row.get("idpurchaseorder") if isinstance(row, dict) else None
                if number is None or number not in seen:
                    seen.add(number)
                    yield row
            if len(page) < ROWS_A_PAGE:
                return
            offset += len(page)

    @override
    def found(self, object_id: str, row: Mapping[str, Any]) -> Found:
        """An order with our mark is ours if supplier, warehouse and lines say so too, and no other is."""
        value = row.get(self._mark_field)
        marked = _MARKED.fullmatch(value.strip()) if isinstance(value, str) else None
        created = utc_text(row.get("created"), self._zone)
        # Without a mark the contents prove nothing: people order the same again.
        told = {name: row.get(name) for name in PURCHASE_ORDERS.natural_key} if marked else {}
        return Found(object_id, told, created, mark=marked[1] if marked else None, may_be_ours=marked is not None)

    @override
    def learn_time(self, entity: Entity) -> None:
        """Asks for what changed just now, for the sake of the Date header."""
        super().learn_time(PURCHASE_ORDERS)
