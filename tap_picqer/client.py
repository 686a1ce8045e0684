"""The account's API: address, key, the words of its failures and its limit of requests."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import requests
from typing_extensions import override

from connector.addresses import SettingError
from connector.errors import RunError
from connector.http.answers import SHOWN_OF_AN_ANSWER, Answer, Failure, as_utf8
from connector.http.budget import Budget
from connector.http.json_client import JsonClient
from connector.http.nearly import nearly_json
from connector.http.pool import Json, Pool
from connector.http.request import Counting, Request
from connector.http.table import Body
from connector.http.tokens import ApiKey
from connector.words import printable
from tap_picqer.config import API, address_of
from tap_picqer.errors import NOT_FOUND, TABLE

KEY_REMEDY = "check api_key: Picqer shows the keys at Settings > API keys"
WINDOW_SECONDS = 60.0
"""The limit counts requests of a minute."""


class PicqerClient(JsonClient):
    """The paths below /api/v1."""

    table = TABLE

    def __init__(self, config: Mapping[str, Any], pool: Pool, counts: Counting, log: logging.Logger) -> None:
        """Raises RunError: the address, or the way to it, cannot be used."""
        try:
            address = address_of(config)
        except SettingError as error:
            raise RunError(f"{error}.") from error
        signer = ApiKey(str(config["api_key"]), KEY_REMEDY)
        super().__init__({**config, "picqer_url": address + API}, "picqer_url", "Picqer", signer, pool, counts, log)
        self.budget = Budget(pool.pace, "X-RateLimit-Limit", "X-RateLimit-Remaining", WINDOW_SECONDS)

    @override
    def read(self, request: Request, response: requests.Response) -> Answer | Failure:
        self.budget.observe(response.headers)
        found = super().read(request, response)
        if isinstance(found, Answer):
            # A failure that came with a good status is none.
            return found if not _is_error(found.value) else _failure(500, found.value, response)
        if _is_error(found.value):
            return _failure(response.status_code, found.value, response)
        content = as_utf8(response).lstrip()
        if response.ok and content[:1] == b"[" and isinstance(rows := nearly_json(content), list):
            return Answer(rows, 0, response.headers)
        return replace(found, body=Body.BROKEN if content[:1] in {b"", b"{", b"["} else Body.OTHER)

    @override
    def missing_right(self, failure: Failure) -> str:
        return failure.text or str(failure.cause)


def code_of(value: Json) -> int | None:
    """Picqer's code in the body of a failure."""
    code = value.get("error_code") if isinstance(value, dict) else None
    return code if isinstance(code, int) and not isinstance(code, bool) else None


def is_missing(failure: Failure) -> bool:
    """Whether Picqer itself says that there is nothing of that id; an address that is not there says 404, too."""
    return failure.cause == 404 and code_of(failure.value) == NOT_FOUND


def _is_error(value: Json) -> bool:
    return isinstance(value, dict) and value.get("error") is True and "error_message" in value


def _failure(status: int, value: Json, response: requests.Response) -> Failure:
    code, message = code_of(value), value["error_message"]
    text = printable(message)[:SHOWN_OF_AN_ANSWER] if isinstance(message, str) else ""
    shown = f"{text} [code {code}]" if code is not None else text
    return Failure(status, Body.JSON, shown, value, response.headers)
