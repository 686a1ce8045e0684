"""Asynchronous writes of the Magento sandbox: bodies are queued as operations, and how far each is can be asked."""

import random
from functools import partial
from operator import itemgetter

from sandbox.magento import source_items
from sandbox.magento.arguments import decoded
from sandbox.magento.call import Call
from sandbox.magento.collection import Column, Layout, Table
from sandbox.magento.operations import TOPIC, Bulk, Bulks
from sandbox.magento.search import MagentoError, parse_criteria, required
from sandbox.shop.products import stamp_text
from sandbox.shop.world import Json


def one(call: Call) -> Json:
    """Queue the body as one operation."""
    return _queued(call, [decoded(call.body)])


def many(call: Call) -> Json:
    """Queue each body of a list as an operation."""
    bodies = decoded(call.body)
    if not isinstance(bodies, list):
        raise required("sourceItems")
    return _queued(call, bodies)


def _queued(call: Call, bodies: list[object]) -> Json:
    """Queue bodies; one that cannot be read refuses them all."""
    rows = [source_items.read(call.server, body) for body in bodies]
    return _bulks(call).add(stamp_text(call.server.clock.now().replace(tzinfo=None)), bodies, rows)


def _bulks(call: Call) -> Bulks:
    """Return the queue, after the consumer has run over what was there, if it runs."""
    bulks = call.server.bulks
    if call.server.settings.consumer:
        bulks.consume(partial(source_items.save, call.server))
    return bulks


def _named(call: Call) -> tuple[str, Bulk, Json]:
    key = call.params["uuid"]
    found = _bulks(call).bulks.get(key)
    if found is None:
        raise MagentoError(404, "Bulk uuid %bulkUuid not exist", {"bulkUuid": key})
    head: Json = {
        "user_type": 1,
        "bulk_id": key,
        "description": f"Topic {TOPIC}",
        "start_time": found.started,
        "user_id": 1,
        "operation_count": len(found.operations),
    }
    return key, found, head


def status(call: Call) -> Json:
    """Return how far each operation of a bulk is."""
    _, bulk, head = _named(call)
    return {"operations_list": [operation.brief() for operation in bulk.operations], **head}


def detailed_status(call: Call) -> Json:
    """Return how far each operation is, with what a failed one held."""
    key, bulk, head = _named(call)
    return {"operations_list": [operation.detailed(key) for operation in bulk.operations], **head}


_OPERATIONS = Layout(
    "operations",
    "id",
    {
        **{name: Column("number", itemgetter(name)) for name in ("id", "status", "error_code")},
        **{name: Column("text", itemgetter(name)) for name in ("bulk_uuid", "topic_name")},
    },
)


def operations(call: Call) -> Json:
    """List operations of all bulks."""
    rows = [
        {"extension_attributes": {"start_time": bulk.started}, **operation.detailed(key)}
        for key, bulk in _bulks(call).bulks.items()
        for operation in bulk.operations
    ]
    criteria = parse_criteria(call.query, None)
    page = Table(_OPERATIONS, sorted(rows, key=itemgetter("id"))).select(criteria, random.Random(0))
    return {"items": page.rows, "search_criteria": criteria.echo(), "total_count": page.total}
