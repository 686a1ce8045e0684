"""The tap of an EasyEcom account: its settings, its streams in reading order, its source."""

from collections.abc import Mapping
from types import ModuleType
from typing import Any, ClassVar

from typing_extensions import override

from connector.singer.settings import json_schema
from connector.singer.stream import PagedStream
from connector.singer.tap import SourceTap
from tap_easyecom import config, schemas, streams
from tap_easyecom.account import Account
from tap_easyecom.settings import SETTINGS

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
    config_jsonschema = json_schema(SETTINGS)
    other_keys = config.OTHER_KEYS
    unknown = "is known neither to the tap nor to the ETL and has no effect"
    declared = STREAMS
    source_class = Account
    schema_package: ClassVar[ModuleType] = schemas

    @classmethod
    @override
    def wrong_values(cls, given: Mapping[str, Any]) -> list[str]:
        return list(config.wrong_values(given))


main = TapEasyecom.main
