"""Keeps one id of the destination with one record: who owns it, what a second claim comes to, how old stores settle.

Two records on one id overwrite each other for ever, and when one of them goes, the other's live object is disabled.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from connector.names import COMMAND, DESTINATION, title_of
from store.outcomes import Acknowledged, Outcome

RULE = "records_owner"
"""Name of the unique index on stream and id."""

# Of several records with one id the owner is: one that the source still has, then one whose attributes were accepted,
# then the one that was accepted first. Stores of those layouts hold facts of products, and no other facts.
_DUPLICATES = """
    SELECT r.stream, r.id, r.remote_id FROM records r
    JOIN (SELECT stream, id FROM records WHERE id IS NOT NULL GROUP BY stream, id HAVING count(*) > 1) d
      ON d.stream = r.stream AND d.id = r.id
    LEFT JOIN products p ON r.stream = 'products' AND p.product_id = r.remote_id
    ORDER BY r.stream, r.id, (p.gone = 0 AND p.attributes IS NOT NULL) DESC, r.acknowledged IS NULL,
      r.sent_at IS NULL, r.sent_at, CAST(r.remote_id AS INTEGER), r.remote_id
"""


def claim_refused(destination: str, stream: str, claimed_id: str, owner: str) -> str:
    """Why a record cannot have an id, with the remedy; `destination` as people call it."""
    return (
        f"{destination}'s id {claimed_id} belongs to {stream} {owner}; delete the surplus object in {destination}, or "
        f"give the id free: {COMMAND} snapshot forget FOLDER {stream} {owner}"
    )


class Owners:
    """Who has which id while outcomes are folded, one after the other."""

    def __init__(self, found: Mapping[tuple[str, str], str], destination: str) -> None:
        """`found`: (stream, id) -> remote id, as the store has it, for every id that the outcomes name."""
        self._destination = destination
        self._owner = dict(found)

    def fold(self, half: Acknowledged, outcome: Outcome) -> None:
        """Takes one outcome into the record's half; an answer that names another record's id is a failure."""
        name = claimed(outcome)
        owner = self._owner.get((outcome.stream, name)) if name else None
        if name and owner is not None and owner != outcome.remoteId:
            half.contest(outcome, claim_refused(self._destination, outcome.stream, name, owner))
            return
        before = half.id
        half.fold(outcome)
        if before is not None and half.id != before:
            self._owner.pop((outcome.stream, before), None)
        if half.id is not None:
            self._owner[outcome.stream, half.id] = outcome.remoteId


def claimed(outcome: Outcome) -> str | None:
    """The id that an answer gives to its record, or None."""
    gives = outcome.event == "answered" and outcome.status == "accepted" and outcome.action != "delete"
    return outcome.id if gives else None


@dataclass(frozen=True)
class Contested:
    """A record that lacks an id because another one owns it."""

    stream: str
    remote_id: str
    claimed_id: str
    owner: str | None


def settle_owners(connection: Connection) -> None:
    """Leaves each id of a store of an older layout with one record, and puts the rule in place.

    The others are without an id from here on: the next run looks for their own object and creates it where there is
    none. The owner's attributes are all sent again, since the others may have overwritten them.
    """
    owners: dict[tuple[str, str], str] = {}
    for stream, claimed_id, remote_id in list(connection.exec_driver_sql(_DUPLICATES)):
        owner = owners.setdefault((stream, claimed_id), remote_id)
        parameters: tuple[str, ...] = ()
        if owner == remote_id:
            changes = "acknowledged = NULL, hash = NULL"
        else:
            changes = (
                "id = NULL, acknowledged = NULL, hash = NULL, sent_at = NULL, status = 'failed', reason = ?, "
                "contested = ?"
            )
            parameters = (claim_refused(title_of(DESTINATION), stream, claimed_id, owner), claimed_id)
        connection.exec_driver_sql(
            f"UPDATE records SET {changes} WHERE stream = ? AND remote_id = ?",  # nosec B608
            (*parameters, stream, remote_id),
        )
    for stream in {stream for stream, _ in owners}:
        # The target looks through everything there is before it creates any for those that lost theirs.
        notes = (f"last_answer_at:{stream}", f"last_gain_at:{stream}")
        connection.exec_driver_sql("DELETE FROM meta WHERE key IN (?, ?)", notes)
    connection.exec_driver_sql(f"CREATE UNIQUE INDEX {RULE} ON records (stream, id) WHERE id IS NOT NULL")


def contested(connection: Connection) -> list[Contested]:
    """The records whose last answer, import or migration named an id of another record, by stream and remote id."""
    query = (
        "SELECT r.stream, r.remote_id, r.contested, o.remote_id FROM records r "
        "LEFT JOIN records o ON o.stream = r.stream AND o.id = r.contested "
        "WHERE r.contested IS NOT NULL ORDER BY r.stream, r.remote_id"
    )
    return [Contested(*row) for row in connection.exec_driver_sql(query)]
