"""The tokens of the EasyEcom sandbox: one for each location and login, readable again after a restart."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from typing import TYPE_CHECKING, Any

import msgspec

from sandbox.easyecom.errors import INVALID_TOKEN, EasyError
from sandbox.easyecom.rows import Location

if TYPE_CHECKING:
    from sandbox.easyecom.rate import Limiter
    from sandbox.easyecom.store import EasyStore

_SECRET = b"sandbox of easyecom"


class Tokens:
    """Hands out tokens and reads them; each says its location and its end."""

    def __init__(self, store: EasyStore, limiter: Limiter) -> None:
        """Start without logins; the limiter's time is that of the cool-down."""
        self.store, self.limiter = store, limiter
        self.generation = 0
        self.issued = 0
        self._last: dict[str, float] = {}

    def login(self, body: Any) -> dict[str, Any]:  # noqa: ANN401 - what the request holds
        """Return the answer to a login.

        Raises:
            EasyError: For wrong credentials, an unknown location, or a login less than the cool-down after the last.
        """
        settings = self.store.settings
        given = body if isinstance(body, dict) else {}
        if (given.get("email"), given.get("password")) != (settings.email, settings.password):
            raise EasyError(401, "Invalid user credentials provided", 401)
        found = self.store.locations.where("location_key", str(given.get("location_key", "")))
        if not found:
            raise EasyError(400, "Invalid location key provided", 400)
        key, now = found[0].location_key, self.limiter.now()
        if now - self._last.get(key, -1e9) < settings.token_cooldown:
            raise EasyError(403, "Token already generated, please try again after some time", 403)
        self._last[key] = now
        self.issued += 1
        token = {"jwt_token": self.make(key), "expires_in": int(settings.token_lifetime), "token_type": "bearer"}
        told = {"companyname": found[0].location_name, "userName": "sandbox", "time_zone": "Asia/Kolkata"}
        return {"data": {**told, "all_location": 0, "token": token}, "message": None}

    def make(self, location_key: str) -> str:
        """Return a token of a location that begins now."""
        now = self.store.clock.now().timestamp()
        claims = {"loc": location_key, "iat": int(now), "exp": now + self.store.settings.token_lifetime}
        claims |= {"gen": self.generation, "jti": self.issued}
        body = ".".join(_text(msgspec.json.encode(part)) for part in ({"alg": "HS256", "typ": "JWT"}, claims))
        return f"{body}.{_sign(body)}"

    def read(self, header: str) -> Location:
        """Return the location of the token in an `Authorization` header.

        Raises:
            EasyError: 401 where there is no token that holds.
        """
        kind, _, token = header.partition(" ")
        body, _, signed = token.strip().rpartition(".")
        if kind.lower() != "bearer" or not hmac.compare_digest(_sign(body), signed):
            raise EasyError(401, INVALID_TOKEN, 401)
        try:
            part = body.split(".")[1]
            claims = msgspec.json.decode(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        except (IndexError, binascii.Error, msgspec.DecodeError) as error:
            raise EasyError(401, INVALID_TOKEN, 401) from error
        found = self.store.locations.where("location_key", claims["loc"])
        if not found or claims["exp"] <= self.store.clock.now().timestamp() or claims["gen"] != self.generation:
            raise EasyError(401, INVALID_TOKEN, 401)
        return found[0]

    def revoke(self) -> None:
        """Let no token hold that was made so far."""
        self.generation += 1

    def clear(self) -> None:
        """Forget the logins, so that the next one needs no wait."""
        self._last = {}


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _sign(body: str) -> str:
    return _text(hmac.new(_SECRET, body.encode(), hashlib.sha256).digest())
