"""A client for a system that answers JSON and means by each status what HTTP says: enough for a plain API."""

import logging
from collections.abc import Mapping
from typing import Any

import msgspec
import requests
from typing_extensions import override

from connector.addresses import SettingError, Way, web_address
from connector.errors import RunError
from connector.http.answers import Answer, Failure, as_utf8, shown
from connector.http.client import HttpClient
from connector.http.pool import Pool
from connector.http.request import Counting, Patience, Request
from connector.http.table import Body, Fate, Meaning, Table, causes
from connector.http.tokens import Signer

_HOST = "try again later, or ask the host"

TABLE: Table = (
    Meaning(causes("certificate"), Fate.STOP, "the TLS certificate is not valid", "let the host install a valid one"),
    Meaning(causes("plain", "tls"), Fate.STOP, "http and https are mixed up", "correct the address"),
    Meaning(causes("address", "host", "refused"), Fate.AGAIN, "it cannot be reached", "check the address", tries=4),
    Meaning(causes("proxy"), Fate.AGAIN, "the proxy cannot be reached", "correct https_proxy", tries=4),
    Meaning(causes("timeout", 504), Fate.AGAIN, "no answer came in time", "raise request_timeout", slow=True),
    Meaning(causes(range(200, 300)), Fate.AGAIN, "the answer is damaged", _HOST, spoilt_after=3),
    Meaning(causes(range(300, 400)), Fate.STOP, "it redirects to another address", "correct the address"),
    Meaning(causes(401), Fate.ACCESS, "it refuses access", "check the credentials and their rights"),
    Meaning(causes(404), Fate.ISOLATE, "not found", "check whether the record still exists", tries=1),
    Meaning(causes(429, 503), Fate.AGAIN, "it asks for fewer requests", "lower max_concurrency", slow=True),
    Meaning(causes("cut", 408, 425, 502), Fate.AGAIN, "the connection or the server failed", _HOST),
    Meaning(causes(range(500, 600)), Fate.ISOLATE, "it failed on this request", "ask its maker", tries=2),
    Meaning(None, Fate.FATAL, "it refuses the request", "check the settings that make up this request"),
)


class JsonClient(HttpClient):
    """Sends to the address that `setting` of a configuration names.

    Read are also: user_agent, request_timeout, retry_seconds.
    """

    table = TABLE

    def __init__(
        self,
        config: Mapping[str, Any],
        setting: str,
        name: str,
        signer: Signer | None,
        pool: Pool,
        counts: Counting,
        log: logging.Logger,
    ) -> None:
        """Raises RunError: the address, or the way to it, cannot be used."""
        self.setting, self.name, self.log = setting, name, log  # type: ignore[misc]
        try:
            base = web_address(str(config[setting]), setting).geturl()
            way = Way.to(base)
        except SettingError as error:
            raise RunError(f"{error}.") from error
        patience = Patience(float(config["request_timeout"]), float(config["retry_seconds"]))
        headers = {"Accept": "application/json", "User-Agent": str(config["user_agent"])}
        super().__init__(base, way, signer, pool, counts, patience, headers)

    @override
    def read(self, _request: Request, response: requests.Response) -> Answer | Failure:
        status, content = response.status_code, as_utf8(response)
        try:
            value = msgspec.json.decode(content)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return Failure(status, Body.OTHER, shown(content), headers=response.headers)
        if 200 <= status < 300:
            return Answer(value, 0, response.headers)
        return Failure(status, Body.JSON, shown(content), value, response.headers)
