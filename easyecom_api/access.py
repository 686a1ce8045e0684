"""How one signs in at EasyEcom: a key for all, a token for each location, the rates and the quota of the key's tier."""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import requests
from typing_extensions import override

from connector.addresses import SettingError, header_value
from connector.errors import LoginRefused, Outage
from connector.http.answers import Answer, Failure
from connector.http.clock import ServerClock
from connector.http.json_client import JsonClient
from connector.http.kept_token import KeptToken
from connector.http.pace import Pace
from connector.http.pool import Json, Pool
from connector.http.quota import Quota
from connector.http.request import Counting, Request
from connector.http.table import Fate, read_table
from connector.http.tokens import FixedHeaders, Granted
from connector.kept import Kept, kept_folder
from connector.values import fit, number
from easyecom_api.envelope import worded

ADDRESS = "https://api.easyecom.io"
ZONE = ZoneInfo("Asia/Kolkata")
"""The zone of its times and of its days."""
APART_SECONDS = 60.0
"""Between two logins of a location."""
LIFE_SECONDS = 7_776_000.0
"""Of a token that does not say how long it lasts."""
SPARE_REQUESTS = 24
"""What reading leaves of a day's requests to the writing of purchase orders."""
FILE = "easyecom-access.json"


@dataclass(frozen=True)
class Tier:
    """What a key may do: requests a second, and a day."""

    a_second: int
    a_day: int


TIERS = {
    "default": Tier(5, 500),
    "bronze": Tier(5, 50_000),
    "silver": Tier(20, 200_000),
    "gold": Tier(30, 300_000),
    "diamond": Tier(30, 500_000),
}


def locations_of(config: Mapping[str, Any]) -> tuple[str, ...]:
    """The location keys of a configuration, a list or a text with commas, the main one first; each once."""
    given = config.get("location_key")
    keys = given if isinstance(given, list) else str(given or "").split(",")
    return tuple(dict.fromkeys(key for key in (str(one or "").strip() for one in keys) if key))


def wrong_access(config: Mapping[str, Any]) -> Iterator[str]:
    """A sentence for each value of a configuration with which nobody can sign in; none shows a secret."""
    if str(config.get("rate_tier") or "default").lower() not in TIERS:
        yield f"rate_tier '{config['rate_tier']}' is none of {', '.join(map(str.capitalize, TIERS))}"
    if not locations_of(config):
        yield "location_key is missing: EasyEcom shows the keys of locations with the API's credentials"
    for key in ("email", "password", "x_api_key"):
        if not config.get(key):
            yield f"{key} is missing"


class Access:
    """Key, tokens and quota of one configuration; nothing is sent before the first request needs a token.

    Read are: easyecom_url, email, password, location_key, x_api_key, rate_tier, snapshot_dir, and what a client reads.
    """

    def __init__(
        self,
        config: Mapping[str, Any],
        counts: Counting,
        pool: Pool,
        log: logging.Logger,
        spare: int = 0,
    ) -> None:
        """`pool` is that of the run; `spare` requests of the day are left to others.

        Raises RunError where the address cannot be used.
        """
        self.tier = TIERS[str(config.get("rate_tier") or "default").lower()]
        self.locations = locations_of(config)
        self.clock = ServerClock("EasyEcom")
        key, kept = str(config["x_api_key"]), Kept(kept_folder(config) / FILE)
        self.quota = Quota(counts, kept, key, self.tier.a_day, ZONE, spare, self.clock.now)
        self.login = Login(config, key, Pool(Pace(1), pool.stopping), self.quota, log)
        self.login.clock = self.clock
        owner = f"{config['easyecom_url']} {config['email']} {config['password']}"
        self._signers = {
            place: KeptToken(
                kept,
                _hidden(f"{owner} {place}"),
                partial(self.login.token, place),
                _headers(key),
                APART_SECONDS,
                pool,
            )
            for place in self.locations
        }

    def signer(self, location: str | None = None) -> KeptToken:
        """What signs the requests of a location, by itself of the main one."""
        return self._signers[location or self.locations[0]]

    def close(self) -> None:
        """Closes the connections of the login."""
        self.login.close()


class Login(JsonClient):
    """Asks for tokens, each by email, password and the location it is for."""

    table = read_table(__file__)

    def __init__(self, config: Mapping[str, Any], key: str, pool: Pool, counts: Counting, log: logging.Logger) -> None:
        """`pool` has a pace of its own, as who needs the token has a place in the other one meanwhile."""
        super().__init__(config, "easyecom_url", "EasyEcom's login", FixedHeaders(_headers(key)), pool, counts, log)
        self.patience = replace(self.patience, first_wait=APART_SECONDS)
        self._who = {"email": str(config["email"]), "password": str(config["password"])}

    def token(self, location: str) -> Granted:
        """A new token and for how many seconds it is good.

        Raises:
            LoginRefused: EasyEcom does not accept the credentials, or not for this location.
            Outage: it gives no answer.
        """
        body = msgspec.json.encode({**self._who, "location_key": location})
        found = self.send(Request("/access/token", method="POST", body=body))
        if isinstance(found, Answer):
            return _granted(found.value)
        told = f"EasyEcom gives no token for the location {location}: {found.explained()}"
        raise LoginRefused(told) if found.meaning.fate in (Fate.REFUSE, Fate.STOP) else Outage(told)

    @override
    def read(self, request: Request, response: requests.Response) -> Answer | Failure:
        return worded(super().read(request, response))


def _granted(value: Json) -> Granted:
    """The token in an answer. Raises LoginRefused where there is none that can be sent."""
    data = value.get("data") if isinstance(value, dict) else None
    given = data.get("token") if isinstance(data, dict) else None
    told = given if isinstance(given, dict) else {}
    try:
        token = header_value(told["jwt_token"], "the token that EasyEcom answers the login with")
    except (KeyError, SettingError):
        raise LoginRefused("EasyEcom answers the login without a token: check easyecom_url.") from None
    life = fit(lambda seconds: float(number(seconds, least=1)), told.get("expires_in"))
    return token, LIFE_SECONDS if life is None else life


def _headers(key: str) -> dict[str, str]:
    return {"x-api-key": key, "Content-Type": "application/json"}


def _hidden(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:16]
