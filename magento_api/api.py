"""The shop's REST address: what of connector/http is Magento's own."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import requests
from typing_extensions import override

from connector.addresses import SettingError, Way
from connector.errors import RunError
from connector.http.answers import Answer, Failure
from connector.http.client import HttpClient
from connector.http.pool import Pool
from connector.http.request import Counting, Patience, Request
from connector.http.tokens import Signer
from magento_api.answers import SETTING, missing_right, page_limit, read_answer
from magento_api.errors import TABLE
from magento_api.search import path_part

KINDS = {"host": "address", "refused": "address"}
"""Kinds of a failed connection that one row of the table of errors stands for; the others are named as they are."""


def way_to(store: str) -> Way:
    """How the environment says the shop is reached.

    Raises RunError: the environment names a proxy or a file of certificates that cannot be used.
    """
    try:
        return Way.to(store)
    except SettingError as error:
        raise RunError(f"{error}.") from error


class ShopClient(HttpClient):
    """Whatever is asked of a shop."""

    table = TABLE
    name = "The shop"
    setting = SETTING

    def __init__(
        self,
        base: str,
        way: Way,
        signer: Signer | None,
        pool: Pool,
        report: Counting,
        settings: Mapping[str, Any],
        log: logging.Logger,
    ) -> None:
        """`settings`: user_agent, request_timeout and retry_seconds are read."""
        self.log = log  # type: ignore[misc] # the log of the program that asks
        headers = {
            "Accept": "application/json",
            "Content-Type": "application/json",
            "User-Agent": str(settings["user_agent"]),
        }
        patience = Patience(float(settings["request_timeout"]), float(settings["retry_seconds"]))
        super().__init__(base, way, signer, pool, report, patience, headers)

    @override
    def read(self, _request: Request, response: requests.Response) -> Answer | Failure:
        return read_answer(response)

    @override
    def unanswered(self, failure: Failure) -> Failure:
        return replace(failure, cause=KINDS.get(str(failure.cause), failure.cause))


class Api(ShopClient):
    """The paths below /V1, in the scope of the run."""

    def __init__(
        self,
        store: str,
        way: Way,
        signer: Signer,
        pool: Pool,
        report: Counting,
        settings: Mapping[str, Any],
        log: logging.Logger,
    ) -> None:
        """`settings`: store_code is read, too."""
        super().__init__(f"{store}/rest", way, signer, pool, report, settings, log)
        self._scope = settings.get("store_code")

    @override
    def url(self, path: str, scope: str | None = None) -> str:
        """The address of a path below /V1, in a scope (`all` for the admin's values) or in the run's own."""
        code = scope or self._scope
        return f"{self.base}/{path_part(str(code))}/V1{path}" if code else f"{self.base}/V1{path}"

    @override
    def page_limit(self, failure: Failure) -> int | None:
        return page_limit(failure.value)

    @override
    def missing_right(self, failure: Failure) -> str:
        return missing_right(failure.value, failure.text)
