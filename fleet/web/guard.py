"""Who may ask what of the page: the token and its session, the origin of what changes something, and the headers."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from aiohttp import web

from fleet.errors import FleetError

COOKIE = "optiply_fleet"
SESSION_SECONDS = 7 * 24 * 3600
OPEN = frozenset({"login", "static", "healthz"})
"""Names of the routes that need no token."""
COSTLY = frozenset({"why"})
"""Names of the routes that start a program although they change nothing."""
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not no-referrer: with it a browser hides the origin of the page's own forms.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True)
class Guard:
    """token: what a person or a program must show; None: whoever reaches the port may do everything.

    host: the address that the page listens on. now: seconds since 1970.
    """

    token: str | None
    host: str
    now: Callable[[], float]

    def __post_init__(self) -> None:
        """Raises FleetError for a token that is none, and for a page that others could reach without one."""
        if self.token is None and not is_loopback(self.host):
            raise FleetError(
                f"{self.host} can be reached from elsewhere, so the page needs a token: put one into an environment "
                "variable (openssl rand -hex 32) and name that with --token-env."
            )
        if self.token is not None and not re.fullmatch(r"[\x21-\x7e]{16,4096}", self.token):
            raise FleetError(
                "The token must have at least 16 visible ASCII characters; make one with 'openssl rand -hex 32' and "
                "put it into the environment variable that --token-env names."
            )

    def check_host(self, request: web.Request) -> None:
        """Without a token, the page answers to names of this machine only.

        A page elsewhere could else make its own name point here and let a browser inside ask in its place.
        """
        name = _place(f"//{request.host}").hostname or ""
        if self.token is None and not is_loopback(name) and name != self.host:
            raise web.HTTPForbidden(reason="This page answers at localhost only; start it with a token for other names")

    def is_known(self, request: web.Request) -> bool:
        """Whether the request may see the page."""
        if self.token is None or request.match_info.route.name in OPEN:
            return True
        return self.has_bearer(request) or self._has_session(request)

    def has_bearer(self, request: web.Request) -> bool:
        """Whether a program shows the token; no browser sends it by itself."""
        scheme, _, shown = request.headers.get("Authorization", "").partition(" ")
        return scheme.lower() == "bearer" and self.is_token(shown.strip())

    def is_token(self, shown: str) -> bool:
        """Whether this is the token; takes as long for any other."""
        return self.token is not None and hmac.compare_digest(_digest(shown), _digest(self.token))

    def check_origin(self, request: web.Request) -> None:
        """What changes something comes from the page itself, or from a program that shows the token.

        What starts a program is not asked by a page of another site, which could let a browser inside ask at will.
        """
        if self.has_bearer(request):
            return
        site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
        if request.method in {"GET", "HEAD"}:
            if request.match_info.route.name in COSTLY and site in {"cross-site", "same-site"}:
                raise web.HTTPForbidden(reason="This was asked by another page; open the page and ask there")
            return
        own = bool(request.host) and _place(origin).netloc == request.host if origin else site == "same-origin"
        if not own or site not in {None, "same-origin"}:
            raise web.HTTPForbidden(reason="This was not asked by the page itself; open the page and use its buttons")

    def open_session(self, request: web.Request, response: web.StreamResponse) -> None:
        """Lets the browser in, for SESSION_SECONDS; the cookie does not hold the token."""
        until = str(int(self.now()) + SESSION_SECONDS)
        secure = "https" in {request.scheme, request.headers.get("X-Forwarded-Proto")}
        response.set_cookie(
            COOKIE,
            f"{until}.{self._signed(until)}",
            max_age=SESSION_SECONDS,
            httponly=True,
            samesite="Lax",
            secure=secure,
        )

    def _has_session(self, request: web.Request) -> bool:
        until, _, signature = request.cookies.get(COOKIE, "").partition(".")
        good = hmac.compare_digest(_digest(signature), _digest(self._signed(until)))
        return good and int(until) > self.now()

    def _signed(self, until: str) -> str:
        key = _digest(f"session of optiply-fleet {self.token}")
        return hmac.new(key, until.encode("utf-8", "surrogateescape"), hashlib.sha256).hexdigest()


def is_loopback(name: str) -> bool:
    """Whether a host's name or address is this machine's own."""
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def own_place(text: str) -> str:
    """Where to go after the login: an address of this page, else its first."""
    return text if re.fullmatch(r"/(?![/\\])[\x21-\x7e]*", text) and "\\" not in text else "/"


def _place(address: str) -> SplitResult:
    """The parts of an address; of one that is none, nothing."""
    try:
        return urlsplit(address)
    except ValueError:
        return urlsplit("")


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()
