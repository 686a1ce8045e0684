"""What POST, PATCH and DELETE do in the Optiply sandbox: reading attributes, rules between objects, cascades."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sandbox.optiply.errors import ApiError, not_found
from sandbox.optiply.resources import RESOURCES, SERVER_OWNED, Attribute, Resource
from sandbox.optiply.store import Change, OptiplyStore, Stored
from sandbox.optiply.values import Json, OutOfRange, Reference, WrongType, instant, iso

NEUTRAL_COUPLING = "default"
"""The key in `remoteIdMap` of a remote id that was sent without a coupling."""

_LINE_FIELDS = {
    "sellOrderLines": ("quantity", "subtotalValue", "productId"),
    "buyOrderLines": ("quantity", "subtotalValue", "productId", "expectedDeliveryDate"),
}
"""What a nested order line may hold."""
_PARENTS = {"receiptLines": ("buyOrderLines", "buyOrderLineId"), "buyOrderLines": ("buyOrders", "buyOrderId")}


def create(store: OptiplyStore, type_: str, sent: Mapping[str, Any], coupling: str | None) -> Stored:
    """Create an object, and the lines nested in it.

    A remote id that exists already is no obstacle: the API knows no uniqueness but that of the pairs.

    Raises ApiError: 400, 404 (unknown reference), 409 (pair exists) or 500 (wrong type), and nothing is created.
    """
    resource = RESOURCES[type_]
    attributes = dict(sent)
    remote_ids = _remote_ids(attributes, {}, coupling)
    lines = attributes.pop("orderLines", None) if resource.lines else None
    if type_ == "sellOrders" and lines is None:
        raise ApiError(400, "orderLines: must not be null")
    values = _read_new(store, resource.attributes, attributes)
    _check_pair(store, resource, values)
    _complete(store, type_, values)
    stored = Stored(store.new_id(), {**values, **store.marks(type_)}, remote_ids)
    changes: list[Change] = [("put", type_, stored)]
    changes += _siblings_not_preferred(store, type_, stored)
    if resource.lines and lines:
        changes += _lines(store, RESOURCES[resource.lines], lines, stored)
    store.commit([*changes, *_bumped(store, type_, stored)])
    return stored


def update(store: OptiplyStore, type_: str, id_: str, sent: Mapping[str, Any], coupling: str | None) -> Stored:
    """Change the attributes sent and no others; an explicit null clears.

    Raises ApiError: 400, 404 or 500, and nothing is changed.
    """
    resource = RESOURCES[type_]
    old = store.get(type_, id_)
    attributes = dict(sent)
    remote_ids = _remote_ids(attributes, old.remote_ids, coupling)
    if resource.lines and "orderLines" in attributes:
        raise ApiError(400, "orderLines can only be sent when an order is created")
    values = _read(resource.attributes, attributes, creating=False, strict=store.settings.strict)
    stored = Stored(old.id, {**old.attributes, **values, "updatedAt": store.timestamp()}, remote_ids)
    siblings = _siblings_not_preferred(store, type_, stored)
    store.commit([("put", type_, stored), *siblings, *_bumped(store, type_, stored)])
    return stored


def delete(store: OptiplyStore, type_: str, id_: str) -> None:
    """Delete an object and what hangs on it. Raises ApiError: 404 when it does not exist."""
    gone = store.get(type_, id_)
    store.commit([*_removal(store, type_, gone), *_bumped(store, type_, gone)])


def _bumped(store: OptiplyStore, type_: str, stored: Stored) -> list[Change]:
    """Return the changes of `updatedAt` that a child's change brings to its parents, where the account does so."""
    if not store.settings.bump_parents or type_ not in _PARENTS:
        return []
    parent_type, name = _PARENTS[type_]
    parent = store.get(parent_type, stored.attributes[name])
    bumped = Stored(parent.id, {**parent.attributes, "updatedAt": store.timestamp()}, parent.remote_ids)
    return [("put", parent_type, bumped), *_bumped(store, parent_type, bumped)]


def _removal(store: OptiplyStore, type_: str, stored: Stored) -> list[Change]:
    changes: list[Change] = [("delete", type_, stored)]
    if type_ == "products" and not store.settings.cascade_products:
        return changes
    for child_type, attribute in RESOURCES[type_].children:
        for child in store.tables[child_type].where(attribute, stored.id):
            changes += _removal(store, child_type, child)
    return changes


def _remote_ids(attributes: dict[str, Any], old: Mapping[str, str], coupling: str | None) -> dict[str, str]:
    """Take `remoteId` out of the attributes and return the remote ids that result."""
    remote_ids = dict(old)
    if "remoteId" not in attributes:
        return remote_ids
    remote_id, key = attributes.pop("remoteId"), coupling or NEUTRAL_COUPLING
    if remote_id is None:
        remote_ids.pop(key, None)
    elif isinstance(remote_id, str):
        remote_ids[key] = remote_id
    else:
        raise ApiError(500, "remoteId: a string is expected")
    return remote_ids


