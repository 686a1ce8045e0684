"""Sends requests to Optiply: JSON:API envelope, token, timeouts, repeats as errors.py says, figures.

Knows no records and no streams; what to do about an answer beyond repeating it is in write.py.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

import msgspec
import requests
from requests.adapters import HTTPAdapter

from connector.errors import LoginRefused, Outage, RunError, Stopped
from connector.http.clock import ServerClock
from connector.http.pace import Pace
from connector.reasons import tls_only, why
from target_optiply.answers import Answer, Reply, how_it_failed, is_promised, json_object, reply_of, said
from target_optiply.auth import Token
from target_optiply.errors import CUT, UNREADABLE, UNSENT, Verdict, classify, in_words

MEDIA_TYPE = "application/vnd.api+json"
PAGE = 100  # the largest page Optiply gives
CONNECT_TIMEOUT = 10.0
BRIEF_TRIES = 2
_ENCODER = msgspec.json.Encoder(decimal_format="number")
_TROUBLE = (429, 502, 503, 504, CUT, UNSENT)


class OptiplyClient:
    """The API at `api_url` for one account; safe to use from several threads."""

    def __init__(
        self,
        api_url: str,
        token: Token,
        pace: Pace,
        clock: ServerClock,
        stop: threading.Event,
        *,
        account_id: str,
        coupling_id: str | None = None,
        timeout: float = 60.0,
        patience: float = 300.0,
        proxies: Mapping[str, str] | None = None,
        verify: str | bool = True,
    ) -> None:
        """`timeout` is per answer, `patience` how long trouble may last; both in seconds."""
        self._url = api_url.rstrip("/")
        self._token = token
        self._pace = pace
        self._clock = clock
        self._stop = stop
        self._timeout = (min(CONNECT_TIMEOUT, timeout), timeout)
        self._proxies, self._verify = dict(proxies or {}), verify
        self._patience = patience
        self._scope = {"accountId": account_id} | ({"couplingId": coupling_id} if coupling_id else {})
        self._sessions = threading.local()
        self._lock = threading.Lock()
        self.requests = 0
        self.retries: Counter[str] = Counter()

    def create(self, resource: str, attributes: dict[str, Any]) -> Reply:
        """POST: never repeated after it may have reached the server."""
        return self._send("POST", resource, self._scope, _envelope(resource, attributes))

    def update(self, resource: str, optiply_id: str, attributes: dict[str, Any]) -> Reply:
        """PATCH of the given attributes only."""
        return self._send("PATCH", _path(resource, optiply_id), self._scope, _envelope(resource, attributes))

    def delete(self, resource: str, optiply_id: str) -> Reply:
        """DELETE one object."""
        return self._send("DELETE", _path(resource, optiply_id), self._scope)

    def objects(self, resource: str, filters: dict[str, str], *, of_account: bool) -> Iterator[dict[str, Any]]:
        """All objects that fit; filter names as in `filter[NAME]`, so `createdAt][GE` is a comparison.

        `of_account` limits the list to our account, where the resource shows it. Raises RunError when Optiply
        does not give the whole list.
        """
        query = {f"filter[{name}]": value for name, value in filters.items()}
        if of_account:
            query["filter[accountId]"] = self._scope["accountId"]
        offset = 0
        while True:
            page = query | {"sort": "id", "page[offset]": str(offset), "page[limit]": str(PAGE)}
            reply = self._send("GET", resource, page)
            if reply.verdict is not Verdict.DONE:
                told = f": {reply.message}" if isinstance(reply.status, int) else ""
                raise RunError(
                    f"Optiply's {resource} cannot be listed ({in_words(reply.status)}{told}), so it is not known which "
                    "records exist already and nothing more was created; run again later."
                )
            yield from reply.rows
            if len(reply.rows) < PAGE:
                return
            offset += PAGE

    def learn_time(self, resource: str) -> None:
        """Asks for one object, for the sake of the Date header, unless Optiply's time is known already."""
        if not self._clock.is_known:
            self._send("GET", resource, {"sort": "id", "page[offset]": "0", "page[limit]": "1"})

    def _send(self, method: str, path: str, query: dict[str, str], body: bytes | None = None) -> Reply:
        """One request with the repeats its answers call for.

        Raises Stopped (nothing is in flight then), LoginRefused or Outage.
        """
        give_up_at = time.monotonic() + self._patience
        brief = 0
        refused_token: str | None = None
        while self._pace.hold(self._stop):
            token = self._token.current() if refused_token is None else self._token.renew(refused_token)
            answer = self._once(method, path, query, body, token)
            verdict = classify(method, answer.status, answer.text)
            self._note_trouble(answer)
            if verdict is Verdict.STOP or (verdict is Verdict.RENEW and refused_token is not None):
                raise LoginRefused(
                    f"Optiply refused the token (status {answer.status}: {said(answer.body)}); check the credentials "
                    "and that the login may write to this account."
                )
            refused_token = token if verdict is Verdict.RENEW else None
            brief += verdict is Verdict.AGAIN_BRIEFLY
            again = (
                verdict is Verdict.RENEW
                or (verdict is Verdict.AGAIN_BRIEFLY and brief <= BRIEF_TRIES)
                or (verdict is Verdict.AGAIN and time.monotonic() < give_up_at)
            )
            if not again:
                return reply_of(verdict, answer)
            with self._lock:
                self.retries[str(answer.status)] += 1
            if verdict is Verdict.AGAIN_BRIEFLY:
                self._stop.wait(self._pace.first_pause * brief)
        raise Stopped

    def _note_trouble(self, answer: Answer) -> None:
        if answer.status not in _TROUBLE:
            return
        if answer.retry_after is not None and answer.retry_after > self._patience:
            raise Outage(f"Optiply asks for {answer.retry_after:.0f} seconds of rest; run again after that.")
        self._pace.troubled(answer.retry_after)
        lasted = self._pace.troubled_for()
        if lasted > self._patience:
            last = answer.why or in_words(answer.status)
            raise Outage(
                f"Optiply has given no good answer for {lasted:.0f} seconds (last: {last}); the run stops here and the "
                "next run goes on from where it stopped."
            )

    def _once(self, method: str, path: str, query: dict[str, str], body: bytes | None, token: str) -> Answer:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": MEDIA_TYPE, "Accept": MEDIA_TYPE}
        with self._lock:
            self.requests += 1
        began = time.monotonic()
        try:
            response = self._session().request(
                method,
                f"{self._url}/{path}",
                params=query,
                data=body,
                headers=headers,
                timeout=self._timeout,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            return self._unanswered(error, time.monotonic() - began)
        latency = time.monotonic() - began
        if (tls := tls_only(response.status_code, response.content, self._url, setting="api_url")) is not None:
            raise Outage(f"Optiply cannot be reached: {tls}.")
        self._clock.observe(response.headers.get("Date"))
        content = json_object(response.content)
        status: int | str = response.status_code
        is_empty = not response.content.strip()
        if 200 <= response.status_code < 300 and not is_promised(method, content, is_empty=is_empty):
            status = UNREADABLE
        text = "" if status == response.status_code < 300 else response.content[:4000].decode("utf-8", "replace")
        return Answer(status, content, text, self._clock.seconds_until(response.headers.get("Retry-After")), latency)

    def _unanswered(self, error: requests.RequestException, latency: float) -> Answer:
        """What an exception of a request means. Raises Outage where a person must change something first."""
        proxy = requests.utils.select_proxy(self._url, self._proxies)
        reason = why(error, self._url, setting="api_url", proxy=proxy)
        if reason.lasting:
            raise Outage(f"Optiply cannot be reached: {reason}.") from None
        return Answer(how_it_failed(error), latency=latency, why=reason.says)

    def _session(self) -> requests.Session:
        """This thread's session."""
        session = getattr(self._sessions, "session", None)
        if session is None:
            session = requests.Session()
            session.trust_env = False
            session.proxies, session.verify = dict(self._proxies), self._verify
            for scheme in ("http://", "https://"):
                session.mount(scheme, HTTPAdapter(pool_connections=1, pool_maxsize=1))
            self._sessions.session = session
        return session


def _path(resource: str, optiply_id: str) -> str:
    return f"{resource}/{quote(optiply_id, safe='')}"


def _envelope(resource: str, attributes: dict[str, Any]) -> bytes:
    return _ENCODER.encode({"data": {"type": resource, "attributes": attributes}})
