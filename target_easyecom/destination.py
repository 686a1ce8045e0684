"""EasyEcom as a destination: which of its purchase orders are whose, and how they are listed."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import urlencode

from typing_extensions import override

from connector.http.clock import ISO, moment
from connector.http.pace import Pace
from connector.http.pool import Json, Pool
from connector.values import Unfit, id_text, text, whole_number
from delivery.destination import Found
from delivery.json_api import JsonDestination
from delivery.report import WriteReport
from easyecom_api.access import ZONE, Access
from easyecom_api.envelope import link_of
from target_easyecom.client import PurchaseWriter
from target_easyecom.settings import EasySettings
from vocabulary.easyecom import ENTITIES, contents_of
from vocabulary.entity import Entity
from vocabulary.optiply import MARK

LIST = "/wms/V2/getPurchaseOrderDetails"
ROWS_A_PAGE = 10
BEGINNING = datetime(2000, 1, 1, tzinfo=timezone.utc)
MARGIN = timedelta(days=1)
_LOCAL = "%Y-%m-%d %H:%M:%S"
_REFERENCE = re.compile(f"({re.escape(MARK)})?([1-9][0-9]*)", re.IGNORECASE)


class EasyDestination(JsonDestination):
    """One location of an account."""

    name = "EasyEcom"
    program = "target-easyecom"
    entities = ENTITIES
    setting = "easyecom_url"
    writer_class = PurchaseWriter
    writer: PurchaseWriter

    def __init__(self, settings: EasySettings, report: WriteReport) -> None:
        """Sends nothing yet. Raises RunError where the address cannot be used."""
        stop = threading.Event()
        self.access = Access(settings.access, report, Pool(Pace(1), stop), logging.getLogger(self.program))
        address, signer = str(settings.access[self.setting]), self.access.signer()
        super().__init__(address, settings, self.access.quota, signer, settings.user_agent, stop)
        self.clock = self.writer.clock = self.access.clock
        self.pace.throttle = 1 / self.access.tier.a_second
        self.writer.tell, self.writer.expected_date = report.note, settings.expected_date
        self._oldest = moment(settings.since) - MARGIN if settings.since else BEGINNING

    @override
    def query(self, since: datetime | None, key: Mapping[str, Any] | None) -> str:
        """By creation: without a date EasyEcom shows the last days alone."""
        first = (since or self._oldest).astimezone(ZONE).strftime(_LOCAL)
        return urlencode({"created_after": first, "limit": ROWS_A_PAGE})

    @override
    def rows(self, entity: Entity, query: str) -> Iterator[Json]:
        """Page by page, by links that go back as they came."""
        link: str | None = f"{LIST}?{query}"
        seen: set[str | None] = {None}
        while link not in seen:
            seen.add(link)
            answer, self._says = self.writer.page(str(link))
            rows = answer.get("data") if isinstance(answer, dict) else None
            if not isinstance(answer, dict) or not isinstance(rows, list):
                yield None
                return
            yield from ({**row, self.writer.id_field: row.get("po_id")} for row in rows if isinstance(row, dict))
            try:
                link = link_of(answer.get("nextUrl"), self.writer.base) if rows else None
            except ValueError as elsewhere:
                self._says = str(elsewhere)
                yield None

    @override
    def found(self, object_id: str, row: Mapping[str, Any]) -> Found:
        """An order with our mark is ours; one with a bare id may be, if vendor and contents say so too."""
        reference = _REFERENCE.fullmatch(str(row.get("po_ref_num") or "").strip())
        created = self._moment(row.get("po_created_date"))
        if reference is None:
            return Found(object_id, {}, created, may_be_ours=False)
        told = {"order": reference[2], "vendor_id": row.get("vendor_c_id"), "contents": _contents(row.get("po_items"))}
        is_marked = reference[1] is not None
        return Found(object_id, told, created, mark=reference[2] if is_marked else None, may_be_ours=is_marked)

    @override
    def learn_time(self, entity: Entity) -> None:
        """Asks for what was made just now, for the sake of the Date header."""
        if not self.clock.is_known:
            self.writer.page(f"{LIST}?{self.query(self.clock.now(), None)}")

    def _moment(self, value: object) -> str:
        try:
            local = datetime.strptime(str(value), _LOCAL).replace(tzinfo=ZONE)
        except ValueError:
            return ""
        return local.astimezone(timezone.utc).strftime(ISO)


def _contents(items: object) -> str | None:
    """The contents of an order's lines; None where a line cannot be read."""
    lines = items if isinstance(items, list) else []
    try:
        return contents_of(
            (text(one.get("sku")), whole_number(id_text(one.get("original_quantity")))) for one in lines
        )
    except (Unfit, AttributeError):
        return None
