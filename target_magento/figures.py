"""Sets figures of stock to what records say, by key: looks first, writes what differs, reads it back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import ROUND_DOWN, Decimal
from typing import Any

from connector.errors import AccessDenied, StreamError
from connector.http.table import Fate
from delivery.destination import Reply, Standing
from store.snapshot import Where
from target_magento.catalogue import Catalogue
from target_magento.intents import HELD, OPEN, ChangeLedger
from target_magento.readback import Expected, read_back, row_of
from target_magento.stock import ShopStock
from target_magento.verdict import Fact, Verdict
from target_magento.watch import Spot, watch
from vocabulary.magento import exact

_CUT = "decimals are left out, since the product is sold in whole units"


@dataclass
class StockFigures:
    """The figures of one run, a group of records at a time; `mended` counts those from which units left meanwhile."""

    stock: ShopStock
    catalogue: Catalogue
    where: Where
    mended: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self._looked: dict[Spot, Expected] = {}
        self._answered: dict[Spot, bool] = {}

    def look(self, records: Sequence[dict[str, Any]]) -> list[Standing]:
        """What the shop holds for each record, or why it must not be set."""
        self.catalogue.learn({record["sku"] for record in records})
        blocked = {one.place for one in ChangeLedger(self.where).listed(OPEN, HELD)}
        hindrances = [self._hindrance(record, blocked) for record in records]
        places = [_place(one) for one, hindered in zip(records, hindrances, strict=True) if hindered is None]
        if not places:
            return [Standing(one, refusal=why) for one, why in zip(records, hindrances, strict=True)]
        reading = watch(self.stock, places)
        self._looked, self._answered = {}, {}
        standings = []
        for record, why in zip(records, hindrances, strict=True):
            if why is not None:
                standings.append(Standing(record, refusal=why))
                continue
            place = _place(record)
            wanted, note = self._wanted(record, place)
            unclear = reading.doubts.get(place) or self._unclear(record, place)
            if unclear is not None:
                standings.append(Standing(record, refusal=unclear))
                continue
            self._looked[place] = Expected(
                wanted["sku"],
                wanted["source_code"],
                reading.quantity(place),
                wanted["quantity"],
                reading.departure,
                reading.since,
                in_stock=bool(wanted["status"]),
            )
            found = reading.figures.get(place)
            held = None
            if found is not None:
                held = {**wanted, "quantity": found.quantity, "status": int(found.in_stock)}
            standings.append(Standing(wanted, held, note=note))
        return standings

    def _hindrance(self, record: Mapping[str, Any], blocked: set[Spot]) -> str | None:
        if _place(record) in blocked:
            return "a change of this figure is not settled; release it first"
        return self.catalogue.hindrance(record["sku"], record["source_code"])

    def _wanted(self, record: Mapping[str, Any], place: Spot) -> tuple[dict[str, Any], str | None]:
        """The record as the shop is to have it, and what was changed in it."""
        product = self.catalogue.products[place.sku]
        given = Decimal(record["quantity"])
        kept = exact(given)
        quantity = kept if product.decimals else kept.quantize(Decimal(1), ROUND_DOWN) + 0
        status = record.get("status")
        wanted = {
            "sku": product.sku,
            "source_code": self.catalogue.sources[place.source],
            "quantity": quantity,
            "status": int(product.in_stock(quantity)) if status is None else int(status),
        }
        return wanted, None if quantity == kept else _CUT

    def _unclear(self, record: Mapping[str, Any], place: Spot) -> str | None:
        """What must be known of the product for this figure and is not."""
        given = Decimal(record["quantity"])
        told = record.get("status") is not None and given == given.to_integral_value()
        return None if told else self.catalogue.products[place.sku].unclear(given)

    def upsert(self, records: Sequence[dict[str, Any]]) -> list[Reply]:
        """Writes them in one call, or in ever smaller ones."""
        looked = [self._looked[_place(record)] for record in records]
        try:
            outcomes = self.stock.write_source_items([row_of(self.catalogue, one) for one in looked])
        except AccessDenied:
            raise
        except StreamError as error:
            return [Reply(Fate.AGAIN, says=str(error).rstrip(".")) for _ in records]
        replies = []
        for one, outcome in zip(looked, outcomes, strict=True):
            self._answered[one.place] = outcome.done
            fate = Fate.DONE if outcome.done else Fate.AGAIN if outcome.failed else Fate.REFUSE
            replies.append(Reply(fate, says=outcome.reason or ""))
        return replies

    def held(self, records: Sequence[dict[str, Any]]) -> list[Mapping[str, Any] | None]:
        """What stands now, with the units that left since the look put back: those are the shop's own doing."""
        looked = [self._looked[_place(record)] for record in records]
        mended: set[Spot] = set()

        def note(mends: Sequence[Expected], _found: Mapping[Spot, Verdict]) -> None:
            mended.update(one.place for one in mends)

        expected = [replace(one, answered=self._answered.get(one.place, False)) for one in looked]
        try:
            verdicts = read_back(self.stock, self.catalogue, expected, note)
        except StreamError:
            return [None for _ in records]
        self.mended += len(mended)
        good = [one.place in verdicts and verdicts[one.place].fact is Fact.APPLIED for one in looked]
        return [record if applied else None for record, applied in zip(records, good, strict=True)]


def _place(record: Mapping[str, Any]) -> Spot:
    return Spot.of(record["sku"], record["source_code"])
