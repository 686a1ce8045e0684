"""One request to the shop: sent, judged by the table in errors.py, repeated with growing waits, counted."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict

from connector.addresses import SettingError, ca_bundle, environ_proxies
from connector.errors import AccessDenied, RunError, Stopped, StreamError, Unreadable
from connector.http.answers import (
    NO_ANSWER,
    Answer,
    Failure,
    explained,
    missing_right,
    no_answer,
    page_limit,
    pause,
    read_answer,
    retry_after,
)
from connector.http.pool import Pool
from connector.report import ReadReport
from tap_magento.auth import Signer
from tap_magento.errors import Action, Trouble, trouble_for
from tap_magento.search import path_part

LOGGER = logging.getLogger("tap-magento")
CONNECT_SECONDS = 15
FEWEST_ROWS = 10

Query = Callable[[int], str]


@dataclass(frozen=True)
class Address:
    """What to ask: a path below /V1, and the query for a given number of rows.

    `shrinkable`: another attempt may ask for fewer rows (a page number would then mean another page).
    `scope`: a store view's code, or `all` for the admin's values, where it is not the run's own scope that is asked.
    """

    path: str
    query: Query
    size: int = 0
    shrinkable: bool = True
    scope: str | None = None


@dataclass(frozen=True)
class Way:
    """What the environment says about the way to the shop: proxies, and which certificates are trusted."""

    proxies: dict[str, str]
    verify: str | bool

    @classmethod
    def to(cls, store: str) -> Way:
        """Read once, not for every request.

        Raises:
            RunError: the environment names a proxy or a file of certificates that cannot be used.
        """
        try:
            return cls(environ_proxies(store), ca_bundle(store))
        except SettingError as error:
            raise RunError(f"{error}.") from error


@dataclass
class _Sent:
    """One attempt: the number that the pace gave it, and the header it was signed with."""

    entered: int = 0
    authorization: str | None = None


class Api:
    """The shop's REST address with everything a request needs; used from several threads at once."""

    def __init__(self, store: str, signer: Signer, pool: Pool, report: ReadReport, settings: dict[str, Any]) -> None:
        self._rest = f"{store}/rest"
        self._scope = settings.get("store_code")
        self.signer = signer
        self.pool = pool
        self.report = report
        self.row_limit: int | None = None
        self.dead: RunError | None = None
        self._headers = {
            "Accept": "application/json",
            "Accept-Encoding": "gzip, deflate",
            "Connection": "keep-alive",
            "Content-Type": "application/json",
            "User-Agent": settings["user_agent"],
        }
        self._timeout = (min(CONNECT_SECONDS, settings["request_timeout"]), settings["request_timeout"])
        self._patience = float(settings["retry_seconds"])
        self._local = threading.local()
        self._adapters: list[HTTPAdapter] = []
        self.way = Way.to(store)

    def url(self, path: str, scope: str | None = None) -> str:
        """The address of a path below /V1, in a scope or in the run's own."""
        code = scope or self._scope
        return f"{self._rest}/{path_part(str(code))}/V1{path}" if code else f"{self._rest}/V1{path}"

    def get(self, address: Address, *, tries: int | None = None, isolating: bool = False) -> Answer:
        """Asks until there is an answer, within `retry_seconds`; `tries` lowers the number of attempts further.

        `isolating`: the caller can ask for less, so that damaged answers are soon taken for the fault of a record.

        Raises:
            Unreadable: the address keeps failing (500), keeps damaging its answer, or names nothing (404).
            AccessDenied: 401, also with a new token.
            StreamError: retries are used up, or the request is wrong.
            RunError: the address of the shop itself is wrong.
        """
        size, attempt, began = address.size, 0, time.monotonic()
        while True:
            if self.dead:
                raise self.dead
            size = min(size, self.row_limit or size)
            attempt += 1
            query = address.query(size)
            sent = _Sent()
            outcome = self._send(self.url(address.path, address.scope) + (f"?{query}" if query else ""), sent)
            if isinstance(outcome, Answer):
                return Answer(outcome.value, size, outcome.headers)
            row = trouble_for(outcome.cause, outcome.body)
            if row.action is Action.SHRINK and self._learn_limit(outcome, size):
                continue
            if row.action is Action.ACCESS and self.signer.renew(sent.authorization):
                continue
            spoilt = row.spoilt_after if isolating else None
            most = min(limit for limit in (row.tries, tries, spoilt, 1_000) if limit is not None)
            left = self._patience - (time.monotonic() - began)
            over = attempt >= most or left <= 0 or (retry_after(outcome.headers) or 0.0) > left
            if row.action not in {Action.RETRY, Action.ISOLATE} or over:
                if spoilt is not None:
                    raise Unreadable(200, row.says)
                raise self._verdict(row, outcome, address.path, attempt)
            self._pause(row, outcome, attempt, left, sent)
            if row.smaller and address.shrinkable and size > FEWEST_ROWS:
                size = max(FEWEST_ROWS, size // 2)

    def _send(self, url: str, sent: _Sent) -> Answer | Failure:
        sent.entered = self.pool.pace.enter()
        began: float = time.monotonic()
        seconds: float | None = None
        try:
            self.report.count_request()
            # The adapter alone: it follows no redirect and keeps no cookie.
            response = self._adapter().send(
                self._signed(url), timeout=self._timeout, verify=self.way.verify, proxies=self.way.proxies
            )
            sent.authorization = response.request.headers.get("Authorization")
            seconds = time.monotonic() - began
            return read_answer(response)
        except NO_ANSWER as error:
            return no_answer(error, url, self.way.proxies)
        finally:
            self.pool.pace.leave(seconds)

    def _signed(self, url: str) -> requests.PreparedRequest:
        """A request made by hand: its address is encoded already, and preparing it again would cost much CPU."""
        request = requests.PreparedRequest()
        request.method, request.url = "GET", url
        request.headers = CaseInsensitiveDict(self._headers)
        return self.signer(request)

    def _adapter(self) -> HTTPAdapter:
        """This thread's connections."""
        adapter: HTTPAdapter | None = getattr(self._local, "adapter", None)
        if adapter is None:
            adapter = self._local.adapter = HTTPAdapter()
            self._adapters.append(adapter)
        return adapter

    def close(self) -> None:
        """Closes every connection."""
        for adapter in self._adapters:
            adapter.close()

    def _learn_limit(self, failure: Failure, size: int) -> bool:
        limit = page_limit(failure.value)
        if limit is None or limit >= size:
            return False
        self.row_limit = min(limit, self.row_limit or limit)
        LOGGER.info("The shop allows %d rows a page: asking for that many from now on.", limit)
        return True

    def _pause(self, row: Trouble, failure: Failure, attempt: int, left: float, sent: _Sent) -> None:
        wait = min(pause(failure, attempt), left)
        self.report.count_retry(failure.cause)
        says = failure.reason.says if failure.reason else row.says
        LOGGER.info("Retrying in %.1f s after %s: %s.", wait, failure.cause, says)
        if row.slow:
            self.pool.pace.slow_down(wait if retry_after(failure.headers) is not None else 0.0, sent.entered)
        if self.pool.stopping.wait(wait):
            raise Stopped

    def _verdict(self, row: Trouble, failure: Failure, path: str, attempts: int) -> Exception:
        sentence = f"GET {path}: {explained(row, failure, attempts)}"
        if row.action is Action.ACCESS:
            return AccessDenied(missing_right(failure.value, failure.text))
        if row.action is Action.ISOLATE and isinstance(failure.cause, int):
            return Unreadable(failure.cause, failure.text or row.says)
        if row.action is Action.STOP:
            self.dead = RunError(sentence)
            return self.dead
        return StreamError(sentence)
