"""The objects of the Optiply sandbox in memory, with indexes, and their journal on disk.

Each change is one line in an append-only JSONL file, written before the request is answered: a killed server that is
started again has every object it ever acknowledged. All changes of one request share a line, so an order never comes
back without its lines; a torn last line is cut off.
"""

import uuid
from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import msgspec

from sandbox.optiply.errors import not_found
from sandbox.optiply.resources import RESOURCES, Resource
from sandbox.optiply.values import Key, instant, iso
from sandbox.server.clock import Clock
from sandbox.server.journal import Journal

FIRST_ID = 28_000_001


@dataclass
class Settings:
    """How the Optiply sandbox behaves; all of it may be changed while it runs.

    `strict` answers 415 without Optiply's content type and 400 for unknown attributes. `token_lifetime` is in
    seconds of the sandbox's clock. `timestamps` is the precision of `createdAt` and `updatedAt`.
    `cascade_products`: deleting a product takes its supplier products, compositions and promotion entries along.
    `scope` is what tokens may do. `bump_parents`: what happens to a receipt also changes `updatedAt` of its line and
    order, and a line's that of its order. While `stamp` is set, all that is written carries it.
    """

    username: str = "sandbox"
    password: str = "sandbox-password"
    client_id: str = "sandbox-client"
    client_secret: str = "sandbox-secret"
    account_id: int = 1380
    coupling_id: int = 77
    strict: bool = True
    token_lifetime: float = 3600
    timestamps: Literal["seconds", "milliseconds", "microseconds"] = "milliseconds"
    cascade_products: bool = True
    scope: str = "read write delete"
    bump_parents: bool = False
    stamp: str | None = None


class Stored(msgspec.Struct):
    """One object: its attributes as they are answered, and its remote ids by coupling."""

    id: int
    attributes: dict[str, Any]
    remote_ids: dict[str, str]


Change = tuple[str, str, Stored]
"""`("put" | "delete", type, object)`."""


