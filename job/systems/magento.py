"""Magento as a source: its tap, its flow to Optiply, parts, schedule, checks and what `snapshot why` tells."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from job.folder import FolderError, JobFolder, read_json_object
from job.systems.beginning import Asked, Sandbox
from job.systems.flow import complaints_of_flags, field_map, told_by_the_folder
from job.systems.optiply import OPTIPLY
from job.systems.outward import RECEIPTS
from job.systems.stock import MAGENTO_STOCK
from job.systems.system import (
    AT_LEAST_0,
    AT_LEAST_1,
    SECONDS,
    TIMEOUT,
    Beside,
    Config,
    Facts,
    Missing,
    Schema,
    SecondQuestion,
    SettingsFile,
    System,
    later,
)  # fmt: skip
from job.timing import DAY_MINUTES, Rule, Size
from store.snapshot import Snapshot
from vocabulary.optiply import PRODUCT_COMPOSITIONS, PRODUCTS, SELL_ORDERS

NIGHT_HOUR = 2
RECEIPT_MINUTES = 15
# Twice on a Saturday: where the shop gives no answer about a missing product, the second listing proves it gone.
ON_SATURDAYS = (Rule("deletions", 12 * 60, frozenset({5})),)


def _settings() -> tuple[Schema, list[str]]:
    from connector.singer.settings import json_schema
    from etl.magento.flags import flags_schema
    from tap_magento.settings import SETTINGS

    tap = json_schema(SETTINGS)
    # A flag of the ETL has the ETL's own declaration, also where the tap knows of it.
    return {**tap["properties"], **flags_schema()}, tap.get("required", [])


def _complaints(config: Config) -> Iterator[str]:
    from etl.magento.flags import FlowConfig
    from tap_magento.complaints import complaints

    yield from complaints(config)
    yield from complaints_of_flags(config, FlowConfig)


def _full(config: Config) -> Rule:
    """With inventory management stock moves without the products' knowledge, so one night more."""
    nights = {0, 2, 4, 6} if config.get("use_inventory_source_items") else {1, 3, 5}
    return Rule("full", DAY_MINUTES, frozenset(nights), hour=NIGHT_HOUR)


def _others(config: Config) -> tuple[Rule, ...]:
    """Goods that were received can be sold soon, however seldom the shop is read."""
    return (Rule("receipts", RECEIPT_MINUTES),) if RECEIPTS.is_on(config) else ()


def _variant(config: Config) -> str:
    return f"{'with' if config.get('use_inventory_source_items') else 'without'} inventory management"


def _missing(config: Config, tap_output: Path, snapshot: Snapshot, allowed: int) -> Missing | None:
    from etl.core.flags import ConfigError, load_flags
    from etl.magento.flags import FlowConfig
    from etl.magento.suspects import find_suspects

    try:
        flow, _ = load_flags(FlowConfig, config)
    except ConfigError:
        # The ETL will say what is wrong.
        return None
    return find_suspects(tap_output, snapshot, flow.allowing(allowed))


def _reads() -> Mapping[str, type]:
    from etl.magento.shapes import STREAMS

    return {name: stream.record for name, stream in STREAMS.by_name.items()}


def _keep(store: Snapshot) -> None:
    from etl.magento.tables import facts

    store.keep(facts)


def _explain(store: Snapshot, folder: JobFolder, beside: Beside, asked: str, order_only: bool) -> list[Any]:
    from etl.flows import prepare
    from etl.magento.why.known import Known
    from etl.magento.why.stories import stories
    from tap_magento.doctor import find_order

    config = read_json_object(folder.config) if folder.config.is_file() else {}
    with told_by_the_folder():
        prepared = prepare(config, folder.root)

    def ask(order: str, fields: str) -> tuple[dict[str, Any] | None, str]:
        try:
            folder.check()
        except FolderError as error:
            return None, f"not read by the last run, and the shop could not be asked: {error}"
        return find_order(config, order, fields)

    known = Known(beside.read, ask, beside.unread)
    return list(stories(store, known, asked, prepared.config, prepared.field_map, order_only=order_only))


