"""Tells people when a tenant keeps failing, and when it is well again: once each, whichever worker sees it.

Of whom they were told stands in the database, in the transaction that sends the message: what cannot be sent is tried
again at the next look. A message names tenants and how their runs ended, and nothing of what these read or wrote.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, cast

from connector.words import counted
from fleet.database import Connection
from fleet.errors import FleetError
from fleet.runs import VERDICTS, WELL

ADDRESSES_VARIABLE, AFTER_VARIABLE, PAGE_VARIABLE = (
    "OPTIPLY_FLEET_ALERTS", "OPTIPLY_FLEET_ALERT_AFTER", "OPTIPLY_FLEET_PAGE"
)  # fmt: skip
AFTER = 2
"""Failures in a row after which people are told."""
MOST_NAMED = 50
Send = Callable[[str, str], Sequence[bool]]
"""Sends a title and a text; whether each of the addresses took it."""
log = logging.getLogger("optiply-fleet.alerts")

_JUDGED = f"r.ended IN {VERDICTS!r}"
_FAILING = f"""
    INSERT INTO fleet.alert (tenant, run)
    SELECT t.name, last.run FROM fleet.tenant t CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE ended <> '{WELL}') AS bad, max(id) AS run FROM (
            SELECT r.id, r.ended FROM fleet.run r WHERE r.tenant = t.name AND {_JUDGED}
            ORDER BY r.began_at DESC LIMIT %(after)s) AS lately) AS last
    WHERE last.bad = %(after)s AND NOT EXISTS (SELECT 1 FROM fleet.alert a WHERE a.tenant = t.name)
    RETURNING tenant, (SELECT ended FROM fleet.run WHERE id = alert.run) AS ended
"""  # nosec B608
_WELL = f"""
    DELETE FROM fleet.alert a WHERE '{WELL}' = (
        SELECT r.ended FROM fleet.run r WHERE r.tenant = a.tenant AND {_JUDGED} ORDER BY r.began_at DESC LIMIT 1)
    RETURNING tenant, '{WELL}' AS ended
"""  # nosec B608


class NotSent(Exception):
    """The message did not go out; the transaction that notes it is undone."""


@dataclass(frozen=True)
class Alerts:
    """How people are told. after: failures in a row; page: the address of the fleet's page, where it is known."""

    send: Send
    after: int = AFTER
    page: str = ""

    @classmethod
    def of_environment(cls) -> Alerts | None:
        """What the environment says; None where nobody is to be told. Raises FleetError for what cannot be used."""
        addresses = os.environ.get(ADDRESSES_VARIABLE, "").split()
        if not addresses:
            return None
        after = os.environ.get(AFTER_VARIABLE) or str(AFTER)
        if not (after.isascii() and after.isdigit() and 0 < int(after) < 100):
            raise FleetError(f"{AFTER_VARIABLE} must be a whole number from 1 to 99: failures in a row.")
        return cls(sender(addresses), int(after), os.environ.get(PAGE_VARIABLE, "").rstrip("/"))

    def look(self, transaction: Callable[[], AbstractContextManager[Connection]]) -> int:
        """Tells of whatever has changed since the last look; `transaction` begins one in the fleet's database.

        Returns of how many tenants people were told. What no address took is logged, and told at a later look.
        """
        told = 0
        for query, what in ((_FAILING, self._failing), (_WELL, self._well)):
            try:
                with transaction() as db:
                    told += self._tell(db, query, what)
            except NotSent:
                log.warning("No address of %s took a message; it is sent again in a minute.", ADDRESSES_VARIABLE)
        return told

    def try_out(self) -> list[str]:
        """Sends a message to see whether it comes; returns which addresses did not take it, by their place."""
        took = self.send("Optiply fleet: a trial", "When a tenant keeps failing, you are told here.")
        return [f"address {number}" for number, good in enumerate(took, start=1) if not good]

    def _sent(self, title: str, text: str) -> Sequence[bool]:
        took = self.send(title, text)
        for number, good in enumerate(took, start=1):
            if not good:
                log.warning("Address %d of %s took no message.", number, ADDRESSES_VARIABLE)
        return took

    def _tell(self, db: Connection, query: str, what: Callable[[Sequence[Any]], tuple[str, str]]) -> int:
        # Of two workers that look at once, one tells.
        mine = db.execute("SELECT pg_try_advisory_xact_lock(hashtext('optiply-fleet alerts')) AS yes").fetchone()
        if mine is None or not mine["yes"]:
            return 0
        rows = db.execute(cast(Any, query), {"after": self.after}).fetchall()
        if rows and not any(self._sent(*what(sorted(rows, key=lambda row: str(row["tenant"]))))):
            raise NotSent
        return len(rows)

    def _failing(self, rows: Sequence[Any]) -> tuple[str, str]:
        runs = "The last run" if self.after == 1 else f"The last {self.after} runs"
        lines = [f"{row['tenant']}: {runs} did not end well (the last one: {row['ended']})." for row in rows]
        return f"Optiply fleet: {_named(rows)} failing", self._text(rows, lines)

    def _well(self, rows: Sequence[Any]) -> tuple[str, str]:
        return f"Optiply fleet: {_named(rows)} well again", self._text(
            rows, [f"{row['tenant']}: well." for row in rows]
        )

    def _text(self, rows: Sequence[Any], lines: list[str]) -> str:
        shown = lines[:MOST_NAMED]
        if self.page:
            shown = [f"{line} {self.page}/tenants/{row['tenant']}" for row, line in zip(rows, shown)]  # noqa: B905
        else:
            shown.append("optiply-fleet logs NAME says more.")
        if len(lines) > MOST_NAMED:
            shown.append(f"And {len(lines) - MOST_NAMED} more.")
        return "\n".join(shown)


def _named(rows: Sequence[Any]) -> str:
    return f"{rows[0]['tenant']} is" if len(rows) == 1 else f"{counted(len(rows), 'tenant')} are"


def sender(addresses: Sequence[str]) -> Send:
    """Sends to each of the addresses, in the forms that apprise knows. Raises FleetError for one that it does not."""
    from apprise import Apprise

    # It logs addresses, and they hold secrets.
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    there = [Apprise() for _ in addresses]
    for number, (one, address) in enumerate(zip(there, addresses, strict=True), start=1):
        if not one.add(address):
            raise FleetError(
                f"Address {number} of {ADDRESSES_VARIABLE} is of no kind that apprise knows; between addresses stand "
                "blanks."
            )

    return lambda title, text: [bool(one.notify(title=title, body=text)) for one in there]
