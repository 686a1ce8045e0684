"""The operations that wait in the Magento sandbox for the consumer of asynchronous writes."""

import hashlib
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from sandbox.magento.search import MagentoError
from sandbox.shop.world import Json

TOPIC = "async.magento.inventoryapi.api.sourceitemssaveinterface.execute.post"
_DONE = (
    "Service execution success "
    "Magento\\Inventory\\Model\\SourceItem\\Command\\SourceItemsSave\\Interceptor::execute"
)
COMPLETE, NOT_RETRIABLE, OPEN = 1, 3, 4


@dataclass
class Operation:
    """Source items that were sent together."""

    number: int
    rows: list[Json]
    status: int = OPEN
    message: str | None = None

    def brief(self) -> Json:
        """Return what the status shows."""
        code = 0 if self.status == NOT_RETRIABLE else None
        return {"id": self.number, "status": self.status, "result_message": self.message, "error_code": code}

    def detailed(self, bulk: str) -> Json:
        """Return what the detailed status shows: what was sent only of an operation that failed."""
        failed, brief = self.status == NOT_RETRIABLE, self.brief()
        meta = msgspec.json.encode({"sourceItems": self.rows}).decode()
        data = {"entity_id": None, "entity_link": "", "meta_information": meta, "store_id": "0"}
        return {
            "id": brief.pop("id"),
            "bulk_uuid": bulk,
            "topic_name": TOPIC,
            "serialized_data": msgspec.json.encode(data).decode() if failed else None,
            "result_serialized_data": None,
            **brief,
        }


@dataclass
class Bulk:
    """The operations of one request and when it came."""

    started: str
    operations: list[Operation] = field(default_factory=list)


class Bulks:
    """The operations of a shop that were queued, and the consumer that carries them out."""

    def __init__(self) -> None:
        """Start with an empty queue."""
        self.bulks: dict[str, Bulk] = {}

    def add(self, started: str, bodies: list[object], rows: list[list[Json]]) -> Json:
        """Queue one operation per body with the rows it holds, and return the answer."""
        key, operations = str(uuid.uuid4()), [Operation(n, held) for n, held in enumerate(rows)]
        self.bulks[key] = Bulk(started, operations)
        hashes = [hashlib.sha256(msgspec.json.encode(body)).hexdigest() for body in bodies]
        items = [{"id": n, "data_hash": digest, "status": "accepted"} for n, digest in enumerate(hashes)]
        return {"bulk_uuid": key, "request_items": items, "errors": False}

    def consume(self, save: Callable[[list[Json]], None], at_most: int | None = None) -> int:
        """Carry out what is open, or the first of it, and return how many operations that were."""
        waiting = [op for bulk in self.bulks.values() for op in bulk.operations if op.status == OPEN]
        for operation in waiting[:at_most]:
            try:
                save(operation.rows)
                operation.status, operation.message = COMPLETE, _DONE
            except MagentoError as error:
                operation.status, operation.message = NOT_RETRIABLE, error.message
        return len(waiting[:at_most])
