"""Who may ask the Magento sandbox: integration token as bearer, OAuth 1.0a with HMAC-SHA256, admin tokens, lock-out."""

import base64
import hashlib
import hmac
import re
import time
from urllib.parse import quote, unquote

import msgspec

from sandbox.magento.search import MagentoError, required
from sandbox.server.clock import Clock

INTEGRATION_TOKEN = "sandbox-integration-token"
TOKEN_SECRET = "sandbox-token-secret"
CONSUMER_KEY = "sandbox-consumer-key"
CONSUMER_SECRET = "sandbox-consumer-secret"
ADMIN_USER = "admin"
ADMIN_PASSWORD = "sandbox-password"
ONE_TIME_PASSWORD = "123456"

_FAILURES_ALLOWED = 6
_LOCKED_SECONDS = 1800
_FUTURE_SECONDS = 600
_SIGN_IN = (
    "The account sign-in was incorrect or your account is disabled temporarily. Please wait and try again later."
)
_OAUTH_PARAMETERS = (
    "oauth_consumer_key",
    "oauth_nonce",
    "oauth_signature",
    "oauth_signature_method",
    "oauth_timestamp",
    "oauth_token",
    "oauth_version",
)


class Doorman:
    """Knows which tokens are good now; counts failed sign-ins and used nonces."""

    def __init__(self, clock: Clock) -> None:
        """Take the shop's clock, by which tokens live and lock-outs end."""
        self.clock = clock
        self._expiries: dict[str, float] = {}
        self._failures = 0
        self._locked_until = 0.0
        self._nonces: set[str] = set()

    def revoke_admin_tokens(self) -> None:
        """End all admin tokens given out, as an administrator or a restart may at any time."""
        self._expiries.clear()

    def knows_bearer(self, header: str, integration_allowed: bool) -> bool:
        """Say whether an Authorization header holds a good bearer token."""
        parts = header.split(" ")
        if len(parts) != 2 or parts[0].lower() != "bearer":
            return False
        if parts[1] == INTEGRATION_TOKEN:
            return integration_allowed
        return self._expiries.get(parts[1], 0.0) > self.clock.now().timestamp()

    def sign_in(self, body: bytes, lifetime: int, two_factor: bool, with_otp: bool = False) -> str:
        """Return a new admin token for user name and password (and a one-time password).

        Raises:
            MagentoError: 400 for a missing field or a shop with two-factor sign-in, 401 for wrong or locked accounts.
        """
        given = _fields(body, ("username", "password", "otp") if with_otp else ("username", "password"))
        now = self.clock.now().timestamp()
        good = given["username"] == ADMIN_USER and given["password"] == ADMIN_PASSWORD
        if now < self._locked_until or not good:
            self._note_failure(now)
            raise MagentoError(401, _SIGN_IN)
        if two_factor and not with_otp:
            text = "Please use the 2fa provider-specific endpoints to obtain a token."
            raise MagentoError(400, text, {"active_providers": ["google"]})
        if with_otp and given["otp"] != ONE_TIME_PASSWORD:
            raise MagentoError(401, "Invalid code.")
        self._failures = 0
        return self._issue(now, lifetime)

    def _note_failure(self, now: float) -> None:
        if now < self._locked_until:
            return
        self._failures += 1
        if self._failures >= _FAILURES_ALLOWED:
            self._failures, self._locked_until = 0, now + _LOCKED_SECONDS

    def _issue(self, now: float, lifetime: int) -> str:
        """Make a token of the form Magento's JWT module gives out; `exp` is in the shop's time."""
        claims = {"uid": 1, "utypid": 2, "iat": int(now), "exp": int(now) + lifetime, "n": len(self._expiries)}
        head = {"kid": "1", "alg": "HS256"}
        signed = f"{_base64url(msgspec.json.encode(head))}.{_base64url(msgspec.json.encode(claims))}"
        signature = hmac.new(CONSUMER_SECRET.encode(), signed.encode(), hashlib.sha256).digest()
        token = f"{signed}.{_base64url(signature)}"
        self._expiries[token] = now + lifetime
        return token

    def check_oauth(self, method: str, url: str, query: str, header: str) -> None:
        """Verify a request signed with OAuth 1.0a; `url` is scheme, host and the raw path.

        Raises MagentoError: 400 for parameters that cannot be used, 401 for a signature, token or nonce that is wrong.
        """
        given = {name: unquote(value) for name, value in re.findall(r'(\w+)="([^"]*)"', header)}
        for name in _OAUTH_PARAMETERS[:-1]:
            if not given.get(name):
                raise required(name)
        if given["oauth_signature_method"] != "HMAC-SHA256":
            raise MagentoError(400, "Signature method %1 is not supported", [given["oauth_signature_method"]])
        if given["oauth_consumer_key"] != CONSUMER_KEY:
            raise MagentoError(401, "A consumer having the specified key does not exist")
        self._check_nonce(given["oauth_nonce"], given["oauth_timestamp"])
        if given["oauth_token"] != INTEGRATION_TOKEN:
            raise MagentoError(401, "Token is not associated with the specified consumer")
        wanted = signature(method, url, query, given)
        if not hmac.compare_digest(wanted.encode(), given["oauth_signature"].encode()):
            raise MagentoError(401, "The signature is invalid. Verify and try again.")

    def _check_nonce(self, nonce: str, stamp: str) -> None:
        # The client stamps with its machine's time, which need not be the sandbox's: real time is the measure here.
        seconds = int(stamp) if stamp.isdigit() else 0
        if seconds <= 0 or seconds > time.time() + _FUTURE_SECONDS:
            raise MagentoError(401, "An error occurred validating the nonce")
        if nonce in self._nonces:
            raise MagentoError(401, "The nonce is already being used by the consumer with ID %1", [1])
        self._nonces.add(nonce)


