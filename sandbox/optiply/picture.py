"""The state of the Optiply sandbox without anything that differs between two runs: ids, uuids and times of writing.

Two runs that should end alike have equal pictures; a duplicate shows as a second entry.
"""

from typing import Any

import msgspec

from sandbox.optiply.resources import RESOURCES, SERVER_OWNED
from sandbox.optiply.store import OptiplyStore, Stored
from sandbox.optiply.values import Reference

_LEFT_OUT = SERVER_OWNED | {"productUuid"}


def picture(store: OptiplyStore) -> dict[str, list[dict[str, Any]]]:
    """Return all objects by type in a fixed order, with references told by remote ids.

    Each is a mapping of attributes and `remoteIds` (by coupling); a reference to an object without remote ids is told
    by that object's name, or its attributes where it has none.
    """
    return {
        type_: sorted((_tell(store, type_, stored) for stored in table.objects.values()), key=_order)
        for type_, table in store.tables.items()
        if type_ != "accounts"
    }


def _tell(store: OptiplyStore, type_: str, stored: Stored) -> dict[str, Any]:
    told: dict[str, Any] = {"remoteIds": dict(stored.remote_ids)}
    for name, value in stored.attributes.items():
        if name in _LEFT_OUT:
            continue
        kind = RESOURCES[type_].attributes[name].kind
        told[name] = _tell_reference(store, kind.target, value) if isinstance(kind, Reference) else value
    return told


def _tell_reference(store: OptiplyStore, type_: str, id_: int) -> object:
    target = store.tables[type_].objects.get(id_)
    if target is None:
        return "deleted"
    return dict(target.remote_ids) or target.attributes.get("name") or _tell(store, type_, target)


def _order(told: dict[str, Any]) -> bytes:
    return msgspec.json.encode(told, order="sorted")
