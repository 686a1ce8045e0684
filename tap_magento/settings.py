"""The settings of the tap: one declaration gives validation, `--about` and the table in the docs.

Names and meanings of the existing hotgluexyz tap are kept, so that a tenant's configuration moves over unchanged.
"""

from __future__ import annotations

from typing import Any

from singer_sdk import typing as th

DEFAULT_USER_AGENT = "magento-optiply/0.1 (Singer tap)"

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
    th.Property(
        "user_agent",
        th.StringType,
        default=DEFAULT_USER_AGENT,
        title="User agent",
        description="User agent of every request; firewalls are often told to let it pass.",
    ),
    th.Property(
        "start_date",
        th.StringType,
        title="Start date",
        description="Orders and other documents updated before this moment (UTC unless it names an offset) are not "
        "read. A later start_date takes precedence over an older bookmark. Never limits products.",
    ),
    th.Property(
        "end_date",
        th.StringType,
        title="End date",
        description="Upper end of the window of every incremental stream, where it lies before the server's own time. "
        "Not before start_date.",
    ),
    th.Property(
        "lookback_seconds",
        th.IntegerType(minimum=0),
        default=300,
        title="Look-back",
        description="Seconds by which the next window begins before the last one's end, for rows that a long "
        "transaction committed late. They are read twice, never lost.",
    ),
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
    th.Property(
        "page_size",
        th.IntegerType(minimum=1),
        default=300,
        title="Page size",
        description="Rows a page of products, orders and other heavy lists; three times as many where only ids and "
        "SKUs are asked for. A shop that allows fewer is learnt from. Magento needs 6 to 20 ms a row, so a page of 300 "
        "orders takes seconds.",
    ),
    th.Property(
        "source_items_page_size",
        th.IntegerType(minimum=1),
        default=5000,
        title="Page size of light lists",
        description="Rows a page of source items and stock items, which cost far less than a product.",
    ),
    th.Property(
        "max_concurrency",
        th.IntegerType(minimum=1),
        default=4,
        title="Most requests at once",
        description="Ceiling of requests under way. The tap starts at 2, takes one more only while that pays, one less "
        "when answers slow down, half after 429, 503 and timeouts. On a shop with 2 cores, 2 is best and 8 makes "
        "customers wait.",
    ),
    th.Property(
        "throttle_seconds",
        th.NumberType(minimum=0),
        default=0,
        title="Throttle",
        description="Seconds between the starts of two requests, for a shop that needs rest (at most a day).",
    ),
    th.Property(
        "request_timeout",
        th.NumberType(exclusive_minimum=0),
        default=300,
        title="Request timeout",
        description="Seconds to wait for an answer of one request (at most a day).",
    ),
    th.Property(
        "retry_seconds",
        th.NumberType(minimum=0),
        default=300,
        title="Patience",
        description="Seconds in all during which one request is tried again (429, 502, 503, 504, timeouts, cut or "
        "damaged answers), first within 2 s, then with growing waits; a Retry-After is obeyed. Then the stream fails, "
        "its bookmark stays.",
    ),
    th.Property(
        "max_isolated",
        th.IntegerType(minimum=0),
        default=20,
        title="Most bad records",
        description="Records per stream that may be unreadable (the shop answers 500 whenever it meets them): they are "
        "reported and left out. With more of them the stream fails.",
    ),
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
    th.Property(
        "hg_sync_output",
        th.StringType,
        title="HotGlue sync output",
        description="HotGlue: folder for estimated_job_metrics.json. Setting it costs one counting request per stream.",
    ),
]
