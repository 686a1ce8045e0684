"""EasyEcom as a destination: which of its purchase orders are whose, and how they are listed."""

import logging
import re
import threading
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import urlencode

from typing_extensions import override

from connector.http.clock import moment
from connector.http.pace import Pace
from connector.http.pool import Pool
from connector.values import Unfit, id_text, text, whole_number
from connector.zone import utc_text
from delivery.destination import Found
from delivery.linked import LinkedDestination
from delivery.report import WriteReport
from easyecom_api.access import ZONE, Access
from easyecom_api.envelope import link_of
from target_easyecom.client import PurchaseWriter
from target_easyecom.settings import EasySettings
from vocabulary.easyecom import ENTITIES, contents_of
from vocabulary.optiply import MARK

ROWS_A_PAGE = 10
BEGINNING = datetime(2000, 1, 1, tzinfo=timezone.utc)
MARGIN = timedelta(days=1)
_LOCAL = "%Y-%m-%d %H:%M:%S"
_REFERENCE = re.compile(f"({re.escape(MARK)})?([1-9][0-9]*)", re.IGNORECASE)


class EasyDestination(LinkedDestination):
    """One location of an account."""

    name = "EasyEcom"
    program = "target-easyecom"
    entities = ENTITIES
    setting = "easyecom_url"
    path = "/wms/V2/getPurchaseOrderDetails"
    listed_id = "po_id"
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
    def next_page(self, answer: Mapping[str, Any]) -> str | None:
        return link_of(answer.get("nextUrl"), self.writer.base)

    @override
    def found(self, object_id: str, row: Mapping[str, Any]) -> Found:
        """An order with our mark is ours; one with a bare id may be, if vendor and contents say so too."""
        reference = _REFERENCE.fullmatch(str(row.get("po_ref_num") or "").strip())
        created = utc_text(row.get("po_created_date"), ZONE)
        if reference is None:
            return Found(object_id, {}, created, may_be_ours=False)
        told = {"order": reference[2], "vendor_id": row.get("vendor_c_id"), "contents": _contents(row.get("po_items"))}
        is_marked = reference[1] is not None
        return Found(object_id, told, created, mark=reference[2] if is_marked else None, may_be_ours=is_marked)


def _contents(items: object) -> str | None:
    """The contents of an order's lines; None where a line cannot be read."""
    lines = items if isinstance(items, list) else []
    try:
        return contents_of(
            (text(one.get("sku")), whole_number(id_text(one.get("original_quantity")))) for one in lines
        )
    except (Unfit, AttributeError):
        return None
