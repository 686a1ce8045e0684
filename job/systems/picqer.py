"""Picqer as a source: its tap, its flow to Optiply, parts, schedule, checks and what `snapshot why` tells."""

from collections.abc import Iterator
from typing import Any

from job.folder import JobFolder
from job.systems.beginning import Asked, Sandbox
from job.systems.flow import complaints_of_flags, field_map
from job.systems.optiply import OPTIPLY
from job.systems.outward import PICQER_PURCHASES
from job.systems.system import (
    AT_LEAST_0,
    AT_LEAST_1,
    RECORDS_ALONE,
    SECONDS,
    TIMEOUT,
    Beside,
    Config,
    Schema,
    SettingsFile,
    System,
    later,
)
from job.timing import DAY_MINUTES, Rule, Size
from store.snapshot import Snapshot
from vocabulary.optiply import TRADE

ZONE = "Europe/Amsterdam"
EXPORT_MINUTES = 10
OFTEN = ("products", "compositions", "orders", "receipts")


def _settings() -> tuple[Schema, list[str]]:
    from connector.singer.settings import json_schema
    from etl.outward.flags import PicqerExports, export_schema
    from etl.picqer.flags import picqer_flags_schema
    from tap_picqer.settings import SETTINGS

    tap = json_schema(SETTINGS)
    back = export_schema(PicqerExports)
    return {**back, **picqer_flags_schema(), **tap["properties"]}, ["picqer_url", "api_key"]


def _complaints(config: Config) -> Iterator[str]:
    from etl.outward.flags import PicqerExports, export_flags
    from etl.picqer.flags import PicqerFlags
    from tap_picqer.config import wrong_values

    for sentence in wrong_values(config):
        yield f"{sentence}."
    yield from complaints_of_flags(config, PicqerFlags)
    yield from complaints_of_flags(export_flags(config, PicqerExports), PicqerExports)


def _zone(config: Config) -> str:
    return str(config.get("time_zone") or ZONE)


def _full(config: Config) -> Rule:
    return Rule("full", DAY_MINUTES, frozenset({6}), hour=2, zone=_zone(config))


def _others(config: Config) -> tuple[Rule, ...]:
    """Orders placed in Optiply soon; purchase orders by night, suppliers in the evening, as names change on Sundays."""
    zone = _zone(config)
    exports = (Rule("export", EXPORT_MINUTES),) if PICQER_PURCHASES.is_on(config) else ()
    return (
        *exports,
        Rule("purchases", DAY_MINUTES, hour=1, zone=zone),
        Rule("suppliers", DAY_MINUTES, hour=17, minute=30, zone=zone),
    )


def _variant(config: Config) -> str:
    named = config.get("warehouses")
    count = len(named.split(",") if isinstance(named, str) else named) if named else 0
    return f"stock of {count} warehouse{'' if count == 1 else 's'}" if count else "stock of all warehouses"


def _explain(store: Snapshot, folder: JobFolder, beside: Beside, asked: str, order_only: bool) -> list[Any]:
    from etl.inward.why import stories
    from etl.picqer.why import ORIGINS

    return list(stories(ORIGINS, store, beside.read, beside.unread, asked, order_only=order_only))


def _configured(answers: Config) -> dict[str, Any]:
    given = {
        "picqer_url": answers["picqer_url"].rstrip("/"),
        "api_key": answers["api_key"],
        "time_zone": answers["time_zone"] or ZONE,
        "warehouses": list(answers["warehouse"]),
        "main_warehouse": answers["main_warehouse"],
    }
    return {name: value for name, value in given.items() if value}


PICQER = System(
    name="picqer",
    title="Picqer",
    tap="tap_picqer",
    flow="etl.etl",
    target=OPTIPLY,
    settings=SettingsFile(
        name="config.json",
        title="Account and rules: config.json",
        declared=_settings,
        forms={
            "max_concurrency": AT_LEAST_1,
            "request_timeout": TIMEOUT,
            "retry_seconds": SECONDS,
            "throttle_seconds": SECONDS,
            "lookback_seconds": {"minimum": 0, "maximum": 366 * 86_400},
            "max_isolated": AT_LEAST_0,
            "picqer_url": {"format": "uri", "examples": ["https://acme.picqer.com"]},
            "start_date": {"format": "date-time", "examples": ["2025-01-01T00:00:00Z"]},
        },
        in_headers=frozenset({"api_key", "user_agent"}),
        trimmed=True,
        complaints=_complaints,
    ),
    # The few warehouses belong to no part: every run reads them, since what is counted depends on them.
    parts={
        "products": ("products", "product_ids"),
        "compositions": ("product_parts",),
        "suppliers": ("suppliers", "supplier_ids"),
        "purchases": ("purchase_orders",),
        "orders": ("orders",),
        "receipts": ("receipts",),
        "export": (),
    },
    rescanned="orders",
    works={
        "update": OFTEN,
        "purchases": ("purchases",),
        "suppliers": ("suppliers",),
        "export": ("export",),
        "full": (*OFTEN, "purchases"),
    },
    work_titles={
        "update": "all products with their stock and parts, orders and receipts changed since the last run",
        "purchases": "purchase orders changed since the last run",
        "suppliers": "all suppliers",
        "export": "purchase orders placed in Optiply",
        "full": "the full read: all purchase orders and receipts, the orders of the last days",
    },
    sizes=(
        Size("small", 10_000, Rule("update", 30)),
        Size("medium", 50_000, Rule("update", 60)),
        Size("large", None, Rule("update", 4 * 60)),
    ),
    full=_full,
    others=_others,
    variant=_variant,
    entities=TRADE,
    listings=("product_ids", "supplier_ids"),
    facts=RECORDS_ALONE,
    sandbox=Sandbox(
        ("--no-magento", "--picqer-port", "0", "--optiply-port", "0"),
        "picqer_url",
        {"picqer_url": "picqer_url"},
        "picqer.json",
    ),
    field_map=field_map,
    checks=later("tap_picqer.doctor:AccountChecks"),
    take_over=later("etl.picqer.flow:PICQER.take_over"),
    was_read=later("store.care:was_read"),
    explain=_explain,
    told=later("etl.inward.why:told"),
    outward=PICQER_PURCHASES,
    asked=(
        Asked("picqer-url", "Address of the account", "Address of the account, such as https://acme.picqer.com.", True),
        Asked(
            "api-key",
            "API key",
            "Key of the API; better by PICQER_API_KEY than on the command line.",
            needed=True,
            variable="PICQER_API_KEY",
        ),
        Asked("time-zone", "", f"Time zone of the account; {ZONE} without it."),
        Asked("warehouse", "", "Id of a warehouse (a source, with --inventory) to count; all without it.", many=True),
        Asked("main-warehouse", "", "Id of the warehouse whose orders and receipts count, where several are named."),
    ),
    configured=_configured,
)
