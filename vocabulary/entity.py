"""What an entity declares: its name, attributes with limits, references, natural key, and what removal means.

A system's vocabulary is a tuple of entities in load order; ETL, delivery, job and docs all read it from there.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, create_model

from vocabulary.values import Id, decoded

ABSENT: Any = None  # a default that pydantic does not check: fields_set tells absent from null
_REMOTE = "RemoteId"


@dataclass(frozen=True, eq=False)
class Attribute:
    """One attribute; a mere type stands for one that is neither needed nor special.

    Attributes:
        type: a pydantic type that refuses what the system would refuse, null included.
        required: a new object needs it.
        once: it is said when the object is created, and cannot change.
        refers: the entity whose id it holds; a record may give that one's remote id instead.
        line: the attributes of each line, where it holds lines.
        can_go: why it is left out where the system refuses it alone; empty where that costs the record.
    """

    type: Any
    required: bool = False
    once: bool = False
    refers: str | None = None
    line: Mapping[str, Any] | None = None
    can_go: str = ""


def needed(kind: object) -> Attribute:
    """An attribute that a new object needs."""
    return Attribute(kind, required=True)


def reference(entity: str) -> Attribute:
    """The id of an object of `entity`: needed, and said once."""
    return Attribute(Id, required=True, once=True, refers=entity)


def lines(line: Mapping[str, Any], *, required: bool = False) -> Attribute:
    """Lines inside the record, also as JSON text; they go with the creation only."""
    model = _model("line", line, absent=False)
    return Attribute(Annotated[list[model], BeforeValidator(decoded)], required, once=True, line=line)  # type: ignore[valid-type]  # made at run time


@dataclass(frozen=True, eq=False)
class Entity:
    """One kind of object that a system keeps.

    Attributes:
        system: who keeps it, for messages.
        name: as the system's API and the streams name it.
        title: for people, in the plural.
        attributes: what is taken; a record's other names are reported and left out.
        natural_key: tells two objects apart without a remote id; of lines in it `line_key` counts, in whatever order.
        key_left_open: what of it a record may lack: any value fits then.
        removal: what takes a record out of use; None: it is deleted.
        is_pair: one object at most per natural key; a second is refused by the system.
        of_account: lists can be limited to the account.
        takes_remote_id: an object can bear the source's id.
        patched_when_adopted: what is found in the system is brought up to date; otherwise it is that record already.
        mark_needs_key: an object that bears our mark is the record only where the natural key agrees as well.
        told_remote_id: what was made there by people learns our id when it is brought up to date as a whole.
        repeat: how a write can be repeated: `never` before it was looked up; `upsert`: absolute by key; `once`: a
            change that counts once, kept in a ledger of our own, as the system has only absolute values.
        batch: most records that one write takes.
    """

    system: str
    name: str
    title: str
    attributes: Mapping[str, Any]
    natural_key: tuple[str, ...]
    removal: Mapping[str, Any] | None = None
    is_pair: bool = False
    of_account: bool = False
    takes_remote_id: bool = True
    patched_when_adopted: bool = True
    mark_needs_key: bool = False
    key_left_open: tuple[str, ...] = ()
    line_key: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    told_remote_id: bool = False
    repeat: Literal["never", "upsert", "once"] = "never"
    batch: int = 1

    @cached_property
    def _described(self) -> dict[str, Attribute]:
        return _described(self.attributes)

    @cached_property
    def references(self) -> dict[str, str]:
        """Attribute that holds an id -> the entity it refers to."""
        return _references(self._described)

    @cached_property
    def lines(self) -> dict[str, Mapping[str, Any]]:
        """Attribute that holds lines -> the attributes of each line."""
        return {name: one.line for name, one in self._described.items() if one.line is not None}

    @cached_property
    def line_references(self) -> dict[str, dict[str, str]]:
        """Attribute that holds lines -> what is referred to in each line, as in `references`."""
        return {name: _references(_described(line)) for name, line in self.lines.items()}

    @cached_property
    def needs(self) -> frozenset[str]:
        """The entities that are to be loaded before."""
        return frozenset(self.references.values()).union(*(found.values() for found in self.line_references.values()))

    @cached_property
    def required(self) -> tuple[str, ...]:
        """What a new object needs."""
        return tuple(name for name, one in self._described.items() if one.required)

    @cached_property
    def written_once(self) -> frozenset[str]:
        """What cannot change once the object is created."""
        return frozenset(name for name, one in self._described.items() if one.once)

    @cached_property
    def changeable(self) -> frozenset[str]:
        """What can change once the object is created; references also by remote id."""
        names = self.attributes.keys() - self.written_once
        return frozenset(names | {remote_name(name) for name in self.references if name in names})

    @cached_property
    def can_go(self) -> dict[str, str]:
        """What is left out where the system refuses it alone -> why."""
        return {name: one.can_go for name, one in self._described.items() if one.can_go}

    @cached_property
    def known_names(self) -> frozenset[str]:
        """What a record may hold: the attributes, references also by remote id, and `lines.name` of what is inside."""
        inside = (
            f"{name}.{known}"
            for name, line in self.lines.items()
            for known in (*line, *map(remote_name, self.line_references[name]))
        )
        return frozenset((*self.attributes, *map(remote_name, self.references), *inside))

    @cached_property
    def model(self) -> type[BaseModel]:
        """The attributes as a pydantic model in which each may be absent."""
        return _model(self.name, self.attributes, absent=True)

    def checked(self, given: dict[str, Any]) -> dict[str, Any]:
        """The given attributes as the system takes them; absent stays absent, null stays null.

        Raises:
            ValidationError: a value breaks a type or a limit.
        """
        return self.model.model_validate(given).model_dump(exclude_unset=True)

    def missing(self, given: Mapping[str, Any]) -> list[str]:
        """The attributes that a create needs and does not have."""
        return [name for name in self.required if given.get(name) is None]


def remote_name(id_name: str) -> str:
    """`productId` -> `productRemoteId`."""
    return f"{id_name.removesuffix('Id')}{_REMOTE}"


def folded(name: str) -> str:
    """A stream's name without what camelCase, PascalCase and snake_case differ in."""
    return name.replace("_", "").replace("-", "").casefold()


def entity_named(stream: str, entities: Iterable[Entity]) -> Entity | None:
    """The entity of a stream, however that is spelled."""
    return next((entity for entity in entities if folded(entity.name) == folded(stream)), None)


def complaint(error: ValidationError, remedy: str = "correct it at the source") -> tuple[str, str]:
    """(field, sentence) of the first thing wrong; the value itself is left out, as it may be personal."""
    first = error.errors(include_url=False, include_input=False)[0]
    field = ".".join(str(part) for part in first["loc"] if not str(part).startswith(("function-", "constrained-")))
    words = "is missing" if first["type"] == "missing" else first["msg"].removeprefix("Value error, ")
    return field, f"{field} {words.removeprefix('Input ')}; {remedy}"


def _described(attributes: Mapping[str, Any]) -> dict[str, Attribute]:
    return {name: one if isinstance(one, Attribute) else Attribute(one) for name, one in attributes.items()}


def _references(described: Mapping[str, Attribute]) -> dict[str, str]:
    return {name: one.refers for name, one in described.items() if one.refers is not None}


def _model(name: str, attributes: Mapping[str, Any], *, absent: bool) -> type[BaseModel]:
    described = _described(attributes).items()
    fields: dict[str, Any] = {
        field: (one.type, ... if one.required and not absent else ABSENT) for field, one in described
    }
    return create_model(name, __config__=ConfigDict(extra="ignore"), **fields)
