"""What every sandbox shop shares: its base time, websites, store views, sources and stocks."""

from datetime import datetime
from typing import Any

Json = dict[str, Any]

#: The shop's clock starts here (UTC); everything the seed makes happened earlier.
BASE_TIME = datetime(2026, 1, 15, 8, 0, 0)

#: One import stamped a good number of products with the same second.
PRODUCT_IMPORT = "2026-01-10 03:00:00"

#: One nightly completion stamped a good number of orders with the same second.
ORDER_BATCH = "2026-01-14 02:00:00"

SHOP_OPENED = "2025-03-01 09:00:00"

WEBSITES: list[Json] = [
    {"id": 0, "code": "admin", "name": "Admin", "default_group_id": 0},
    {"id": 1, "code": "base", "name": "Main Website", "default_group_id": 1},
    {"id": 2, "code": "b2b", "name": "B2B Website", "default_group_id": 2},
]

STORE_GROUPS: list[Json] = [
    {"id": 0, "website_id": 0, "root_category_id": 0, "default_store_id": 0, "name": "Default", "code": "default"},
    {
        "id": 1,
        "website_id": 1,
        "root_category_id": 2,
        "default_store_id": 1,
        "name": "Main Website Store",
        "code": "main_website_store",
    },
    {"id": 2, "website_id": 2, "root_category_id": 2, "default_store_id": 3, "name": "B2B Store", "code": "b2b_store"},
]

STORE_VIEWS: list[Json] = [
    {"id": 1, "code": "default", "name": "Default Store View", "website_id": 1, "store_group_id": 1, "is_active": 1},
    {"id": 0, "code": "admin", "name": "Admin", "website_id": 0, "store_group_id": 0, "is_active": 1},
    {"id": 2, "code": "nl", "name": "Nederlands", "website_id": 1, "store_group_id": 1, "is_active": 1},
    {"id": 3, "code": "b2b_en", "name": "B2B EN", "website_id": 2, "store_group_id": 2, "is_active": 1},
]

#: Store view code -> website id; `all` is the admin scope.
SCOPES: dict[str, int] = {"all": 0, "default": 1, "nl": 1, "b2b_en": 2}

#: Website id -> id of the stock it sells from (0, the admin scope, uses the default stock).
STOCK_OF_WEBSITE: dict[int, int] = {0: 1, 1: 2, 2: 1}

WEBSITE_IDS: dict[str, int] = {"base": 1, "b2b": 2}

STOCKS: list[Json] = [
    {
        "stock_id": 1,
        "name": "Default Stock",
        "extension_attributes": {"sales_channels": [{"type": "website", "code": "b2b"}]},
    },
    {
        "stock_id": 2,
        "name": "Warehouses",
        "extension_attributes": {"sales_channels": [{"type": "website", "code": "base"}]},
    },
]

#: The disabled source is linked like the others; Magento does not count it.
STOCK_SOURCE_LINKS: list[Json] = [
    {"stock_id": 1, "source_code": "default", "priority": 1},
    {"stock_id": 2, "source_code": "ams", "priority": 1},
    {"stock_id": 2, "source_code": "rtm", "priority": 2},
    {"stock_id": 2, "source_code": "old", "priority": 3},
]


def _source(code: str, name: str, enabled: bool) -> Json:
    return {
        "source_code": code,
        "name": name,
        "enabled": enabled,
        "latitude": 52.1,
        "longitude": 4.5,
        "country_id": "NL",
        "city": name,
        "street": "x",
        "postcode": "1000AA",
        "use_default_carrier_config": True,
        "carrier_links": [],
        "extension_attributes": {"is_pickup_location_active": False, "frontend_name": name},
    }


SOURCES: list[Json] = [
    _source("ams", "Amsterdam DC", True),
    {
        "source_code": "default",
        "name": "Default Source",
        "enabled": True,
        "description": "Default Source",
        "latitude": 0,
        "longitude": 0,
        "country_id": "US",
        "postcode": "00000",
        "use_default_carrier_config": True,
        "carrier_links": [],
        "extension_attributes": {"is_pickup_location_active": False, "frontend_name": ""},
    },
    _source("old", "Old warehouse", False),
    _source("rtm", "Rotterdam DC", True),
]

ENABLED_SOURCES: dict[int, tuple[str, ...]] = {1: ("default",), 2: ("ams", "rtm")}
LINKED_SOURCES: dict[int, tuple[str, ...]] = {1: ("default",), 2: ("ams", "rtm", "old")}


def store_configs(base_url: str) -> list[Json]:
    """Rows of store/storeConfigs: every store view except the admin one, in Magento's order."""
    urls = {
        "base_url": base_url,
        "base_link_url": base_url,
        "base_static_url": f"{base_url}static/version1/",
        "base_media_url": f"{base_url}media/",
        "secure_base_url": base_url,
        "secure_base_link_url": base_url,
        "secure_base_static_url": f"{base_url}static/version1/",
        "secure_base_media_url": f"{base_url}media/",
    }
    return [
        {
            "id": store_id,
            "code": code,
            "website_id": SCOPES[code],
            "locale": "en_US",
            "base_currency_code": "EUR",
            "default_display_currency_code": "EUR",
            "timezone": "Europe/Amsterdam",
            "weight_unit": "lbs",
            **urls,
        }
        for store_id, code in ((3, "b2b_en"), (1, "default"), (2, "nl"))
    ]
