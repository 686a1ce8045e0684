"""What a flow declares of each entity that it fills."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal

import pandas as pd

from etl.core.flow import Run
from etl.core.records import Rows
from vocabulary.entity import Entity


def always(_config: Any) -> bool:  # noqa: ANN401 - any flags
    """What holds with every configuration."""
    return True


def _a_week(_config: Any) -> timedelta:  # noqa: ANN401 - any flags
    return timedelta(days=7)


@dataclass(frozen=True, eq=False)
class Filled:
    """How an entity of the destination is filled.

    Attributes:
        entity: as the vocabulary declares it.
        stream: where its records come from.
        newest: the field by which the later of two records of one id is told.
        absence: what becomes of a record that the listing, read to its end in two runs, lacks: `disable` as the
            vocabulary says it is removed, `delete`, or nothing.
        listing: the stream that lists which records there are, by the same name as `stream`; by default that itself.
        share: most of them in one run, as a share of the records there are (at least 5 records); `limit` reads it from
            the flags instead.
        rows: a rule that makes the rows of the entity, by run and work; by default they are the stream's records.
        parent: the attribute that names a record's parent, where the rows say which parents were read as a whole.
        omitted: fields that a picture goes without where they have no value, instead of clearing them.
        kept: fields that, where a record has no value for them, stay what was wanted before: nobody knows better, and
            what was not accepted yet is offered on.
        beside: what else changes of a record that is taken out of use, where its picture has it.
        waits: what a record waits for besides its references, by run, work and pictures: a reason or None for each.
        line_wait: how long a record waits for what a line refers to and nobody knows.
        when: whether it is filled at all; when_gone: whether absence counts.
        once: whether its records are written once and never again; by default as the vocabulary says.
    """

    entity: Entity
    stream: str
    newest: str | None = None
    absence: Literal["keep", "disable", "delete"] = "keep"
    listing: str | None = None
    share: float = 0.05
    limit: Callable[[Any], float] | None = None
    rows: Callable[[Run[Any], Any], Rows] | None = None
    parent: str = ""
    omitted: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    beside: Mapping[str, Any] = field(default_factory=dict)
    waits: Callable[[Run[Any], Any, pd.DataFrame], pd.Series[Any]] | None = None
    line_wait: Callable[[Any], timedelta] = _a_week
    when: Callable[[Any], bool] = always
    when_gone: Callable[[Any], bool] = always
    once: bool | None = None

    @property
    def written_once(self) -> bool:
        """Whether its records are written once and never again."""
        return not self.entity.patched_when_adopted if self.once is None else self.once
