"""JSON:API documents of the Optiply sandbox: one object with its links, and the objects behind a related link."""

from typing import Any

from sandbox.optiply.errors import not_found
from sandbox.optiply.resources import RESOURCES
from sandbox.optiply.store import OptiplyStore, Stored
from sandbox.optiply.values import Reference

_NAMED_DIFFERENTLY = {
    "productComposedFromCompositions": ("productCompositions", "composedProductId"),
    "productPartOfCompositions": ("productCompositions", "partProductId"),
}


def document(store: OptiplyStore, type_: str, stored: Stored, base: str) -> dict[str, Any]:
    """Return an object as JSON:API shows it; `base` is the API's address with `/v1`."""
    resource = RESOURCES[type_]
    attributes = store.flat(type_, stored)
    del attributes["id"]
    if not resource.remote_id_map:
        del attributes["remoteIdMap"]
    itself = f"{base}/{type_}/{stored.id}"
    return {
        "id": str(stored.id),
        "type": type_,
        "attributes": attributes,
        "relationships": {
            name: {"links": {"self": f"{itself}/relationships/{name}", "related": f"{itself}/{name}"}}
            for name in resource.relationships
        },
        "links": {"self": itself},
    }


def related(store: OptiplyStore, type_: str, stored: Stored, name: str, base: str) -> dict[str, Any]:
    """Return what a `related` link leads to: a list for children, one object or null for a parent.

    Raises ApiError: 404 when the resource has no such relationship.
    """
    if name not in RESOURCES[type_].relationships:
        raise not_found(f"relationship of {type_}", name)
    if name == "account":
        return {"data": document(store, "accounts", store.get("accounts", store.settings.account_id), base)}
    if name in _NAMED_DIFFERENTLY or name in RESOURCES:
        child_type, attribute = _NAMED_DIFFERENTLY.get(name) or (name, _reference_to(name, type_))
        children = store.tables[child_type].where(attribute, stored.id)
        return {"data": [document(store, child_type, child, base) for child in children]}
    kind = RESOURCES[type_].attributes[name + "Id"].kind if name + "Id" in RESOURCES[type_].attributes else None
    if not isinstance(kind, Reference):
        return {"data": None}
    return {"data": document(store, kind.target, store.get(kind.target, stored.attributes[name + "Id"]), base)}


def _reference_to(child_type: str, parent_type: str) -> str:
    """Return the attribute by which one resource refers to another."""
    for attribute in RESOURCES[child_type].attributes.values():
        if isinstance(attribute.kind, Reference) and attribute.kind.target == parent_type:
            return attribute.name
    raise not_found(f"relationship of {parent_type}", child_type)
