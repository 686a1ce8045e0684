"""Applies changes of stock, each once and for ever: read, intent on disk, write, read back.

A shop takes absolute figures only, so what a change comes to is calculated here, and the ledger knows before the write
what stood there and what is to stand there. What cannot be decided afterwards is held for a person.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from connector.errors import ProgramError, StreamError
from delivery.destination import Applied
from store.snapshot import Where
from target_magento.catalogue import UNKNOWN_SKU, Catalogue
from target_magento.intents import APPLIED, HELD, OPEN, WITHDRAWN, ChangeLedger, Intent, StockChange
from target_magento.readback import Expected, read_back, row_of
from target_magento.stock import ShopStock
from target_magento.verdict import Fact, Verdict
from target_magento.watch import Spot, StockMoment, watch
from vocabulary.magento import MOST_QUANTITY, exact

_BUSY = "an earlier change of this SKU is not settled; this one follows it"
_OTHERWISE = "this reference was applied already and said something else then; give the change one of its own"


@dataclass
class Increments:
    """The changes of one run. `negative`: figures may fall below 0."""

    stock: ShopStock
    catalogue: Catalogue
    where: Where
    negative: bool = False
    mended: int = field(default=0, init=False)
    _resumed: bool = field(default=False, init=False)
    _applied: bool = field(default=False, init=False)
    _trouble: Applied | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self._ledger = ChangeLedger(self.where)

    def apply(self, records: Sequence[dict[str, Any]]) -> list[Applied]:
        """What became of each change, in their order.

        Where the shop fails after something was applied, the rest fails and the run goes on to its end: one that breaks
        off may lose the ledger (HotGlue keeps nothing of a failed job).

        Raises:
            ProgramError: the shop cannot be reached or refuses access, and nothing was applied yet.
        """
        changes = [
            StockChange(record["reference"], record["sku"], record["source_code"], record["delta"])
            for record in records
        ]
        results: dict[str, Applied] = {}
        if self._trouble is not None:
            return [self._trouble for _ in changes]
        try:
            self._resume()
            fresh = self._fresh(changes, results)
            planned = self._plan(fresh, results) if fresh else []
            if planned:
                self._write(planned, results)
        except ProgramError as error:
            if not self._applied:
                raise
            self._trouble = Applied("failed", str(error).rstrip("."))
            results = {change.reference: self._trouble for change in changes} | results
        self._applied = self._applied or any(one.status == "accepted" for one in results.values())
        return [results[change.reference] for change in changes]

    # What an earlier run left

    def _resume(self) -> None:
        """Settles the intents whose fate is not known, once in a run."""
        if not self._resumed:
            opened = self._ledger.listed(OPEN)
            if opened:
                self.catalogue.learn({one.sku for one in opened})
                self._settle(opened, {}, {})
            self._resumed = True

    def _fresh(self, changes: Sequence[StockChange], results: dict[str, Applied]) -> list[StockChange]:
        """The changes that the ledger does not know; the others have their answer."""
        known = self._ledger.known([change.reference for change in changes])
        fresh = []
        for change in changes:
            found = known.get(change.reference)
            if found is None:
                fresh.append(change)
            elif (found.place, found.delta) != (change.place, change.delta):
                results[change.reference] = Applied("refused", _OTHERWISE)
            elif found.state == APPLIED:
                results[change.reference] = Applied("accepted")
            else:
                results[change.reference] = Applied("waiting", found.reason or _BUSY)
        return fresh

    # What is to be written

    def _plan(self, changes: Sequence[StockChange], results: dict[str, Applied]) -> list[Intent]:
        self.catalogue.learn({change.sku for change in changes})
        blocked = {one.place: one for one in self._ledger.listed(OPEN, HELD)}
        by_place: dict[Spot, list[StockChange]] = {}
        for change in changes:
            hindrance = self.catalogue.hindrance(change.sku, change.source)
            if hindrance is not None:
                status = "waiting" if hindrance == UNKNOWN_SKU else "refused"
                results[change.reference] = Applied(status, hindrance)  # type: ignore[arg-type] # one of two literals
            elif change.place in blocked:
                results[change.reference] = Applied("waiting", _BUSY)
            else:
                by_place.setdefault(change.place, []).append(change)
        reading = watch(self.stock, list(by_place)) if by_place else None
        planned = []
        for place, those in by_place.items():
            assert reading is not None
            if (doubt := reading.doubts.get(place)) is not None:
                results.update((one.reference, Applied("waiting", doubt)) for one in those)
                continue
            planned += self._planned(place, those, reading, results)
        return planned

    def _planned(
        self, place: Spot, changes: list[StockChange], reading: StockMoment, results: dict[str, Applied]
    ) -> list[Intent]:
        """The intent for one figure; goods that are not there wait, what comes in does not wait for them."""
        before = reading.quantity(place)
        after = _sum(before, changes)
        if after < min(before, Decimal(0)) and not self.negative:
            less = f"held: it would leave {after:f} in stock, and negative quantities are off"
            results.update((one.reference, Applied("waiting", less)) for one in changes if one.delta < 0)
            changes = [one for one in changes if one.delta >= 0]
            after = _sum(before, changes)
        if (unclear := self.catalogue.products[place.sku].unclear(after)) is not None:
            results.update((one.reference, Applied("waiting", f"held: {unclear}")) for one in changes)
            return []
        if abs(after) > MOST_QUANTITY:
            results.update((one.reference, Applied("refused", "a shop cannot hold so many")) for one in changes)
            changes = []
        if not changes:
            return []
        sku, source = self.catalogue.products[place.sku].sku, self.catalogue.sources[place.source]
        return [Intent(sku, source, before, after, reading.departure, reading.since, tuple(changes))]

    # Writing

    def _write(self, planned: Sequence[Intent], results: dict[str, Applied]) -> None:
        noted = self._ledger.note(planned)
        to_write = [one for one in noted if one.before != one.after]
        self._ledger.settle([replace(one, state=APPLIED) for one in noted if one.before == one.after])
        results.update(
            (change.reference, Applied("accepted"))
            for one in noted
            if one.before == one.after
            for change in one.changes
        )
        if not to_write:
            return
        trouble: StreamError | None = None
        answered: dict[Spot, bool] = {}
        refusals: dict[Spot, str] = {}
        try:
            outcomes = self.stock.write_source_items([row_of(self.catalogue, _expected(one)) for one in to_write])
        except StreamError as error:
            trouble = error
        else:
            for one, outcome in zip(to_write, outcomes, strict=True):
                answered[one.place] = outcome.done
                if outcome.reason is not None:
                    refusals[one.place] = outcome.reason
        try:
            verdicts = self._settle(to_write, answered, refusals)
        except StreamError as error:
            raise trouble or error from error
        for one in to_write:
            why = refusals.get(one.place) or (str(trouble) if trouble else None)
            found = verdicts.get(one.place)
            doubt = f"written, and not read back yet: {self.stock.doubts.why(one.place.sku)}"
            result = Applied("waiting", doubt) if found is None else _result(found, one, why)
            results.update((change.reference, result) for change in one.changes)

    def _settle(
        self, written: Sequence[Intent], answered: Mapping[Spot, bool], refusals: Mapping[Spot, str]
    ) -> dict[Spot, Verdict]:
        """Reads intents back and notes what became of them, and of what mends their figures."""
        at_work = {one.place: one for one in written}

        def note(mends: Sequence[Expected], found: Mapping[Spot, Verdict]) -> None:
            self.mended += len(mends)
            settled = [_settled(at_work[place], verdict) for place, verdict in found.items()]
            planned = [Intent(one.sku, one.source, one.before, one.after, one.departure, one.since) for one in mends]
            at_work.update((one.place, one) for one in self._ledger.note(planned, settled))

        expected = [replace(_expected(one), answered=answered.get(one.place, False)) for one in written]
        return read_back(self.stock, self.catalogue, expected, note)


def _sum(before: Decimal, changes: Sequence[StockChange]) -> Decimal:
    return exact(before + sum((change.delta for change in changes), Decimal(0)))


def _expected(one: Intent) -> Expected:
    return Expected(one.sku, one.source, one.before, one.after, one.departure, one.since, mends=not one.changes)


def _settled(one: Intent, verdict: Verdict) -> Intent:
    state = {Fact.APPLIED: APPLIED, Fact.NOT_APPLIED: WITHDRAWN, Fact.UNCLEAR: HELD}[verdict.fact]
    return replace(one, state=state, read=verdict.read, reason=_held(one, verdict) if state == HELD else None)


def _held(one: Intent, verdict: Verdict) -> str:
    return (
        f"held: {one.before:f} stood there, {one.after:f} was written and {verdict.read:f} was read afterwards, which "
        "what was shipped does not explain; look at the shop and release it as applied or as not applied"
    )


def _result(verdict: Verdict, one: Intent, why: str | None) -> Applied:
    if verdict.fact is Fact.APPLIED:
        return Applied("accepted")
    if verdict.fact is Fact.NOT_APPLIED:
        return Applied("refused" if why and "[400" in why else "failed", why or "the shop did not write it")
    return Applied("waiting", _held(one, verdict))
