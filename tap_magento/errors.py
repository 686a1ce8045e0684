"""What an answer of the shop means: one table from status to retry, fatal or isolate, with the remedy.

Messages of Magento are translated and keep their placeholders, so answers are judged by status and kind of body, never
by the message. Sources: Magento REST 2.4.x, and what hosts, firewalls and content networks put in front of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Action(Enum):
    """What to do about an answer."""

    RETRY = "retry"
    FATAL = "fatal"
    STOP = "stop"
    ISOLATE = "isolate"
    ACCESS = "access"
    SHRINK = "shrink"


class Body(Enum):
    """What kind of body came with a status."""

    JSON = "json"
    OTHER = "other"
    ANY = "any"
    LIMIT = "limit"
    BROKEN = "broken"


@dataclass(frozen=True)
class Trouble:
    """A row of the table: for these causes and this kind of body, what to do, what to say and what helps.

    `tries`: at most so many attempts for this cause (None: as long as `retry_seconds` lasts). `slow`: the shop is
    overloaded, so fewer requests at once. `smaller`: the next attempt asks for half as many rows. `spoilt_after`: where
    a smaller page can be asked for, a record counts as the reason after so many attempts.
    """

    causes: frozenset[int | str]
    body: Body
    action: Action
    says: str
    remedy: str
    tries: int | None = None
    slow: bool = False
    smaller: bool = False
    spoilt_after: int | None = None


def _row(
    causes: int | str | range | tuple[int | str, ...],
    body: Body,
    action: Action,
    says: str,
    remedy: str,
    *,
    tries: int | None = None,
    slow: bool = False,
    smaller: bool = False,
    spoilt_after: int | None = None,
) -> Trouble:
    listed = (causes,) if isinstance(causes, (int, str)) else tuple(causes)
    return Trouble(frozenset(listed), body, action, says, remedy, tries, slow, smaller, spoilt_after)


FIREWALL = (
    "a firewall in front of the shop (web application firewall, Cloudflare, Sucuri) refused the request or "
    "showed a page",
    "ask the host to let this program's address and user agent pass for /rest/",
)

TABLE: tuple[Trouble, ...] = (
    _row(
        "certificate",
        Body.ANY,
        Action.STOP,
        "the shop's TLS certificate is not valid (self-signed, expired, for another host)",
        "let the host install a valid one, or name a file with it in REQUESTS_CA_BUNDLE",
    ),
    _row("plain", Body.ANY, Action.STOP, "the port speaks no TLS", "write http:// in store_url"),
    _row("tls", Body.ANY, Action.STOP, "the port speaks TLS only, or another version of it", "write https://"),
    _row(
        "address", Body.ANY, Action.RETRY, "the shop cannot be reached", "check the host and port in store_url", tries=4
    ),
    _row(
        "proxy",
        Body.ANY,
        Action.RETRY,
        "the proxy cannot be reached, or does not connect to the shop",
        "correct http_proxy, https_proxy or all_proxy, or name the host in no_proxy",
        tries=4,
    ),
    _row(
        "timeout",
        Body.ANY,
        Action.RETRY,
        "the shop did not answer in time",
        "raise request_timeout or lower page_size",
        slow=True,
        smaller=True,
    ),
    _row("cut", Body.ANY, Action.RETRY, "the connection was cut", "try again later, or ask the host"),
    _row(
        range(200, 300),
        Body.BROKEN,
        Action.RETRY,
        "the answer is empty, cut short or damaged",
        "try again later, or ask the host",
        spoilt_after=3,
    ),
    _row(
        range(200, 300),
        Body.OTHER,
        Action.RETRY,
        f"a web page came instead of data: {FIREWALL[0]}",
        f"check store_url, or {FIREWALL[1]}",
        tries=5,
    ),
    _row(
        range(300, 400),
        Body.ANY,
        Action.STOP,
        "the shop redirects to another address",
        "set store_url to the address it redirects to; credentials are not forwarded",
    ),
    _row(400, Body.LIMIT, Action.SHRINK, "the shop limits the page size", "none needed: the limit is learnt"),
    _row(400, Body.ANY, Action.FATAL, "the shop refuses the request", "check the settings that make up this request"),
    _row(
        401,
        Body.OTHER,
        Action.STOP,
        "the web server in front of the shop asks for a password of its own (basic authentication)",
        "ask the host to let this program's address and user agent pass for /rest/ without it",
    ),
    _row(401, Body.ANY, Action.ACCESS, "the shop refuses access", "check the credentials and the integration's rights"),
    _row((403, 406), Body.OTHER, Action.RETRY, FIREWALL[0], FIREWALL[1], tries=3),
    _row(403, Body.ANY, Action.FATAL, "the shop forbids the request", "check the integration's rights"),
    _row(404, Body.ANY, Action.ISOLATE, "not found", "check whether the record still exists", tries=1),
    _row(
        (429,),
        Body.ANY,
        Action.RETRY,
        "the shop or its host asks for fewer requests",
        "lower max_concurrency or raise throttle_seconds",
        slow=True,
    ),
    _row(
        503,
        Body.OTHER,
        Action.RETRY,
        "the shop is in maintenance mode or overloaded (a 503 page)",
        "wait until the maintenance is over (bin/magento maintenance:status), then run again",
        slow=True,
    ),
    _row(
        503,
        Body.ANY,
        Action.RETRY,
        "the shop is overloaded",
        "lower max_concurrency or run at a quieter time",
        slow=True,
    ),
    _row(
        (504, 524),
        Body.ANY,
        Action.RETRY,
        "a gateway in front of the shop gave up waiting",
        "lower page_size, or run at a quieter time",
        slow=True,
        smaller=True,
    ),
    _row(
        (408, 425, 502, 520, 521, 522, 523),
        Body.ANY,
        Action.RETRY,
        "the shop's web server is not answering",
        "try again later, or ask the host",
    ),
    _row(
        414,
        Body.ANY,
        Action.FATAL,
        "the address of the request is too long",
        "name fewer product_attributes or order_ids",
    ),
    _row(
        range(500, 600),
        Body.ANY,
        Action.ISOLATE,
        "the shop failed on this request",
        "look up the report id in the shop's var/log and var/report",
        tries=2,
    ),
    _row(range(400, 500), Body.ANY, Action.FATAL, "the shop refuses the request", "check store_url and the settings"),
)


def trouble_for(cause: int | str, body: Body) -> Trouble:
    """The first row of the table that fits a body and a status, or the kind of a failed connection."""
    for row in TABLE:
        if cause in row.causes and row.body in {Body.ANY, body}:
            return row
    return _row(
        cause, body, Action.FATAL, "the shop gave an answer this tap does not know", "report it with this message"
    )
