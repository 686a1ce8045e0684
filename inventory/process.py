"""Works the queue off: claims figures, calculates, writes them in batches, records the outcome, reads back.

Whoever calls it holds the folder's lock (`store.lock`), so that one program at a time writes into a shop; the leases of
the queue keep two workers from one figure where that lock does not reach. A stop between any two steps loses nothing:
what was claimed is claimed again after its lease, what was written is written again as the same absolute figure, and
what was recorded stays marked until it was read back equal.
"""

import os
import secrets
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone

from inventory.errors import ShopTrouble
from inventory.look import View, look
from inventory.plan import plan, stands_already
from inventory.queue import Claim, Figure, claim, clean_up, due_figures, renew
from inventory.settings import InventorySettings
from inventory.settle import Planned, Settlement, release, settle
from inventory.shop import Shop, WriteOutcome
from inventory.tables import Store
from inventory.verify import Difference, unverified, verify

BATCHES_AT_ONCE = 50
"""Batches calculated from one reading of the shop."""


def utc_now() -> datetime:
    """The time by this machine's clock."""
    return datetime.now(timezone.utc)


def nothing(_point: str) -> None:
    """What happens at a boundary outside of tests."""


@dataclass
class Processed:
    """What one run did; figures by outcome, and what is left.

    `written` is how many figures went to the shop; the rest of `applied` stood there already. `mended` had been changed
    between reading and writing and were put right. `requests` and `retries` are what the shop was asked. `trouble` says
    why the run ended early.
    """

    applied: int = 0
    written: int = 0
    duplicate: int = 0
    superseded: int = 0
    waiting: int = 0
    failed: int = 0
    dead: int = 0
    busy: int = 0
    cut: int = 0
    cleaned: int = 0
    mended: list[Difference] = field(default_factory=list)
    requests: int = 0
    retries: dict[str, int] = field(default_factory=dict)
    trouble: str | None = None


def process(
    store: Store,
    shop: Shop,
    settings: InventorySettings,
    *,
    now: Callable[[], datetime] = utc_now,
    reached: Callable[[str], None] = nothing,
) -> Processed:
    """Works off all that is due; `reached` is called with the name of each boundary.

    Boundaries are claimed, looked, noted, written, settled and verified. A shop that cannot be asked ends the run with
    `trouble`; nothing is lost then, and figures that were not written count no try.
    """
    worker = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
    started = now()
    result = Processed(cleaned=clean_up(store, started, settings.audit_days))
    work = _Work(store, shop, settings, worker, now, reached, result)
    try:
        work.read_back()
        while (found := claim(store, worker, now(), started, settings.batch_size * BATCHES_AT_ONCE)).figures:
            work.count(found)
            work.round(found.figures)
    except ShopTrouble as error:
        result.trouble = str(error)
    else:
        work.count(found)
    result.requests, result.retries = shop.requests, dict(shop.retries)
    return result


def planned(
    store: Store, shop: Shop, settings: InventorySettings, now: Callable[[], datetime] = utc_now
) -> tuple[list[Planned], list[Settlement]]:
    """What `process` would write, with every deduction, and what it could not; changes nothing.

    Raises ShopTrouble: the shop could not be asked.
    """
    figures = due_figures(store, now())
    if not figures:
        return [], []
    return plan(figures, look(shop, [figure.key for figure in figures], settings), settings)


@dataclass
class _Work:
    store: Store
    shop: Shop
    settings: InventorySettings
    worker: str
    now: Callable[[], datetime]
    reached: Callable[[str], None]
    result: Processed

    def count(self, found: Claim) -> None:
        self.result.duplicate += found.duplicates
        self.result.superseded += found.superseded
        self.result.busy = found.busy

    def round(self, figures: list[Figure]) -> None:
        """One reading of the shop, and all that is written from it."""
        self.reached("claimed")
        open_figures = {figure.id: figure for figure in figures}
        try:
            view = look(self.shop, [figure.key for figure in figures], self.settings)
            self.reached("looked")
            to_write, hindered = plan(figures, view, self.settings)
            self._settle(hindered, view, open_figures)
            for start in range(0, len(to_write), self.settings.batch_size):
                self._batch(to_write[start : start + self.settings.batch_size], view, open_figures)
        except ShopTrouble:
            release(self.store, self.worker, open_figures.values())
            raise
        self.read_back()

    def read_back(self) -> None:
        """Reads back what is not known to stand in the shop."""
        standings = unverified(self.store)
        if standings:
            found = verify(self.store, self.shop, standings, batch_size=self.settings.batch_size)
            self.result.mended += found.differences
            self.reached("verified")

    def _batch(self, batch: Sequence[Planned], view: View, open_figures: dict[int, Figure]) -> None:
        notes = [(one.figure, one.calculation.to_json()) for one in batch]
        ours = {figure.id for figure in renew(self.store, self.worker, self.now(), notes)}
        self.reached("noted")
        batch = [one for one in batch if one.figure.id in ours]
        to_write = [one for one in batch if not stands_already(one, view)]
        try:
            outcomes = self._write(to_write)
        except ShopTrouble as error:
            # Nobody knows whether it was written: each counts a try, and is written again as it then should be.
            failed = [Settlement(one.figure, "failed", str(error).rstrip(".")) for one in to_write]
            self._settle(failed, view, open_figures)
            raise
        self.reached("written")
        refused = {
            one.figure.id: outcome.reason or "the shop gave no reason"
            for one, outcome in zip(to_write, outcomes, strict=True)
            if not outcome.done
        }
        self._settle([_outcome(one, refused.get(one.figure.id)) for one in batch], view, open_figures)
        self.result.written += len(to_write) - len(refused)
        self.result.cut += sum(one.calculation.cut for one in batch if one.figure.id not in refused)
        self.reached("settled")

    def _write(self, batch: Sequence[Planned]) -> Sequence[WriteOutcome]:
        return self.shop.write_source_items([one.write for one in batch]) if batch else ()

    def _settle(self, settlements: Sequence[Settlement], view: View, open_figures: dict[int, Figure]) -> None:
        if not settlements:
            return
        states = settle(self.store, self.worker, settlements, view, self.now())
        for state in states.values():
            setattr(self.result, state, getattr(self.result, state) + 1)
        for one in settlements:
            open_figures.pop(one.figure.id, None)


def _outcome(one: Planned, refusal: str | None) -> Settlement:
    if refusal is not None:
        return Settlement(one.figure, "failed", refusal)
    return Settlement(one.figure, "applied", "; ".join(one.calculation.notes) or None, one)