def signature(method: str, url: str, query: str, oauth: dict[str, str]) -> str:
    """Return the signature Magento 2.4.7 expects: the path as Laminas normalises it, query values decoded once."""
    pairs = [part.split("=") for part in query.split("&")]
    parameters = [(unquote(pair[0]), unquote(pair[1])) for pair in pairs if len(pair) == 2]
    parameters += [(name, value) for name, value in oauth.items() if name in _OAUTH_PARAMETERS]
    listed = "&".join(
        f"{name}={value}"
        for name, value in sorted(
            (_encode(name), _encode(value)) for name, value in parameters if name != "oauth_signature"
        )
    )
    base = "&".join((method.upper(), _encode(normalised(url)), _encode(listed)))
    key = f"{_encode(CONSUMER_SECRET)}&{_encode(TOKEN_SECRET)}"
    return base64.b64encode(hmac.new(key.encode(), base.encode(), hashlib.sha256).digest()).decode()


def normalised(url: str) -> str:
    """Decode what Laminas decodes in a path and encode the rest; `%` stays bare only before two hex digits."""
    head, slash, path = url.partition("//")
    host, _, path = path.partition("/")
    decoded = re.sub(r"%([0-9A-Fa-f]{2})", _decode_allowed, path)
    kept = quote(decoded, safe="/-_.~:@&=+$,;%")
    return f"{head}{slash}{host}/" + re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", kept)


def _decode_allowed(found: re.Match[str]) -> str:
    sign = chr(int(found.group(1), 16))
    return sign if re.fullmatch(r"[A-Za-z0-9\-_.~:@&=+$,/;%]", sign) else found.group()


def _encode(text: str) -> str:
    return quote(text, safe="-_.~")


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _fields(body: bytes, names: tuple[str, ...]) -> dict[str, str]:
    try:
        given = msgspec.json.decode(body or b"{}", type=dict[str, str])
    except msgspec.DecodeError as error:
        raise MagentoError(400, "Decoding error.") from error
    for name in names:
        if name not in given:
            raise required(name)
    return given
