"""What a flow declares of each stream it reads: the record's shape, what names a record, what is left of a bad one.

Only what a rule reads stands in a shape; everything else in a record is skipped while parsing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import msgspec
from msgspec import Struct

from connector.values import fit, text

Judge = Callable[[object], str]


@dataclass(frozen=True, eq=False)
class Stream:
    """One stream.

    Attributes:
        name: as in the Singer messages.
        record: the shape of its records.
        key: the field whose value names a record in messages.
        nested: fields that hold lists or objects -> their shape; tables write them as text.
        lone: for a table in which absence means something, the fields that are left of a record that cannot be read,
            and how they are judged; one of `named_by` must be there.
        named_by: by default the first field of `lone`.
        alone: whether a record can be lost without a doubt about all the others.
    """

    name: str
    record: type[Struct]
    key: str
    nested: Mapping[str, Any] = field(default_factory=dict)
    lone: Mapping[str, Judge] = field(default_factory=dict)
    named_by: tuple[str, ...] = ()
    alone: bool = True

    @property
    def fields(self) -> tuple[str, ...]:
        """The source's names of the record's fields, in the order of the shape."""
        return self.record.__struct_encode_fields__

    @cached_property
    def one(self) -> msgspec.json.Decoder[Any]:
        """Reads one record."""
        return msgspec.json.Decoder(self.record)

    @cached_property
    def many(self) -> msgspec.json.Decoder[Any]:
        """Reads a list of records."""
        return msgspec.json.Decoder(list[self.record])  # type: ignore[name-defined]  # a type made at run time

    @cached_property
    def messages(self) -> msgspec.json.Decoder[Any]:
        """Reads RECORD messages of this stream; another stream or type is a fault of decoding."""
        fields: list[tuple[str, Any]] = [("type", Literal["RECORD"]), ("record", self.record)]
        return msgspec.json.Decoder(msgspec.defstruct("Record", fields, tag_field="stream", tag=self.name, gc=False))

    def key_row(self, found: Mapping[str, Any] | None) -> Struct | None:
        """The record with its key alone, which counts as present; None where absence from the stream means nothing."""
        if found is None or not self.lone:
            return None
        values = {name: judged(judge, found.get(name)) for name, judge in self.lone.items()}
        if all(values[name] is None for name in self.named_by or tuple(values)[:1]):
            return None
        names = dict(zip(self.fields, self.record.__struct_fields__, strict=True))
        return self.record(**{names[name]: value for name, value in values.items()})

    def names_its_record(self, found: Mapping[str, Any] | None) -> bool:
        """Whether what was read tells which record it is, so that only that one is lost."""
        if not self.alone:
            return False
        return self.key_row(found) is not None if self.lone else self.key_of(found) is not None

    def key_of(self, found: Mapping[str, Any] | None) -> str | None:
        """The value that names a record in messages, or None where that cannot be read either."""
        return None if found is None else judged(text, found.get(self.key))


@dataclass(frozen=True, eq=False)
class Streams:
    """All streams that a flow reads, and its system as people write it."""

    system: str
    streams: tuple[Stream, ...]

    @cached_property
    def by_name(self) -> dict[str, Stream]:
        """Name -> stream."""
        return {stream.name: stream for stream in self.streams}

    def named(self, name: str) -> Stream:
        """The stream of that name; one that the flow does not read is known by its ids."""
        return self.by_name.get(name) or Stream(name, Struct, "id")


def shape(name: str, fields: str, **lists: type[Struct]) -> type[Struct]:
    """A record's shape from the names of its fields, of any values, and of the lists of other shapes that it holds."""
    plain = [(field, Any, None) for field in fields.split()]
    nested = [(field, list[kind] | None, None) for field, kind in lists.items()]  # type: ignore[valid-type]  # made at run time
    return msgspec.defstruct(name, [*plain, *nested], gc=False)


def judged(judge: Judge, value: object) -> str | None:
    """The value as it is judged, None where it is refused or empty."""
    return fit(judge, value) or None
