"""The way back as a system declares it: what people did in Optiply becomes records of another destination."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from job.systems.lazily import later


@dataclass(frozen=True)
class Outward:
    """One way.

    is_on: by the settings of config.json; switched_on: the settings that let it count from a moment on. part: the part
    of a run that it goes with. destination: whose store keeps
    what was written; `entity` is what is written there. tap, flow, target: the programs. streams: what the tap reads,
    `left_out` properties of them that are not needed. listing, since: the stream that lists what there is, and the
    tap's setting from when on; answers, ids: the stream that asks by id, and the setting with the ids.
    missing: ids that a reading's list lacks (folder, snapshots, since). switch_off: forgets since when it counts.
    standing: how many records are in which state. by_programs: how many of what was booked an integration wrote.
    story: sentences on what was written for a SKU.
    """

    is_on: Callable[[Mapping[str, Any]], bool]
    switched_on: Callable[[str], dict[str, Any]]
    part: str
    destination: str
    entity: str
    tap: str
    flow: str
    target: str
    streams: tuple[str, ...]
    left_out: tuple[tuple[str, str], ...]
    listing: str
    since: str
    answers: str
    ids: str
    missing: Callable[[Path, Path, str], list[int]]
    switch_off: Callable[[Path], bool]
    standing: Callable[[Path], dict[str, int]]
    by_programs: Callable[[Path], int]
    story: Callable[[Path, str], Iterator[str]]


RECEIPTS = Outward(
    is_on=lambda config: config.get("write_stock") is True,
    switched_on=lambda moment: {"write_stock": True, "write_stock_since": moment},
    part="stock",
    destination="magento",
    entity="stock_changes",
    tap="tap_optiply",
    flow="etl.outward",
    target="target_magento",
    streams=("buyOrders", "buyOrderLines", "receiptLines", "receiptLineIds"),
    left_out=(("buyOrders", "buyOrderLines"),),
    listing="receiptLineIds",
    since="receipt_ids_since",
    answers="receiptLineChecks",
    ids="check_receipt_ids",
    missing=later("etl.outward.look:missing_receipts"),
    switch_off=later("etl.outward.ledger:switch_off"),
    standing=later("etl.outward.look:standing"),
    by_programs=later("etl.outward.look:by_programs"),
    story=later("etl.outward.look:story"),
)
"""Receipts that people booked in Optiply raise the stock of a Magento shop."""
