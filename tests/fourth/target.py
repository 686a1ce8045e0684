"""The target that writes the depot's labels."""

from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from connector.http.clock import ISO
from connector.singer.settings import Setting, json_schema
from connector.singer.target import DeliveryTarget
from delivery.json_api import JsonDestination
from delivery.report import WriteReport
from delivery.session import Session
from delivery.settings import Settings, general, writing_settings
from tests.fourth.labels import LABELS


class Shelf(JsonDestination):
    name, program, entities, created, mark = "Depot", "target-depot", (LABELS,), "made", "remoteId"

    def query(self, since: datetime | None, key: Any) -> str:
        told = {"since": since.strftime(ISO)} if since else dict(key or {})
        return urlencode(told)


class TargetDepot(DeliveryTarget):
    """Writes labels."""

    name, writes = "target-depot", "Write labels to a depot."
    url = Setting("url", True, {"type": ["string"]})
    config_jsonschema = json_schema([url, *writing_settings("Depot")])

    def connect(self, config_file: Path | None) -> Session:
        settings, report = Settings(**general(self.config)), WriteReport(self.logger)
        return Session(settings, Shelf(self.config["url"], settings, report), report)
