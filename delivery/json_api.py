"""A destination that is a plain JSON API: objects at `/<entity>` and `/<entity>/<id>`; a system says what differs."""

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import quote

import msgspec
import requests
from typing_extensions import override

from connector.errors import LoginRefused, RunError, Spent, Stopped
from connector.http.answers import Answer, Ending, Failure
from connector.http.clock import ServerClock
from connector.http.json_client import JsonClient
from connector.http.pace import Pace
from connector.http.pool import Json, Pool
from connector.http.request import Counting, Request
from connector.http.table import Fate, Meaning, Table, causes
from connector.http.tokens import Signer
from connector.names import PACKAGE
from connector.values import fit, id_text
from delivery.destination import Found, Reply
from delivery.settings import Settings
from vocabulary.entity import Entity

_SENT, _UNSENT = "sent", "unsent"
_ENCODER = msgspec.json.Encoder(decimal_format="number")
WRITES: Table = (
    Meaning(causes("lasting"), Fate.STOP, "it cannot be reached as it is configured", "correct the address"),
    Meaning(causes(401, 403), Fate.STOP, "it refuses access", "check the credentials and their rights"),
    Meaning(causes(_UNSENT, 429), Fate.AGAIN, "it was not taken", "run again later", slow=True),
    Meaning(causes(_SENT, range(200, 300), range(500, 600)), Fate.PARK, "it may have acted", method="POST", slow=True),
    Meaning(causes(404), Fate.CREATE_AGAIN, "somebody deleted it", method="PATCH"),
    Meaning(causes(404), Fate.GONE, "it is gone already", method="DELETE"),
    Meaning(causes(_SENT, range(200, 300), range(500, 600)), Fate.AGAIN, "it failed", "run again later", slow=True),
    Meaning(None, Fate.REFUSE, "it refuses the record"),
)


