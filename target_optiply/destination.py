"""Optiply as a destination: which objects it lists are whose, and how it is reached."""

import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from connector.errors import RunError
from connector.http.clock import ISO, ServerClock
from connector.http.pace import Pace
from connector.http.pool import Pool
from connector.http.request import Counting, Patience
from connector.http.tokens import SharedToken
from delivery.destination import Found
from optiply_api.login import Login
from target_optiply.client import OptiplyClient
from target_optiply.settings import OptiplySettings, way_to
from vocabulary.entity import Entity
from vocabulary.optiply import ENTITIES


class OptiplyDestination:
    """One account."""

    name = "Optiply"
    program = "target-optiply"
    entities = ENTITIES

    def __init__(
        self, settings: OptiplySettings, counts: Counting, renewed: Callable[[str], None] | None = None
    ) -> None:
        """`renewed` is told each new token. Sends nothing yet.

        Raises ConfigValidationError where the environment names a proxy or certificates that cannot be used.
        """
        self.stop = threading.Event()
        self.clock = ServerClock(self.name)
        self.pace = Pace(settings.max_concurrency, first_wait=settings.retry_wait)
        self._coupling = settings.coupling_id
        patience = Patience(settings.request_timeout, settings.retry_time, settings.retry_wait)
        log_in = Login(
            settings.auth_url,
            way_to(settings.auth_url),
            settings.credentials,
            Pool(Pace(1, first_wait=settings.retry_wait), self.stop),
            counts,
            patience,
            self.clock,
            renewed,
        )
        self.writer = OptiplyClient(
            settings.api_url,
            way_to(settings.api_url),
            SharedToken(log_in, settings.credentials.access_token),
            Pool(self.pace, self.stop),
            counts,
            patience,
            self.clock,
            account_id=settings.account_id,
            coupling_id=settings.coupling_id,
        )

    def listed(
        self, entity: Entity, *, since: datetime | None = None, key: Mapping[str, Any] | None = None
    ) -> Iterable[Found]:
        """The objects created at or after `since`, or those with a natural key; all of them where neither is given.

        Raises RunError when the whole list cannot be had, or when it cannot be told whose an object is.
        """
        filters = {name: str(value) for name, value in (key or {}).items()}
        if since is not None:
            filters["createdAt][GE"] = since.strftime(ISO)
        for row in self.writer.objects(entity.name, filters, of_account=entity.of_account):
            yield self._found(entity.name, row)

    def learn_time(self, entity: Entity) -> None:
        """Asks for one object, for the sake of the Date header."""
        self.writer.learn_time(entity.name)

    def _found(self, resource: str, row: dict[str, Any]) -> Found:
        """An object whose remote ids stand in `remoteIdMap`, by coupling; ours decides whose it is."""
        attributes = _attributes(resource, row)
        marks = attributes.get("remoteIdMap") or {}
        ours = self._coupling is not None and self._coupling in marks
        return Found(
            str(row["id"]),
            attributes,
            str(attributes.get("createdAt") or ""),
            mark=marks[self._coupling] or "" if ours else None,
            foreign=() if ours else tuple(marks.values()),
            may_be_ours=self._coupling is None or ours or "remoteIdMap" not in attributes,
        )


def _attributes(resource: str, row: dict[str, Any]) -> dict[str, Any]:
    attributes = row.get("attributes")
    if isinstance(attributes, dict) and isinstance(attributes.get("remoteIdMap") or {}, dict):
        return attributes
    what = "attributes" if not isinstance(attributes, dict) else "remoteIdMap"
    raise RunError(
        f"Optiply lists {resource} {row['id']} with {what} of another shape than its API promises, so it is not known "
        "which records exist already and nothing more was created; run again later, or ask Optiply."
    )
