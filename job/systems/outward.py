"""The way back as a system declares it: what people did in Optiply becomes records of another destination."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from job.systems.lazily import later
from store.snapshot import Place


@dataclass(frozen=True)
class Words:
    """How people are told of a way: its setting, its line in `status`, what it does, what is counted of it, what
    happens to what was there before it began; `rivals`: somebody else may do the same.
    """

    setting: str
    line: str
    does: str
    counted: str
    before: str
    rivals: bool = False


@dataclass(frozen=True)
class Listing:
    """How deleted records are found: the stream that lists what there is and the tap's setting from when on; the stream
    that asks by id and the setting with the ids. missing: ids that a reading's list lacks (folder, snapshots, since).
    """

    stream: str
    since: str
    answers: str
    ids: str
    missing: Callable[[Path, Place, str], list[int]]


@dataclass(frozen=True)
class Echo:
    """How the origin learns what its records are called where they went: by which program; `records` are those it has
    not taken yet (snapshots), and `settled` notes what became of them: how many it took.
    """

    target: str
    stream: str
    records: Callable[[Place], list[dict[str, Any]]]
    settled: Callable[[Place, Sequence[Mapping[str, Any]]], int]


@dataclass(frozen=True)
class Outward:
    """One way.

    is_on: by the settings of config.json; switched_on: the settings that let it count from a moment on. part: the part
    of a run that it is; `before`: the part of which nothing is read before it has gone; `last`: it goes after what goes
    to Optiply. destination: whose store keeps what was written; `entity` is what is written there. tap, flow, target:
    the programs. steps: what working out and writing are called in a report. streams: what the tap reads, `left_out`
    properties of them that are not needed. told: a record as a change of a plan. target_settings: what the target is
    told beside config.json.
    switch_off: forgets since when it counts. standing: how many records are in which state. by_programs: how many of
    what was booked an integration wrote. story: sentences on what was written for a SKU. built_from: the bookmarks that
    its store has seen, where a lost store is no harm; waiting: since when (UTC) something waits that changes without a
    trace.
    """

    words: Words
    is_on: Callable[[Mapping[str, Any]], bool]
    switched_on: Callable[[str], dict[str, Any]]
    part: str
    destination: str
    entity: str
    tap: str
    flow: str
    target: str
    steps: tuple[str, str]
    streams: tuple[str, ...]
    told: Callable[[Mapping[str, Any]], dict[str, Any]]
    switch_off: Callable[[Place], bool]
    standing: Callable[[Place], dict[str, int]]
    last: bool = False
    before: str | None = None
    left_out: tuple[tuple[str, str], ...] = ()
    listing: Listing | None = None
    echo: Echo | None = None
    target_settings: Callable[[Mapping[str, Any], Place], dict[str, Any]] = lambda _config, _snapshots: {}
    by_programs: Callable[[Place], int] = lambda _snapshots: 0
    story: Callable[[Place, str], Iterator[str]] = lambda _snapshots, _sku: iter(())
    built_from: Callable[[Place], dict[str, Any] | None] | None = None
    waiting: Callable[[Place], str | None] = lambda _snapshots: None

    def goes_in(self, parts: Iterable[str]) -> bool:
        """Whether a run over these parts takes it along."""
        return not {self.part, self.before}.isdisjoint(parts)


def _change_of_stock(record: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "stream": "stock_changes",
        "remoteId": record["reference"],
        "name": record["sku"],
        "action": "change",
        "why": "booked in Optiply",
        "values": {record["source_code"]: [None, f"{record['delta']:+g}"]},
    }


RECEIPTS = Outward(
    words=Words(
        setting="write_stock",
        line="Stock from receipts booked in Optiply",
        does="receipts booked in Optiply raise the shop's stock",
        counted="changes",
        before="what was booked by now is not written",
        rivals=True,
    ),
    is_on=lambda config: config.get("write_stock") is True,
    switched_on=lambda moment: {"write_stock": True, "write_stock_since": moment},
    part="receipts",
    before="stock",
    destination="magento",
    entity="stock_changes",
    tap="tap_optiply",
    flow="etl.outward",
    target="target_magento",
    steps=("receipts", "shop"),
    streams=("buyOrders", "buyOrderLines", "receiptLines", "receiptLineIds"),
    told=_change_of_stock,
    switch_off=later("etl.outward.ledger:switch_off"),
    standing=later("etl.outward.look:standing"),
    left_out=(("buyOrders", "buyOrderLines"),),
    listing=Listing(
        stream="receiptLineIds",
        since="receipt_ids_since",
        answers="receiptLineChecks",
        ids="check_receipt_ids",
        missing=later("etl.outward.look:missing_receipts"),
    ),
    by_programs=later("etl.outward.look:by_programs"),
    story=later("etl.outward.look:story"),
)
"""Receipts that people booked in Optiply raise the stock of a Magento shop."""


def _purchases(title: str, declared: str, destination: str, tells: tuple[str, ...]) -> Outward:
    """Buy orders that people placed in Optiply become purchase orders in a system; `declared` is its module in etl.

    `tells`: what its target is told beside config.json.
    """
    look = f"{declared}:LOOK"

    def told(config: Mapping[str, Any], snapshots: Place) -> dict[str, Any]:
        """How long a request is tried, and from when on orders are sent."""
        seconds, since = config.get("retry_seconds"), later(f"{look}.since")(snapshots)
        found = {"retry_time": seconds, "export_since": config.get("export_since") or since}
        return {name: value for name, value in found.items() if value is not None and name in tells}

    return Outward(
        words=Words(
            setting="export_buy_orders",
            line="Purchase orders placed in Optiply",
            does=f"orders that are placed in Optiply become purchase orders in {title}",
            counted="orders",
            before="what was placed by the first run is not sent",
        ),
        is_on=lambda config: config.get("export_buy_orders", True) is not False,
        switched_on=lambda moment: {"export_buy_orders": True, "export_since": moment},
        part="export",
        destination=destination,
        entity="purchaseorders",
        tap="tap_optiply",
        flow="etl.outward.purchase_run",
        target=f"target_{destination}",
        steps=("purchases", "account"),
        streams=("buyOrders",),
        told=later(f"{look}.change_of"),
        switch_off=later(f"{look}.forget_since"),
        standing=later(f"{look}.orders_standing"),
        last=True,
        echo=Echo(
            target="target_optiply",
            stream="buyOrders",
            records=later(f"{look}.to_link"),
            settled=later(f"{look}.note_linked"),
        ),
        target_settings=told,
        built_from=later(f"{look}.bookmark_of_orders"),
        waiting=later(f"{look}.oldest_waiting"),
    )


PICQER_PURCHASES = _purchases("Picqer", "etl.outward.picqer", "picqer", ("retry_time",))
EASYECOM_PURCHASES = _purchases("EasyEcom", "etl.outward.easyecom", "easyecom", ("retry_time", "export_since"))