class JsonWriter(JsonClient):
    """Creates by POST, changes by PATCH, removes by DELETE; an answer with an id is believed, and nothing less."""

    table = WRITES
    id_field = "id"
    tell: Callable[[str], None] = staticmethod(lambda _sentence: None)

    def create(self, entity: str, attributes: dict[str, Any]) -> Reply:
        """A new object; never repeated once it may have reached the system."""
        reply = self.ask("POST", *self.new(entity, attributes))
        return reply if reply.fate is not Fate.DONE or reply.id else Reply(Fate.PARK, says="the answer has no id")

    def new(self, entity: str, attributes: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Where a new object is asked for, and in which words."""
        return f"/{entity}", attributes

    def update(self, entity: str, object_id: str, attributes: dict[str, Any]) -> Reply:
        """Changes the given attributes alone."""
        return self.ask("PATCH", f"/{entity}/{quote(object_id, safe='')}", attributes)

    def delete(self, entity: str, object_id: str) -> Reply:
        """Removes an object."""
        return self.ask("DELETE", f"/{entity}/{quote(object_id, safe='')}")

    def ask(self, method: str, path: str, attributes: Mapping[str, Any] | None = None, query: str = "") -> Reply:
        """One request with the repeats that its answers call for; `rows` are those of a list.

        Raises:
            LoginRefused: nothing can be written with these credentials, or at this address.
        """
        body = None if attributes is None else _ENCODER.encode(attributes)
        outcome = self.send(Request(path, lambda _size: query, method=method, body=body))
        if isinstance(outcome, Answer):
            rows = outcome.value if isinstance(outcome.value, list) else ()
            return Reply(Fate.DONE, id=_id_in(outcome.value, self.id_field), rows=tuple(rows))
        self.stop_at(outcome)
        return Reply(outcome.meaning.fate, message=outcome.failure.text, says=outcome.explained())

    def page(self, link: str) -> tuple[Json, str]:
        """The answer to a path with its query, whatever its shape; or None, and why there is none."""
        path, _, query = link.partition("?")
        outcome = self.send(Request(path, lambda _size: query))
        if isinstance(outcome, Answer):
            return outcome.value, ""
        self.stop_at(outcome)
        return None, outcome.explained()

    def stop_at(self, outcome: Ending) -> None:
        """Raises LoginRefused where nothing can be had with these credentials, or at this address."""
        if outcome.meaning.fate in (Fate.STOP, Fate.RENEW):
            raise LoginRefused(f"{self.name} takes nothing: {outcome.explained()}")

    @override
    def send(self, request: Request, *, tries: int | None = None, isolating: bool = False) -> Answer | Ending:
        """As always; where no request may leave any more today, the run ends as if it were asked to."""
        try:
            return super().send(request, tries=tries, isolating=isolating)
        except Spent as spent:
            self.tell(f"Not everything was sent: {spent}. The rest goes with a later run.")
            self.pool.stopping.set()
            raise Stopped from spent

    @override
    def read(self, request: Request, response: requests.Response) -> Answer | Failure:
        """A change and a removal need no words."""
        if response.ok and request.method in ("PATCH", "DELETE") and not response.content.strip():
            return Answer(None, 0, response.headers)
        return super().read(request, response)

    @override
    def unanswered(self, failure: Failure) -> Failure:
        lasting = failure.reason is not None and failure.reason.lasting
        return replace(failure, cause="lasting" if lasting else _SENT if failure.is_sent else _UNSENT)


class JsonDestination:
    """A system declares its name, its target, its `entities`, the setting with its address, and how it lists.

    `created` and `mark` name the moment of creation and the remote id in its rows.
    """

    name: str
    program: str
    entities: Sequence[Entity]
    setting: ClassVar[str] = "url"
    created: ClassVar[str] = "created_at"
    mark: ClassVar[str] = "remote_id"
    writer_class: ClassVar[type[JsonWriter]] = JsonWriter

    def __init__(
        self,
        address: str,
        settings: Settings,
        counts: Counting,
        signer: Signer | None = None,
        user_agent: str = f"{PACKAGE}/0.1 (Singer target)",
        stop: threading.Event | None = None,
    ) -> None:
        """Sends nothing yet. `stop` is what the signer waits for, where it waits.

        Raises:
            RunError: the address cannot be used.
        """
        self._says = ""
        self.stop = stop or threading.Event()
        self.clock = ServerClock(self.name)
        self.pace = Pace(settings.max_concurrency, first_wait=settings.retry_wait)
        used = {
            self.setting: address,
            "user_agent": user_agent,
            "request_timeout": settings.request_timeout,
            "retry_seconds": settings.retry_time,
        }
        log, pool = logging.getLogger(self.program), Pool(self.pace, self.stop)
        self.writer = self.writer_class(used, self.setting, self.name, signer, pool, counts, log)
        self.writer.clock = self.clock

    def query(self, since: datetime | None, key: Mapping[str, Any] | None) -> str:
        """The query of a list: what was created at or after `since`, or has this natural key, or everything."""
        raise NotImplementedError

    def listed(
        self, entity: Entity, *, since: datetime | None = None, key: Mapping[str, Any] | None = None
    ) -> Iterable[Found]:
        """The objects created at or after `since`, or those with a natural key; all of them where neither is given.

        Raises:
            RunError: the whole list cannot be had.
        """
        for row in self.rows(entity, self.query(since, key)):
            if (object_id := _id_in(row, self.writer.id_field)) is None:
                raise RunError(
                    f"{self.name}'s {entity.name} cannot be listed ({self._says or 'a row without an id'}), so it is "
                    "not known which records exist already and nothing more was created; run again later."
                )
            assert isinstance(row, dict)
            yield self.found(object_id, row)

    def rows(self, entity: Entity, query: str) -> Iterator[Json]:
        """The rows of a list; None, with why in `_says`, where it cannot be had."""
        reply = self.writer.ask("GET", f"/{entity.name}", query=query)
        self._says = reply.says
        yield from reply.rows if reply.fate is Fate.DONE else (None,)

    def found(self, object_id: str, row: Mapping[str, Any]) -> Found:
        """What a row says of an object."""
        return Found(object_id, row, str(row.get(self.created) or ""), mark=row.get(self.mark))

    def learn_time(self, entity: Entity) -> None:
        """Asks for the list of nothing created before now, for the sake of the Date header."""
        if not self.clock.is_known:
            self.writer.ask("GET", f"/{entity.name}", query=self.query(self.clock.now(), None))


def _id_in(value: object, field: str) -> str | None:
    return fit(id_text, value.get(field)) if isinstance(value, dict) else None
