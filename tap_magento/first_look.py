"""What one answer of the shop tells `doctor`: its version, its clock, the right that it names as missing."""

from connector.findings import Finding, note, ok, warn
from connector.http.probe import Reply, in_words

MOST_SKEW = 120
"""Seconds that two clocks may differ by."""


def missing_right(answer: Reply) -> str:
    """The right that a 401 names."""
    parameters = answer.value.get("parameters") if isinstance(answer.value, dict) else None
    named = parameters.get("resources") if isinstance(parameters, dict) else None
    return str(named or "a right that the shop does not name")


def version(answer: Reply) -> Finding:
    """Which Magento this is, where it says so."""
    text = str(answer.value or "")
    if answer.good and text.startswith("Magento/"):
        return ok("shop: version", text)
    return note("shop: version", "not shown (the shop keeps /magento_version to itself); 2.4 is expected")


def clock(answer: Reply) -> Finding:
    """How far the shop's clock is from this machine's."""
    skew = answer.skew()
    if skew is None:
        return note("shop: clock", "the shop does not tell its time")
    if abs(skew) > MOST_SKEW:
        ahead = "ahead of" if skew > 0 else "behind"
        says = f"{in_words(skew)} {ahead} this machine"
        return warn("shop: clock", says, "let both machines keep time by NTP; bookmarks follow the shop's clock")
    return ok("shop: clock", f"within {MOST_SKEW} s of this machine's")
