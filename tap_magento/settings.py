"""The settings of the tap: one declaration gives validation, `--about` and the table in the docs.

Names and meanings of the existing hotgluexyz tap are kept, so that a tenant's configuration moves over unchanged.
"""

from __future__ import annotations

from typing import Any

from singer_sdk import typing as th

from connector.singer.settings import reading_settings

_READING = reading_settings(
    "shop",
    300,
    "Rows a page of products, orders and other heavy lists; three times as many where only ids and SKUs are asked for. "
    "Magento needs 6 to 20 ms a row, so a page of 300 orders takes seconds.",
)

SETTINGS: list[th.Property[Any]] = [
    th.Property(
        "store_url",
        th.StringType,
        required=True,
        title="Store URL",
        description="Address of the shop: https://shop.example.com. What follows /rest is left out; a scope in it "
        "(/rest/de/V1) counts as store_code. A redirect elsewhere stops the run.",
    ),
    th.Property(
        "access_token",
        th.StringType,
        secret=True,
        title="Access token",
        description="Access token of an integration, sent as bearer. Since Magento 2.4.4 the shop must allow that "
        "(Stores > Configuration > Services > OAuth > Consumer Settings). With use_oauth it stands for oauth_token.",
    ),
    th.Property(
        "username",
        th.StringType,
        title="Admin user",
        description="Name of an admin user; with a password it takes precedence over access_token. One login per hour, "
        "renewed in time.",
    ),
    th.Property(
        "password", th.StringType, secret=True, title="Admin password", description="Password of that admin user."
    ),
    th.Property(
        "use_oauth",
        th.BooleanType,
        default=False,
        title="Use OAuth 1.0a",
        description="Sign every request with OAuth 1.0a (HMAC-SHA256) instead of a bearer token.",
    ),
    th.Property(
        "consumer_key", th.StringType, secret=True, title="Consumer key", description="OAuth: the integration's key."
    ),
    th.Property(
        "consumer_secret",
        th.StringType,
        secret=True,
        title="Consumer secret",
        description="OAuth: the integration's secret.",
    ),
    th.Property(
        "oauth_token",
        th.StringType,
        secret=True,
        title="OAuth token",
        description="OAuth: the integration's access token (access_token is read when this is absent).",
    ),
    th.Property(
        "oauth_token_secret",
        th.StringType,
        secret=True,
        title="OAuth token secret",
        description="OAuth: the secret of that token (access_token_secret is read when this is absent).",
    ),
    th.Property(
        "access_token_secret",
        th.StringType,
        secret=True,
        title="Access token secret",
        description="Other name of oauth_token_secret.",
    ),
    _READING["user_agent"],
    _READING["start_date"],
    _READING["end_date"],
    _READING["lookback_seconds"],
    th.Property(
        "order_ids",
        th.CustomType({"type": ["array", "string", "integer", "null"], "items": {"type": ["integer", "string"]}}),
        title="Order ids",
        description="Entity ids of orders: only these are read, whatever their date, and the bookmark of orders stays. "
        "A list, or text separated by commas.",
    ),
    th.Property(
        "check_product_ids",
        th.CustomType({"type": ["array", "string", "integer", "null"], "items": {"type": ["integer", "string"]}}),
        title="Product ids to check",
        description="Entity ids of products: the stream product_checks asks whether these are there. A list, or text "
        "separated by commas. optiply-sync sets it by itself for the products that a complete listing lacked.",
    ),
    th.Property(
        "known_product_id",
        th.CustomType({"type": ["integer", "string", "null"]}),
        title="Known product id",
        description="Entity id of a product that the shop has for certain, asked for together with check_product_ids: "
        "an answer without it proves nothing.",
    ),
    th.Property(
        "store_id",
        th.CustomType({"type": ["array", "string", "integer", "null"], "items": {"type": ["integer", "string"]}}),
        title="Store views",
        description="Ids or codes of store views (one, a list, or text separated by commas): orders, order_items, "
        "invoices, shipments, credit_memos and customers of these only. Other endpoints do not know the field and are "
        "not limited.",
    ),
    th.Property(
        "fetch_all_stores",
        th.BooleanType,
        default=False,
        title="Fetch all stores",
        description="True: store_id is not applied, the documents of every store view are read.",
    ),
    th.Property(
        "store_code",
        th.StringType,
        title="Scope",
        description="Store view code in the path, or 'all': decides the values of products and which website's stock "
        "is salable. Without it the path has no scope, which Magento reads as the default website's default store "
        "view.",
    ),
    _READING["page_size"],
    th.Property(
        "source_items_page_size",
        th.IntegerType(minimum=1),
        default=5000,
        title="Page size of light lists",
        description="Rows a page of source items and stock items, which cost far less than a product.",
    ),
    _READING["max_concurrency"],
    _READING["throttle_seconds"],
    _READING["request_timeout"],
    _READING["retry_seconds"],
    _READING["max_isolated"],
    th.Property(
        "stock_reading",
        th.StringType,
        default="auto",
        allowed_values=["per_sku", "bulk", "auto"],
        title="Stock reading",
        description="How product_stock_statuses is read. per_sku: one request per SKU (stockStatuses, about 85 ms "
        "each). bulk: salable quantities by website, stock items and source items in pages (0.04 to 6 ms a SKU). auto: "
        "bulk where the shop offers it and a random sample proves the numbers equal, else per_sku.",
    ),
    th.Property(
        "product_attributes",
        th.CustomType({"type": ["array", "string", "null"], "items": {"type": "string"}}),
        title="Custom attributes",
        description="Codes of custom attributes to read with each product (a list, or text separated by commas), "
        "besides those that custom_mappings names as custom_attributes.<code>.",
    ),
    _READING["hg_sync_output"],
]
