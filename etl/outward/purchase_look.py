"""What others ask of the purchase orders that were sent: how they stand, what waits, which Optiply must be told of."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from connector.values import Unfit, moment
from etl.core.exported import keep_unlinked, unlinked
from etl.outward.purchase_orders import SINCE
from etl.outward.purchase_shapes import BuyOrder
from etl.outward.purchase_system import KEPT, Purchasing
from store.care import Known, take_over
from store.snapshot import Snapshot, Where, is_stored
from vocabulary.optiply import BUY_ORDERS

_REASON = "it was made from this Optiply order"
_SENT = "SELECT remote_id, id FROM records WHERE stream = ? AND id IS NOT NULL ORDER BY length(remote_id), remote_id"
_ANSWERS = "SELECT remote_id, id, status FROM records WHERE stream = ?"


class Look:
    """Questions to the store of a system that takes purchase orders, by the folder of the stores."""

    def __init__(self, destination: str, system: Purchasing) -> None:
        """`destination` names the store."""
        self.destination, self.system = destination, system
        self.name = system.entity.name

    def orders_standing(self, snapshots: Where) -> dict[str, int]:
        """How many orders were written, wait or were refused; nothing before the first run of this way."""
        if not is_stored(snapshots, self.destination):
            return {}
        with Snapshot.open(snapshots, self.destination) as store:
            query = "SELECT id IS NOT NULL, status FROM records WHERE stream = ?"
            found = [
                "written" if done else str(status) if status in ("waiting", "refused") else "on its way"
                for rows in store.rows(query, (self.name,))
                for done, status in rows
            ]
            counts = Counter(found) + Counter({"waiting": len(_kept(store))})
        return dict(sorted(counts.items()))

    def oldest_waiting(self, snapshots: Where) -> str | None:
        """When the oldest order was placed that waits, and may have changed without a trace; None where none does."""
        if not is_stored(snapshots, self.destination):
            return None
        with Snapshot.open(snapshots, self.destination) as store:
            return min((at for order in _kept(store).values() if (at := _placed(order))), default=None)

    def since(self, snapshots: Where) -> str | None:
        """From when on orders are sent, by the first run; None before it."""
        if not is_stored(snapshots, self.destination):
            return None
        with Snapshot.open(snapshots, self.destination) as store:
            return store.note(SINCE)

    def bookmark_of_orders(self, snapshots: Where) -> dict[str, Any] | None:
        """Up to when the store has taken Optiply's orders in; None where it is new."""
        with Snapshot.open(snapshots, self.destination) as store:
            store.absorb()
            return store.state()

    def to_link(self, snapshots: Where) -> list[dict[str, Any]]:
        """Records that tell Optiply which of its orders is which there, until it has taken that; the ids are noted.

        From here on the order is recognised when it comes back, with its lines.
        """
        with Snapshot.open(snapshots, self.destination) as store, Snapshot.open(snapshots) as optiply:
            sent = [(own, there) for rows in store.rows(_SENT, (self.name,)) for own, there in rows]
            open_ones = {there: own for own, there in sent if store.note(_key(own)) != there}
            if not open_ones:
                return []
            with optiply.transaction():
                fresh = take_over(optiply, BUY_ORDERS.name, [Known(*pair) for pair in open_ones.items()], _REASON).new
                keep_unlinked(optiply, unlinked(optiply) | {one.remote_id: one.id for one in fresh})
            ids = optiply.ids(BUY_ORDERS.name)
        return [
            {"remoteId": there, "id": own, "_changed": ["remoteId"]}
            for there, own in open_ones.items()
            if ids.get(there) == own
        ]

    def note_linked(self, snapshots: Where, records: Sequence[Mapping[str, Any]]) -> int:
        """Notes those of the records that Optiply took, or refused for good; how many it took."""
        with Snapshot.open(snapshots) as optiply:
            found = optiply.rows(_ANSWERS, (BUY_ORDERS.name,))
            answers = {there: status for rows in found for there, _, status in rows}
        taken = [one for one in records if answers.get(one["remoteId"]) == "accepted"]
        settled = [one for one in records if answers.get(one["remoteId"]) in ("accepted", "refused")]
        with Snapshot.open(snapshots, self.destination) as store, store.transaction():
            for one in settled:
                store.set_note(_key(one["id"]), one["remoteId"])
        return len(taken)

    def forget_since(self, snapshots: Where) -> bool:
        """Forgets from when on orders are sent, so that it begins anew; whether there was something to forget."""
        if not is_stored(snapshots, self.destination):
            return False
        with Snapshot.open(snapshots, self.destination) as store, Snapshot.open(snapshots) as optiply:
            if store.note(SINCE) is None:
                return False
            with store.transaction(), optiply.transaction():
                store.drop_notes(SINCE, KEPT)
                optiply.drop_notes(SINCE)
        return True

    def change_of(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """What a record would do, as a change of a plan."""
        lines = [f"{line[self.system.units]} × {line[self.system.product]}" for line in record[self.system.lines]]
        return {
            "stream": self.name,
            "remoteId": record["remoteId"],
            "name": f"for supplier {record[self.system.supplier]}",
            "action": "create",
            "why": "placed in Optiply",
            "values": {self.system.lines: [None, ", ".join(lines)]},
        }


def _kept(store: Snapshot) -> dict[str, BuyOrder]:
    return msgspec.json.decode(store.note(KEPT) or "{}", type=dict[str, BuyOrder])


def _placed(order: BuyOrder) -> str | None:
    try:
        return moment(order.placed)
    except Unfit:
        return None


def _key(order: str) -> str:
    return f"linked:{order}"
