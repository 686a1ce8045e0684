"""The tap of an EasyEcom account: its settings, its streams in reading order, its source."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import Any, ClassVar

from singer_sdk import typing as th
from typing_extensions import override

from connector.singer.stream import PagedStream
from connector.singer.tap import SourceTap
from connector.words import counted
from tap_easyecom import config, schemas, streams
from tap_easyecom.account import Account
from tap_easyecom.settings import SETTINGS
from tap_easyecom.stream import AccountStream

STREAMS: tuple[type[PagedStream], ...] = (
    streams.ProductsStream,
    streams.VendorsStream,
    streams.LocationsStream,
    streams.OrdersStream,
    streams.PurchaseOrdersStream,
    streams.GoodsReceiptsStream,
    streams.KitsStream,
)
"""In reading order: where a day's requests do not suffice, what counts most comes first."""


class TapEasyecom(SourceTap):
    """Reads an account of EasyEcom over its REST API."""

    name = "tap-easyecom"
    reads = "an account of EasyEcom"
    config_jsonschema = th.PropertiesList(*SETTINGS).to_dict()
    other_keys = config.OTHER_KEYS
    unknown = "is known neither to the tap nor to the ETL and has no effect"
    declared = STREAMS
    source_class = Account
    schema_package: ClassVar[ModuleType] = schemas

    @classmethod
    @override
    def wrong_values(cls, given: Mapping[str, Any]) -> list[str]:
        return list(config.wrong_values(given))

    @override
    def read(self) -> None:
        """Says beforehand where the requests of this day will hardly suffice, going by the last run."""
        assert isinstance(self.source, Account)
        quota = self.source.access.quota
        known = [stream.expected for stream in self.chosen() if isinstance(stream, AccountStream)]
        expected, left = sum(filter(None, known)), quota.left()
        if expected > left:
            self.source.report.note(
                f"A run takes about {counted(expected, 'request')}, as the last one did, and {left} are left of this "
                f"day's {quota.limit:,} ({quota.spare} are kept for purchase orders): what counts most is read first."
            )
        super().read()


main = TapEasyecom.cli
"""Runs `tap-easyecom`."""
