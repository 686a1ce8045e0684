"""The one table of what each answer of Optiply means.

Nothing here sends, waits or logs: `client.py` waits, `write.py` carries out the named recoveries.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Verdict(Enum):
    """What to do with an answer."""

    DONE = "success"
    RENEW = "get a new token once, then again"
    AGAIN = "wait and try again"
    AGAIN_BRIEFLY = "try again, twice at most"
    PARK = "unanswered: look up before repeating"
    REFUSE = "refuse this record"
    STOP = "stop the run"
    ADOPT_PAIR = "look up the pair, then PATCH it"
    WITHOUT_EMAIL = "send again without the e-mail addresses"
    CREATE_AGAIN = "create again"
    GONE = "success: already gone"


# Ways a request can end without a usable status.
CUT = "cut"  # sent, but no answer came: connection cut or timeout
UNSENT = "unsent"  # no connection was made, so nothing can have happened
UNREADABLE = "unreadable"  # 2xx whose body is not the promised JSON (a firewall's page, say)
_IN_WORDS = {
    CUT: "the connection ended without an answer",
    UNSENT: "no connection was made",
    UNREADABLE: "the answer is not one that Optiply's API promises",
}


def in_words(status: int | str) -> str:
    """How a request ended, for people."""
    return _IN_WORDS.get(str(status), f"status {status}")


@dataclass(frozen=True)
class Rule:
    """One row: `*` is any method, `4xx` any status of that class, `marker` a text the body must contain."""

    method: str
    status: int | str
    marker: str | None
    verdict: Verdict
    why: str

    def fits(self, method: str, status: int | str, body: str) -> bool:
        """Whether an answer belongs to this row; markers compare without case."""
        if self.method not in ("*", method):
            return False
        if self.marker is not None and self.marker not in body.casefold():
            return False
        if self.status == status:
            return True
        return isinstance(status, int) and self.status == f"{status // 100}xx"


RULES: tuple[Rule, ...] = (
    Rule("POST", UNREADABLE, None, Verdict.PARK, "Something answered for Optiply; the record may exist."),
    Rule("*", UNREADABLE, None, Verdict.AGAIN_BRIEFLY, "A proxy or firewall answered in Optiply's place."),
    Rule("*", "2xx", None, Verdict.DONE, "Accepted."),
    Rule("*", 401, None, Verdict.RENEW, "The token has ended; a second refusal in a row stops the run."),
    Rule("*", 403, "insufficient_scope", Verdict.STOP, "The login may not write; no record will pass."),
    Rule("POST", 409, None, Verdict.ADOPT_PAIR, "The pair exists already (supplierProducts, productCompositions)."),
    Rule("POST", 400, "is not a valid address", Verdict.WITHOUT_EMAIL, "One bad e-mail costs the addresses only."),
    Rule("PATCH", 400, "is not a valid address", Verdict.WITHOUT_EMAIL, "One bad e-mail costs the addresses only."),
    Rule("PATCH", 404, None, Verdict.CREATE_AGAIN, "Somebody deleted it in Optiply."),
    Rule("DELETE", 404, None, Verdict.GONE, "It is gone, which is what was wanted."),
    Rule("*", 429, None, Verdict.AGAIN, "Too fast; Retry-After is obeyed."),
    Rule("*", UNSENT, None, Verdict.AGAIN, "No connection: nothing was sent."),
    Rule("POST", CUT, None, Verdict.PARK, "The record may exist: Optiply has no idempotency key."),
    Rule("POST", "5xx", None, Verdict.PARK, "The server may have acted before it failed."),
    Rule("*", 500, None, Verdict.AGAIN_BRIEFLY, "A fault, or a wrong type: Optiply answers 500 to both."),
    Rule("*", 502, None, Verdict.AGAIN, "Gateway trouble passes."),
    Rule("*", 503, None, Verdict.AGAIN, "Maintenance passes; Retry-After is obeyed."),
    Rule("*", 504, None, Verdict.AGAIN, "Slow answers happen on long lists."),
    Rule("*", CUT, None, Verdict.AGAIN, "Reading, changing and deleting can be repeated safely."),
    Rule("*", "5xx", None, Verdict.AGAIN_BRIEFLY, "An unknown fault."),
    Rule("*", "4xx", None, Verdict.REFUSE, "Refused for good; the same request would be refused again."),
    Rule("*", "3xx", None, Verdict.REFUSE, "Not an answer of the API; check api_url."),
)


def classify(method: str, status: int | str, body: str) -> Verdict:
    """The verdict of the first row that fits; an answer no row knows refuses the record."""
    return next((rule.verdict for rule in RULES if rule.fits(method, status, body)), Verdict.REFUSE)