@dataclass
class Table:
    """All objects of one resource, by ascending id, with an index for each attribute named in the resource."""

    resource: Resource
    objects: dict[int, Stored] = field(default_factory=dict)
    ids: list[int] = field(default_factory=list)
    version: int = 0
    _indexes: dict[str, dict[Key, set[int]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Prepare an empty index for each indexed attribute."""
        self._indexes = {name: {} for name in self.resource.indexed}

    def put(self, stored: Stored) -> None:
        """Add an object or replace the one with its id."""
        old = self.objects.get(stored.id)
        if old is None:
            insort(self.ids, stored.id)
        else:
            self._forget(old)
        self.objects[stored.id] = stored
        for name, index in self._indexes.items():
            index.setdefault(self.key(stored, name), set()).add(stored.id)
        self.version += 1

    def remove(self, id_: int) -> None:
        """Take an object out; an unknown id changes nothing."""
        old = self.objects.pop(id_, None)
        if old is not None:
            del self.ids[bisect_left(self.ids, id_)]
            self._forget(old)
            self.version += 1

    def _forget(self, old: Stored) -> None:
        for name, index in self._indexes.items():
            key = self.key(old, name)
            index[key].discard(old.id)
            if not index[key]:
                del index[key]

    def key(self, stored: Stored, name: str) -> Key:
        """Return an attribute's value as filters compare it, None when it is null."""
        value = stored.id if name == "id" else stored.attributes.get(name)
        return None if value is None else self.resource.attributes[name].kind.key(value)

    def lookup(self, name: str, key: Key) -> set[int] | None:
        """Return the ids whose attribute has this key, or None when the attribute has no index."""
        index = self._indexes.get(name)
        return None if index is None else index.get(key, set())

    def where(self, name: str, value: Key) -> Iterator[Stored]:
        """Yield the objects whose attribute is this reference, by ascending id."""
        for id_ in sorted(self.lookup(name, value) or ()):
            yield self.objects[id_]


class OptiplyStore:
    """All tables of one account, the id counter and the journal."""

    def __init__(self, clock: Clock, journal: Path | None = None, settings: Settings | None = None) -> None:
        """Open the store and replay its journal, if it has one."""
        self.clock = clock
        self.settings = settings or Settings()
        self._journal = Journal(journal, list[Change]) if journal is not None else None
        self._clear()
        if self._journal is not None:
            latest = ""
            for changes in self._journal.replay():
                self._apply(changes)
                latest = max(latest, changes[0][2].attributes["updatedAt"])
            if latest:
                clock.catch_up(instant(latest))

    def _clear(self) -> None:
        self.tables = {type_: Table(resource) for type_, resource in RESOURCES.items()}
        self._last_id = FIRST_ID - 1
        account = {"name": "Sandbox", **self.marks("accounts")}
        self.tables["accounts"].put(Stored(self.settings.account_id, account, {}))

    def marks(self, type_: str) -> dict[str, Any]:
        """Return the attributes the server itself gives a new object."""
        now = self.timestamp()
        marks: dict[str, Any] = {"uuid": str(uuid.uuid4()), "createdAt": now, "updatedAt": now}
        if type_ != "promotions":
            marks["createdFromPublicApi"] = True
        if RESOURCES[type_].has_account:
            marks["accountId"] = self.settings.account_id
        return marks

    def timestamp(self) -> str:
        """Return the present time as `createdAt` and `updatedAt` show it."""
        return self.settings.stamp or iso(self.clock.now(), self.settings.timestamps)

    def new_id(self) -> int:
        """Return an id no object of any type has; ids grow with time."""
        self._last_id += 1
        return self._last_id

    def get(self, type_: str, id_: int | str) -> Stored:
        """Return an object. Raises ApiError: 404 when there is none."""
        number = int(id_) if isinstance(id_, int) or (id_.isascii() and id_.isdigit()) else -1
        stored = self.tables[type_].objects.get(number)
        if stored is None:
            raise not_found(type_, id_)
        return stored

    def commit(self, changes: Sequence[Change]) -> None:
        """Carry out the changes of one request: first on disk, then in memory."""
        if self._journal is not None:
            self._journal.append(changes)
        self._apply(changes)

    def _apply(self, changes: Sequence[Change]) -> None:
        for action, type_, stored in changes:
            if action == "put":
                self.tables[type_].put(stored)
                self._last_id = max(self._last_id, stored.id) if type_ != "accounts" else self._last_id
            else:
                self.tables[type_].remove(stored.id)

    def reset(self) -> None:
        """Delete every object, also from the journal."""
        if self._journal is not None:
            self._journal.clear()
        self._clear()

    def close(self) -> None:
        """Close the journal."""
        if self._journal is not None:
            self._journal.close()

    def counts(self) -> dict[str, int]:
        """Return how many objects there are of each type that has any, accounts aside."""
        return {type_: len(table.ids) for type_, table in self.tables.items() if table.ids and type_ != "accounts"}

    def objects(self, type_: str) -> list[dict[str, Any]]:
        """Return all objects of a type by ascending id: `id` (int), every attribute, `remoteIdMap`."""
        table = self.tables[type_]
        return [self.flat(type_, table.objects[id_]) for id_ in table.ids]

    def flat(self, type_: str, stored: Stored) -> dict[str, Any]:
        """Return one object as a flat mapping, with what is counted at the time of asking."""
        flat = {"id": stored.id, **stored.attributes, "remoteIdMap": dict(stored.remote_ids)}
        if type_ == "promotions":
            flat["productCount"] = len(self.tables["promotionProducts"].lookup("promotionId", stored.id) or ())
        return flat

    def dump(self) -> dict[str, list[dict[str, Any]]]:
        """Return all objects of all types but accounts, flat, by type."""
        return {type_: self.objects(type_) for type_ in self.tables if type_ != "accounts"}
