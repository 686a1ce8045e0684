"""Sends requests to Optiply: JSON:API envelope, account, lists; what is general of it is in connector/http.

Knows no records and no streams; what to do about an answer beyond repeating it is up to the caller.
"""

import logging
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
import requests
from typing_extensions import override

from connector.addresses import Way
from connector.errors import LoginRefused, Outage, RunError
from connector.http.answers import Answer, Failure
from connector.http.clock import ServerClock
from connector.http.pool import Pool
from connector.http.request import Counting, Patience, Request
from connector.http.resting import RestingClient
from connector.http.table import Fate, Meaning
from connector.http.tokens import Signer
from delivery.destination import Reply
from optiply_api.words import said
from target_optiply.answers import read_answer, reply_of
from target_optiply.errors import TABLE, in_words

MEDIA_TYPE = "application/vnd.api+json"
PAGE = 100  # the largest page Optiply gives
_ENCODER = msgspec.json.Encoder(decimal_format="number")


class OptiplyClient(RestingClient):
    """The API at `api_url` for one account; safe to use from several threads."""

    table = TABLE
    name = "Optiply"
    setting = "api_url"
    log = logging.getLogger("target-optiply")
    log_level = logging.DEBUG

    def __init__(
        self,
        api_url: str,
        way: Way,
        signer: Signer,
        pool: Pool,
        counts: Counting,
        patience: Patience,
        clock: ServerClock,
        *,
        account_id: str,
        coupling_id: str | None = None,
    ) -> None:
        """`clock` learns Optiply's time."""
        headers = {"Content-Type": MEDIA_TYPE, "Accept": MEDIA_TYPE, "User-Agent": requests.utils.default_user_agent()}
        super().__init__(api_url.rstrip("/"), way, signer, pool, counts, patience, headers, clock)
        self._server_clock = clock
        self._scope = {"accountId": account_id} | ({"couplingId": coupling_id} if coupling_id else {})

    def create(self, resource: str, attributes: dict[str, Any]) -> Reply:
        """POST: never repeated after it may have reached the server."""
        return self._ask("POST", resource, self._scope, _envelope(resource, attributes))

    def update(self, resource: str, optiply_id: str, attributes: dict[str, Any]) -> Reply:
        """PATCH of the given attributes only."""
        return self._ask("PATCH", _path(resource, optiply_id), self._scope, _envelope(resource, attributes))

    def delete(self, resource: str, optiply_id: str) -> Reply:
        """DELETE one object."""
        return self._ask("DELETE", _path(resource, optiply_id), self._scope)

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
            reply = self._ask("GET", resource, page)
            if reply.fate is not Fate.DONE:
                raise RunError(
                    f"Optiply's {resource} cannot be listed ({reply.says}), so it is not known which "
                    "records exist already and nothing more was created; run again later."
                )
            yield from reply.rows
            if len(reply.rows) < PAGE:
                return
            offset += PAGE

    def learn_time(self, resource: str) -> None:
        """Asks for one object, for the sake of the Date header, unless Optiply's time is known already."""
        if not self._server_clock.is_known:
            self._ask("GET", resource, {"sort": "id", "page[offset]": "0", "page[limit]": "1"})

    def _ask(self, method: str, path: str, query: dict[str, str], body: bytes | None = None) -> Reply:
        """One request with the repeats its answers call for.

        Raises Stopped (nothing is in flight then), LoginRefused or Outage.
        """
        encoded = urlencode(query)
        outcome = self.send(Request(f"/{path}", lambda _size: encoded, method=method, body=body))
        if isinstance(outcome, Answer) or outcome.meaning.fate not in {Fate.STOP, Fate.RENEW}:
            return reply_of(outcome)
        failure = outcome.failure
        if failure.reason is not None:
            raise Outage(f"Optiply cannot be reached: {failure.reason}.")
        raise LoginRefused(
            f"Optiply refused the token (status {failure.cause}: {said(failure.value)}); check the credentials and "
            "that the login may write to this account."
        )

    @override
    def read(self, request: Request, response: requests.Response) -> Answer | Failure:
        return read_answer(request, response)

    @override
    def check_trouble(self, failure: Failure, meaning: Meaning) -> None:
        """Raises Outage also where trouble has lasted longer than our patience."""
        super().check_trouble(failure, meaning)
        lasted = self.pool.pace.troubled_for()
        if lasted >= self.patience.request:
            last = failure.reason.says if failure.reason else in_words(failure.cause)
            raise Outage(
                f"Optiply has given no good answer for {lasted:.0f} seconds (last: {last}); the run stops here and the "
                "next run goes on from where it stopped."
            )


def _path(resource: str, optiply_id: str) -> str:
    return f"{resource}/{quote(optiply_id, safe='')}"


def _envelope(resource: str, attributes: dict[str, Any]) -> bytes:
    return _ENCODER.encode({"data": {"type": resource, "attributes": attributes}})
