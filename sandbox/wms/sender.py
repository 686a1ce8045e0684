"""Sends a warehouse's records to a receiver: single, full and incremental pushes, and what goes wrong on the way."""

import http.client
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from urllib.parse import urlsplit

from sandbox.server.state import SandboxError
from sandbox.wms.messages import REST_PATH, SOAP_PATH, Line, Message, Turn, chunks, message
from sandbox.wms.warehouse import Record, Warehouse


@dataclass(frozen=True)
class Reply:
    """What came back for a message; the status is None where the answer was lost."""

    number: int
    status: int | None
    text: str = ""


@dataclass
class Mishaps:
    """What goes wrong with the messages of a push.

    Attributes:
        duplicate: Each message is sent twice in a row.
        swap: Each pair of neighbours is sent in the wrong order.
        lose: Each answer is lost, so the message is sent again.
        split_sources: A SKU's sources travel in messages of their own, with one sequence.
        empty: A message without a line goes ahead.
        quantities: What is written instead of a SKU's quantity: `2.7`, `-3`, `abc`.
        unsequenced: SKUs whose entry in `productSeqs` is missing.
        strangers: SKUs that the shop does not have; each goes along in the first message.
    """

    duplicate: bool = False
    swap: bool = False
    lose: bool = False
    split_sources: bool = False
    empty: bool = False
    quantities: dict[str, str] = field(default_factory=dict)
    unsequenced: frozenset[str] = frozenset()
    strangers: Sequence[str] = ()


class Sender:
    """The sending side of one warehouse system.

    Attributes:
        warehouse: Whose stock it sends.
        chunk: How many products a message carries.
        soap: The version of SOAP to speak; None speaks REST.
        mishaps: What goes wrong from now on.
        next_message: The number of the next message; set it to 9 or 99 to cross to one digit more.
        notified: The last record that an incremental push has sent.
    """

    def __init__(
        self,
        warehouse: Warehouse,
        url: str,
        token: str | None,
        *,
        chunk: int = 100,
        soap: str | None = None,
        timeout: float = 30,
    ) -> None:
        """Send to the receiver at `url`, its address before the path, with a bearer token or none."""
        self.warehouse, self.url, self.token = warehouse, url.rstrip("/"), token
        self.chunk, self.soap, self.timeout = chunk, soap, timeout
        self.mishaps = Mishaps()
        self.next_message = 1
        self.notified = 0

    def single(self, sku: str) -> list[Reply]:
        """Send the last record of one product."""
        record = self.warehouse.latest(sku)
        if record is None:
            raise SandboxError(f"The warehouse has no record of {sku}.")
        return self.push([record])

    def full(self, *, initialise: bool = False) -> list[Reply]:
        """Send the last record of every product; with `initialise` new ones are made first."""
        if initialise:
            self.warehouse.initialise()
        last = {record.sku: record for record in self.warehouse.records}
        return self.push(sorted(last.values(), key=lambda record: record.number))

    def incremental(self) -> list[Reply]:
        """Send every record made since the last incremental push, whatever became of its messages."""
        records = self.warehouse.since(self.notified)
        self.notified = max([self.notified, *(record.number for record in records)])
        return self.push(records)

    def push(self, records: Sequence[Record]) -> list[Reply]:
        """Send records in messages, with the mishaps that are set."""
        messages = [self._spoilt(made) for piece in chunks(records, self.chunk) for made in self._messages(piece)]
        if self.mishaps.strangers and messages:
            for sku in self.mishaps.strangers:
                messages[0].lines.append(Line(sku, "1"))
                messages[0].turns.append(Turn(sku, self.warehouse.next_record))
                self.warehouse.next_record += 1
        if self.mishaps.empty:
            messages.insert(0, Message(self._number()))
        if self.mishaps.swap:
            pairs = [messages[n : n + 2] for n in range(0, len(messages), 2)]
            messages = list(chain.from_iterable(reversed(pair) for pair in pairs))
        return [reply for made in messages for reply in self._deliver(made)]

    def _number(self) -> int:
        self.next_message += 1
        return self.next_message - 1

    def _messages(self, records: Sequence[Record]) -> list[Message]:
        if not self.mishaps.split_sources:
            return [message(self._number(), records)]
        sources = dict.fromkeys(source for record in records for source in record.quantities)
        parts = [
            [replace(r, quantities={source: r.quantities[source]}) for r in records if source in r.quantities]
            for source in sources
        ]
        return [message(self._number(), part) for part in parts]

    def _spoilt(self, made: Message) -> Message:
        wrong, without = self.mishaps.quantities, self.mishaps.unsequenced
        made.lines = [replace(line, quantity=wrong.get(line.sku, line.quantity)) for line in made.lines]
        made.turns = [turn for turn in made.turns if turn.sku not in without]
        return made

    def _deliver(self, made: Message) -> list[Reply]:
        replies = [self.send(made, lose_answer=True)] if self.mishaps.lose else []
        replies.append(self.send(made))
        return [*replies, self.send(made)] if self.mishaps.duplicate else replies

    def send(self, made: Message, *, lose_answer: bool = False) -> Reply:
        """Send one message; a lost answer is one that is on its way when the connection is closed."""
        parts = urlsplit(self.url)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=self.timeout)
        try:
            headers = {"Content-Type": self._content_type()}
            if self.token is not None:
                headers["Authorization"] = f"Bearer {self.token}"
            connection.request("POST", parts.path + self._path(), self._body(made), headers)
            if lose_answer:
                connection.sock.recv(1)
                return Reply(made.number, None)
            answer = connection.getresponse()
            return Reply(made.number, answer.status, answer.read().decode())
        except OSError:
            return Reply(made.number, None)
        finally:
            connection.close()

    def _path(self) -> str:
        return REST_PATH if self.soap is None else SOAP_PATH

    def _body(self, made: Message) -> bytes:
        return made.rest() if self.soap is None else made.soap(self.url + SOAP_PATH, self.soap)

    def _content_type(self) -> str:
        if self.soap is None:
            return "application/json"
        return "text/xml; charset=utf-8" if self.soap == "1.1" else "application/soap+xml; charset=utf-8"
