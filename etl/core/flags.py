"""The flags that every flow has, and how a configuration becomes flags or one sentence on what is wrong with it.

Reading the file that holds them is the caller's work; see etl.py and mapper.py.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError, ValidationInfo, field_validator
from typing_extensions import Self

from connector.settings import EXPECTED, near, shown
from connector.values import Unfit, readable
from connector.words import printable
from vocabulary.entity import folded


class ConfigError(ValueError):
    """The configuration cannot be used; the text says which key, why, and what to write instead."""


class Flags(BaseModel):
    """The flags of a flow; each flow adds its own."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    # What the flow fills, what the destination has besides (tenants list it too, and that is no mistake), other names.
    entities: ClassVar[tuple[str, ...]] = ()
    other_entities: ClassVar[tuple[str, ...]] = ()
    aliases: ClassVar[Mapping[str, str]] = {}

    not_sync_entities: list[str] = Field(
        default_factory=list, description="Entities that are not sent, such as `productCompositions`."
    )
    field_map: str | None = Field(None, description="Path of another mapping table instead of configs/field_map.csv.")
    snapshot_dir: str | None = Field(None, description="Folder of the snapshot store; see the paths in the docs.")
    snapshot_url: str | None = Field(
        None,
        description="Address of a PostgreSQL database that keeps the store in place of a file: "
        "`postgresql://user@host/database?schema=name`.",
        json_schema_extra={"writeOnly": True},
    )

    # No setting: a person allows it for one run.
    _allowed_disables: int = PrivateAttr(0)

    @field_validator("field_map", "snapshot_dir")
    @classmethod
    def _path(cls, value: str | None, info: ValidationInfo) -> str | None:
        try:
            return None if value is None else readable(value)
        except Unfit as unfit:
            raise ValueError(f"{info.field_name} {unfit}; write a path") from None

    @field_validator("not_sync_entities", mode="before")
    @classmethod
    def _split_entities(cls, value: object) -> object:
        return listed(value)

    @field_validator("not_sync_entities")
    @classmethod
    def _entities(cls, value: list[str]) -> list[str]:
        return [cls._entity(name) for name in value]

    @classmethod
    def _entity(cls, name: str) -> str:
        """`sell_orders`, `SellOrders` and `sellOrders` are one entity. Raises ValueError with the nearest name."""
        known = {folded(item): item for item in (*cls.entities, *cls.other_entities)} | dict(cls.aliases)
        key = folded(name.strip())
        if key in known:
            return known[key]
        found = near(key, known)
        hint = f"; did you mean {known[found[0]]}?" if found else f"; known are {', '.join(cls.entities)}"
        raise ValueError(f"not_sync_entities names {name!r}, which is not an entity{hint}")

    def syncs(self, entity: str) -> bool:
        """Whether records of this entity are sent."""
        return entity not in self.not_sync_entities

    @property
    def own_sources(self) -> dict[str, tuple[str, str | None]]:
        """A tenant's own mappings: field -> source and conversion."""
        return {}

    def remarks(self) -> list[str]:
        """What a person should know of these flags together."""
        return []

    @property
    def allowed_disables(self) -> int:
        """How many records this run may disable as gone, whatever the share."""
        return self._allowed_disables

    def allowing(self, disables: int) -> Self:
        """The same flags for a run that may disable so many records."""
        copy = self.model_copy()
        copy._allowed_disables = disables
        return copy


F = TypeVar("F", bound=Flags)
# What pydantic's words are about, in the words of every other setting.
_KINDS = {
    "dict": "object",
    "model": "object",
    "list": "array",
    "string": "string",
    "bool": "boolean",
    "int": "integer",
    "float": "number",
}
_WORDS = {"missing": "is missing", "string_too_short": "is empty"}


def listed(value: object) -> object:
    """Platforms hand lists over as comma-separated text."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return [] if value is None else value


def load_flags(kind: type[F], values: Mapping[str, Any]) -> tuple[F, list[str]]:
    """Config mapping → flags and notes for the log.

    Keys of other programs stay untouched; a key that looks like a mistyped flag gets a note with the nearest name.
    Raises ConfigError with one sentence for values that cannot be used or contradict each other.
    """
    try:
        config = kind.model_validate(dict(values))
    except ValidationError as error:
        raise ConfigError(_sentence(kind, error)) from None
    return config, [note for key in values if (note := _near_flag(kind, key))] + config.remarks()


def _near_flag(kind: type[Flags], key: str) -> str | None:
    flags = kind.model_fields
    found = [] if key in flags or key.startswith("_") else near(key[:80], flags, cutoff=0.8)
    return f"config key {key[:80]!r} is unknown and ignored; did you mean {found[0]!r}?" if found else None


def _sentence(kind: type[Flags], error: ValidationError) -> str:
    """The first complaint of pydantic as one sentence with key, value and remedy."""
    first = error.errors()[0]
    if first["type"] == "value_error":
        return f"config: {first['ctx']['error']}"
    key = printable(".".join(str(part)[:80] for part in first["loc"]))
    flag = kind.model_fields.get(str(first["loc"][0])) if first["loc"] else None
    meaning = f" ({flag.description})" if flag else ""
    name, _, wrong = first["type"].partition("_")
    named = _KINDS.get(name) if wrong in ("type", "parsing", "from_float", "parsing_size") else None
    words = _WORDS.get(first["type"], first["msg"]).removeprefix("Input ")
    why = f"it is not {EXPECTED[named]}" if named else f"it {words}"
    return f"config: {key}={shown(first['input'])} cannot be used: {why}{meaning}; correct it in config.json"
