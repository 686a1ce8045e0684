"""The API of an account: each location with its own token, cursors sent back as they came."""

import logging
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import requests
from typing_extensions import override

from connector.errors import Spent
from connector.http.answers import Answer, Failure, as_utf8
from connector.http.json_client import JsonClient
from connector.http.nearly import nearly_json
from connector.http.pool import Json, Pool
from connector.http.request import Request
from connector.http.table import Body, Meaning, read_table
from connector.http.tokens import Signer
from easyecom_api.access import Access
from easyecom_api.envelope import worded

_LIMIT = re.compile(r"limit cannot be greater than (\d{1,6})", re.IGNORECASE)

TOO_MANY = 429


class EasyecomClient(JsonClient):
    """Reads; the scope of a request is the location that it is asked for."""

    table = read_table(__file__)
    limit_per_path = True

    def __init__(self, config: Mapping[str, Any], access: Access, pool: Pool, log: logging.Logger) -> None:
        """Raises RunError: the address, or the way to it, cannot be used."""
        super().__init__(config, "easyecom_url", "EasyEcom", access.signer(), pool, access.quota, log)
        self.access, self.clock = access, access.clock

    @override
    def signer_of(self, request: Request) -> Signer:
        return self.access.signer(request.scope)

    @override
    def read(self, request: Request, response: requests.Response) -> Answer | Failure:
        found = super().read(request, response)
        if isinstance(found, Failure) and found.body is Body.OTHER and response.ok:
            content = as_utf8(response).lstrip()
            if content[:1] == b"{" and isinstance(value := nearly_json(content), dict):
                found = Answer(value, 0, response.headers)
            else:
                found = replace(found, body=Body.BROKEN if content[:1] in {b"", b"{"} else Body.OTHER)
        return worded(found)

    @override
    def check_trouble(self, failure: Failure, _meaning: Meaning) -> None:
        """Raises Spent where nothing but 429 came for so long: others have used up the day's requests of the key."""
        seconds = self.pool.pace.troubled_for()
        if failure.cause == TOO_MANY and seconds >= self.patience.request:
            raise Spent(f"EasyEcom has answered nothing but 429 for {seconds:.0f} seconds, so others used up the day")

    @override
    def page_limit(self, failure: Failure) -> int | None:
        told = _LIMIT.search(failure.text)
        return int(told[1]) if told and int(told[1]) > 0 else None


def part_with_rows(value: Json) -> tuple[Json, str]:
    """Where an answer keeps its rows, and under which name: most do in `data`, orders in `data.orders`."""
    data = value.get("data") if isinstance(value, dict) else None
    return (data, "orders") if isinstance(data, dict) else (value, "data")
