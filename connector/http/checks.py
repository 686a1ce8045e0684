"""Checks that `doctor` makes of every account: does its address answer, is its clock right, which codes it has."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from connector.collation import folded
from connector.findings import Finding, fail, ok, warn
from connector.http.probe import Reply, in_words, resolve

ODD_CLOCK = 600.0
"""Seconds by which two clocks may differ."""


def reached(address: str, setting: str, ask: Callable[[], Reply]) -> tuple[Finding, Reply | None]:
    """Whether an account's address, which the setting names, answers a first question; None where it does not."""
    addresses = resolve(address)
    if not addresses:
        return fail("account: name", f"{address}: the name is unknown", f"check {setting}, or this machine's DNS"), None
    first = ask()
    if first.status == 0:
        return fail("account: connection", f"{address}: {first.trouble}", first.remedy), None
    return ok("account: connection", f"{address} answers ({addresses})"), first


def odd_clock(who: str, skew: float) -> Iterator[Finding]:
    """A warning where the clock of the server is that many seconds ahead of ours, and those are too many."""
    if abs(skew) > ODD_CLOCK:
        side = "ahead of" if skew > 0 else "behind"
        yield warn("clock", f"{who}'s clock is {in_words(skew)} {side} this machine's", "let this machine use NTP")


def codes_of(pages: Iterable[Iterable[Mapping[str, Any]]], code: str, key: str) -> dict[str, str]:
    """Folded code → id, of the first record that has the code."""
    found: dict[str, str] = {}
    for rows in pages:
        for row in rows:
            if isinstance(row.get(code), str) and row[code]:
                found.setdefault(folded(row[code]), str(row[key]))
    return found
