"""What an answer of the shop means: one table from status to retry, fatal or isolate, with the remedy.

Messages of Magento are translated and keep their placeholders, so answers are judged by status and kind of body, never
by the message. Sources: Magento REST 2.4.x, and what hosts, firewalls and content networks put in front of it.
"""

from __future__ import annotations

from dataclasses import replace

from connector.http.table import Body, Fate, Meaning, Table, causes

MOST_UNSEEN_LOGINS = 3
FIREWALL = (
    "a firewall in front of the shop (web application firewall, Cloudflare, Sucuri) refused the request or "
    "showed a page",
    "ask the host to let this program's address and user agent pass for /rest/",
)

TABLE: Table = (
    Meaning(
        causes("certificate"),
        Fate.STOP,
        "the shop's TLS certificate is not valid (self-signed, expired, for another host)",
        "let the host install a valid one, or name a file with it in REQUESTS_CA_BUNDLE",
    ),
    Meaning(causes("plain"), Fate.STOP, "the port speaks no TLS", "write http:// in store_url"),
    Meaning(causes("tls"), Fate.STOP, "the port speaks TLS only, or another version of it", "write https://"),
    Meaning(
        causes("address"),
        Fate.AGAIN,
        "the shop cannot be reached",
        "check the host and port in store_url",
        tries=4,
    ),
    Meaning(
        causes("proxy"),
        Fate.AGAIN,
        "the proxy cannot be reached, or does not connect to the shop",
        "correct http_proxy, https_proxy or all_proxy, or name the host in no_proxy",
        tries=4,
    ),
    Meaning(
        causes("timeout"),
        Fate.AGAIN,
        "the shop did not answer in time",
        "raise request_timeout or lower page_size",
        slow=True,
        smaller=True,
    ),
    Meaning(causes("cut"), Fate.AGAIN, "the connection was cut", "try again later, or ask the host"),
    Meaning(
        causes(range(200, 300)),
        Fate.AGAIN,
        "the answer is empty, cut short or damaged",
        "try again later, or ask the host",
        body=Body.BROKEN,
        spoilt_after=3,
    ),
    Meaning(
        causes(range(200, 300)),
        Fate.AGAIN,
        f"a web page came instead of data: {FIREWALL[0]}",
        f"check store_url, or {FIREWALL[1]}",
        body=Body.OTHER,
        tries=5,
    ),
    Meaning(
        causes(range(300, 400)),
        Fate.STOP,
        "the shop redirects to another address",
        "set store_url to the address it redirects to; credentials are not forwarded",
    ),
    Meaning(
        causes(400),
        Fate.SHRINK,
        "the shop limits the page size",
        "none needed: the limit is learnt",
        body=Body.LIMIT,
    ),
    Meaning(causes(400), Fate.FATAL, "the shop refuses the request", "check the settings that make up this request"),
    Meaning(
        causes(401),
        Fate.STOP,
        "the web server in front of the shop asks for a password of its own (basic authentication)",
        "ask the host to let this program's address and user agent pass for /rest/ without it",
        body=Body.OTHER,
    ),
    Meaning(causes(401), Fate.ACCESS, "the shop refuses access", "check the credentials and the integration's rights"),
    Meaning(causes(403, 406), Fate.AGAIN, FIREWALL[0], FIREWALL[1], body=Body.OTHER, tries=3),
    Meaning(causes(403), Fate.FATAL, "the shop forbids the request", "check the integration's rights"),
    Meaning(causes(404), Fate.ISOLATE, "not found", "check whether the record still exists", tries=1),
    Meaning(
        causes(429),
        Fate.AGAIN,
        "the shop or its host asks for fewer requests",
        "lower max_concurrency or raise throttle_seconds",
        slow=True,
    ),
    Meaning(
        causes(503),
        Fate.AGAIN,
        "the shop is in maintenance mode or overloaded (a 503 page)",
        "wait until the maintenance is over (bin/magento maintenance:status), then run again",
        body=Body.OTHER,
        slow=True,
    ),
    Meaning(
        causes(503),
        Fate.AGAIN,
        "the shop is overloaded",
        "lower max_concurrency or run at a quieter time",
        slow=True,
    ),
    Meaning(
        causes(504, 524),
        Fate.AGAIN,
        "a gateway in front of the shop gave up waiting",
        "lower page_size, or run at a quieter time",
        slow=True,
        smaller=True,
    ),
    Meaning(
        causes(408, 425, 502, 520, 521, 522, 523),
        Fate.AGAIN,
        "the shop's web server is not answering",
        "try again later, or ask the host",
    ),
    Meaning(
        causes(414),
        Fate.FATAL,
        "the address of the request is too long",
        "name fewer product_attributes or order_ids",
    ),
    Meaning(
        causes(range(500, 600)),
        Fate.ISOLATE,
        "the shop failed on this request",
        "look up the report id in the shop's var/log and var/report",
        tries=2,
    ),
    Meaning(causes(range(400, 500)), Fate.FATAL, "the shop refuses the request", "check store_url and the settings"),
    Meaning(None, Fate.FATAL, "the shop gave an answer this tap does not know", "report it with this message"),
)


def _at_login(row: Meaning) -> Meaning:
    """A row as a login counts it: where no answer was seen it may have been a refusal, and accounts lock after six."""
    if row.fate is Fate.ISOLATE:
        return replace(row, fate=Fate.FATAL)
    is_unseen = row.body is Body.BROKEN or any(isinstance(cause, str) for cause in row.causes or ())
    return replace(row, tries=MOST_UNSEEN_LOGINS) if is_unseen else row


LOGIN_TABLE: Table = (
    Meaning(causes(400, 401), Fate.REFUSE, "the shop refuses the login", "check username and password"),
    *map(_at_login, TABLE),
)