def _read(known: Mapping[str, Attribute], sent: Mapping[str, Any], *, creating: bool, strict: bool) -> dict[str, Any]:
    """Read the attributes that may be written; the others that exist are ignored, as the API does."""
    values: dict[str, Any] = {}
    refusals: list[str] = []
    for name, value in sent.items():
        attribute = known.get(name)
        if attribute is None:
            if strict:
                refusals.append(f"attribute {name} not found")
        elif attribute.use == "always" or (attribute.use == "create" and creating):
            try:
                values[name] = _read_one(attribute, value)
            except WrongType as error:
                raise ApiError(500, f"{name}: {error}") from error
            except OutOfRange as error:
                refusals.append(f"{error}" if name == "emails" else f"{name}: {error}")
    if refusals:
        raise ApiError(400, *refusals)
    return values


def _read_one(attribute: Attribute, value: Json) -> Json:
    if value is not None:
        return attribute.kind.read(value)
    if not attribute.nullable:
        raise OutOfRange("must not be null")
    # Null clears a list of e-mails to an empty one, anything else to null.
    return [] if isinstance(attribute.default, list) else None


def _read_new(store: OptiplyStore, known: Mapping[str, Attribute], sent: Mapping[str, Any]) -> dict[str, Any]:
    """Read the attributes of a new object: required ones and references checked, defaults filled in."""
    given = _read(known, sent, creating=True, strict=store.settings.strict)
    missing = [name for name, attribute in known.items() if attribute.required and name not in given]
    if missing:
        raise ApiError(400, *(f"{name}: must not be null" for name in missing))
    for name, value in given.items():
        kind = known[name].kind
        if isinstance(kind, Reference) and value not in store.tables[kind.target].objects:
            raise not_found(kind.target, value)
    return {name: given.get(name, attribute.default) for name, attribute in known.items() if name not in SERVER_OWNED}


def _lines(store: OptiplyStore, resource: Resource, lines: Json, order: Stored) -> list[Change]:
    """Read the flat order lines of an order; a wrapped or unreadable line fails the whole order with 500."""
    if not isinstance(lines, list) or not all(isinstance(line, dict) for line in lines):
        raise ApiError(500, "orderLines: a list of lines is expected")
    known = {name: resource.attributes[name] for name in _LINE_FIELDS[resource.type]}
    changes: list[Change] = []
    for line in lines:
        if "attributes" in line:
            raise ApiError(500, "orderLines: a line is a flat object, without type and attributes")
        values = {**_read_new(store, known, line), str(resource.parent): order.id, "remoteDataSyncedToDate": None}
        _complete(store, resource.type, values, order)
        changes.append(("put", resource.type, Stored(store.new_id(), {**values, **store.marks(resource.type)}, {})))
    return changes


def _check_pair(store: OptiplyStore, resource: Resource, values: Mapping[str, Any]) -> None:
    """Refuse a second object with the same pair of references."""
    if not resource.unique:
        return
    table = store.tables[resource.type]
    first, second = (table.lookup(name, values[name]) or set() for name in resource.unique)
    if not first.isdisjoint(second):
        pair = ", ".join(f"{name} {values[name]}" for name in resource.unique)
        raise ApiError(409, f"{resource.type} with {pair} already exists")


def _complete(store: OptiplyStore, type_: str, values: dict[str, Any], order: Stored | None = None) -> None:
    """Fill in what the server computes: expected delivery dates and the product's uuid."""
    if type_ == "buyOrders" and values["expectedDeliveryDate"] is None:
        supplier = store.get("suppliers", values["supplierId"])
        values["expectedDeliveryDate"] = _days_after(values["placed"], supplier.attributes["deliveryTime"])
    if type_ == "buyOrderLines":
        order = order or store.get("buyOrders", values["buyOrderId"])
        values["productUuid"] = store.get("products", values["productId"]).attributes["uuid"]
        if values["expectedDeliveryDate"] is None:
            values["expectedDeliveryDate"] = order.attributes["expectedDeliveryDate"] or _days_after(
                order.attributes["placed"], _delivery_time(store, values["productId"], order.attributes["supplierId"])
            )


def _delivery_time(store: OptiplyStore, product_id: int, supplier_id: int) -> int | None:
    """Return the days a supplier needs for a product, None when nobody knows."""
    for offer in store.tables["supplierProducts"].where("productId", product_id):
        if offer.attributes["supplierId"] == supplier_id:
            days: int | None = offer.attributes["deliveryTime"]
            return days
    return None


def _days_after(placed: str | None, days: int | None) -> str | None:
    return None if days is None or placed is None else iso(instant(placed) + timedelta(days=days))


def _siblings_not_preferred(store: OptiplyStore, type_: str, stored: Stored) -> list[Change]:
    """Return the changes that leave a product one preferred supplier at most."""
    if type_ != "supplierProducts" or not stored.attributes["preferred"]:
        return []
    return [
        ("put", type_, Stored(other.id, {**other.attributes, "preferred": False}, other.remote_ids))
        for other in store.tables[type_].where("productId", stored.attributes["productId"])
        if other.id != stored.id and other.attributes["preferred"]
    ]