def _configured(answers: Config) -> dict[str, Any]:
    inventory = bool(answers["inventory"])
    config = {
        "store_url": answers["store_url"].rstrip("/"),
        "access_token": answers["access_token"],
        "use_inventory_source_items": inventory,
    }
    return config | ({"warehouse_ids": list(answers["warehouse"])} if inventory else {})


MAGENTO = System(
    name="magento",
    title="Magento",
    tap="tap_magento",
    flow="etl.etl",
    target=OPTIPLY,
    settings=SettingsFile(
        name="config.json",
        title="Shop and rules: config.json",
        declared=_settings,
        forms={
            "page_size": AT_LEAST_1,
            "source_items_page_size": AT_LEAST_1,
            "max_concurrency": AT_LEAST_1,
            "request_timeout": TIMEOUT,
            "retry_seconds": SECONDS,
            "throttle_seconds": SECONDS,
            "lookback_seconds": {"minimum": 0, "maximum": 366 * 86_400},
            "max_isolated": AT_LEAST_0,
            "store_url": {"format": "uri", "examples": ["https://shop.example.com"]},
            "start_date": {"format": "date-time", "examples": ["2025-01-01T00:00:00Z"]},
            "end_date": {"format": "date-time", "examples": ["2026-01-01T00:00:00Z"]},
        },
        in_headers=frozenset({"access_token", "oauth_token", "user_agent"}),
        trimmed=True,
        complaints=_complaints,
    ),
    parts={
        "products": ("products",),
        "stock": ("product_stock_statuses", "product_item_stocks", "source_items", "sources"),
        "orders": ("orders",),
        "deletions": ("product_ids",),
        "receipts": (),
    },
    rescanned="orders",
    works={
        "update": ("products", "stock", "orders", "receipts"),
        "deletions": ("deletions",),
        "receipts": ("receipts",),
        "full": ("products", "stock", "orders", "receipts"),
    },
    work_titles={
        "update": "products and orders changed since the last run, all stock",
        "deletions": "the check for vanished products",
        "receipts": "receipts booked in Optiply, written into the shop",
        "full": "the full read: all products, all stock, the orders of the last days",
    },
    sizes=(
        Size("small", 10_000, Rule("update", 30), (Rule("deletions", 60),)),
        Size("medium", 50_000, Rule("update", 60), ON_SATURDAYS),
        Size("large", None, Rule("update", DAY_MINUTES, hour=NIGHT_HOUR), ON_SATURDAYS),
    ),
    full=_full,
    others=_others,
    variant=_variant,
    question=SecondQuestion(
        "products", "product_ids", "product_checks", "check_product_ids", "known_product_id", find=_missing
    ),
    entities=(PRODUCTS, PRODUCT_COMPOSITIONS, SELL_ORDERS),
    facts=Facts(
        keep=_keep,
        count="SELECT count(*) FROM products WHERE gone = 0",
        refused="SELECT 'products', product_id, 'refused', refused, NULL FROM products "
        "WHERE refused IS NOT NULL AND gone = 0",
        gone="SELECT gone FROM products WHERE product_id = :id",
    ),
    listings=("product_ids",),
    sandbox=Sandbox(("--magento-port", "0", "--optiply-port", "0"), "magento_url", {"store_url": "magento_url"}),
    field_map=field_map,
    checks=later("tap_magento.doctor:ShopChecks"),
    take_over=later("etl.magento.adopted:take_over"),
    was_read=later("etl.magento.adopted:was_read"),
    explain=_explain,
    told=later("etl.magento.why.stories:told"),
    stock=MAGENTO_STOCK,
    outward=RECEIPTS,
    reads=_reads,
    asked=(
        Asked("store-url", "Address of the shop", "Address of the shop, such as https://shop.example.com.", True),
        Asked(
            "access-token",
            "Access token of its integration",
            "Token of the shop's integration; better by MAGENTO_ACCESS_TOKEN than on the command line.",
            needed=True,
            variable="MAGENTO_ACCESS_TOKEN",
        ),
        Asked("inventory", "", "Stock from the sources (warehouses) of the shop.", kind=bool),
        Asked("warehouse", "", "With --inventory: a source to count; all without it.", many=True),
    ),
    configured=_configured,
)
