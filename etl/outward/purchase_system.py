"""What a system declares of itself so that buy orders of Optiply become purchase orders there."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec

from connector.values import Unfit, id_text
from etl.core.exported import unlinked
from etl.core.flow import Run
from etl.core.records import Records
from etl.outward.flags import ExportFlags
from etl.outward.purchase_shapes import BuyOrder
from store.snapshot import Snapshot
from vocabulary.entity import Entity

KEPT = "exports_that_wait"
"""Note: the orders that could not be sent yet."""


class Waits(Exception):
    """Why an order cannot be sent yet; it is looked at again in every run."""


class ExportWork(Records):
    """The orders of this run and those that wait, and what Optiply's ids are called in the other system."""

    def __init__(self, run: Run[Any]) -> None:
        """Reads the ids from the store of Optiply beside this one."""
        super().__init__(run)
        with Snapshot.open(run.snapshot.place) as optiply:
            self.products = {own: remote for remote, own in optiply.ids("products").items()}
            self.suppliers = {own: remote for remote, own in optiply.ids("suppliers").items()}
            self.linked = {own: remote for remote, own in optiply.ids("buyOrders").items()}
            self.marked = set(unlinked(optiply).values())
            self.look_beside(optiply)
        kept = run.snapshot.note(KEPT)
        self.waiting: dict[str, BuyOrder] = msgspec.json.decode(kept or "{}", type=dict[str, BuyOrder])

    def look_beside(self, optiply: Snapshot) -> None:
        """Reads what a system needs besides, from the facts in the store of Optiply."""


@dataclass(frozen=True)
class BoughtLine:
    """A line of an order: its product by its remote id, its units, and its money (None: Optiply does not say)."""

    product: str
    quantity: Any
    units: Decimal
    money: Decimal | None

    @property
    def price(self) -> Decimal:
        """Money of one unit. Raises Waits where it is not known, as no price goes out as 0 that is not 0."""
        if self.money is None:
            raise Waits("a value of a line is missing")
        return self.money / self.units


Cells = dict[str, Any]
"""Values by the names that the mapping table has for them."""


@dataclass(frozen=True)
class Purchasing:
    """How a system takes purchase orders.

    Attributes:
        title: its name for people.
        entity: what an order becomes there.
        flags: its settings of the way back.
        sources: what the mapping table may name of an order besides `id` and `expectedDeliveryDate`.
        line_sources: what it may name of a line, in the order of `line`'s cells.
        supplier: attribute of a record that tells the supplier, `supplier_key` what stands there for a remote id.
        lines, product, units: attribute of the lines, and in each those of the product and the units.
        day: attribute of the day that the order is expected on.
        header: cells of an order, by its id, the order and the remote id of its supplier. Raises Waits.
        line: cells of one line of the order; without its id nothing is reported. Raises Waits.
        whole: attributes that are worked out of a row's lines.
        work: what reads the ids.
        reads_agree: lines that do not come to the total are whole where two readings of them agree.
    """

    title: str
    entity: Entity
    flags: type[ExportFlags]
    sources: tuple[str, ...]
    line_sources: tuple[str, ...]
    supplier: str
    lines: str
    product: str
    units: str
    day: str
    header: Callable[[Run[Any], Any, str, str], Cells]
    line: Callable[[Run[Any], Any, str, BoughtLine], Cells]
    supplier_key: Callable[[Any, str], str] = lambda _work, remote: remote
    whole: Callable[[Sequence[Mapping[str, Any]]], Cells] = lambda _lines: {}
    work: type[ExportWork] = ExportWork
    reads_agree: bool = False


def id_or_none(value: object) -> str | None:
    """An id as text; None where there is none."""
    try:
        return id_text(value)
    except Unfit:
        return None
