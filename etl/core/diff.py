"""Compares what a destination should have with what it has accepted. Pure: pictures in, differences out."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import msgspec

Picture = Mapping[str, Any]

# What identifies or steers a record is no part of its picture.
NOT_ATTRIBUTES = frozenset({"remoteId", "id", "_changed", "deleted_at"})

_decode = msgspec.json.Decoder(dict[str, Any]).decode


def attributes(picture: Picture) -> dict[str, Any]:
    """The picture without what identifies or steers the record."""
    return {name: value for name, value in picture.items() if name not in NOT_ATTRIBUTES}


def diff(acknowledged: Picture | None, wanted: Picture) -> dict[str, Any]:
    """The wanted attributes that were not accepted with this value; all of them when nothing was accepted.

    An attribute that was accepted and is no longer wanted at all is left as it is; a null clears.
    """
    if acknowledged is None:
        return attributes(wanted)
    return {
        name: value
        for name, value in attributes(wanted).items()
        if name not in acknowledged or acknowledged[name] != value
    }


def apply(changes: Picture, acknowledged: Picture | None) -> dict[str, Any]:
    """The picture after `changes` were accepted; apply(diff(a, b), a) == b for pictures with equal names."""
    return {**attributes(acknowledged or {}), **attributes(changes)}


def changed_names(
    wanted: Iterable[str],
    acknowledged: Iterable[str | None],
    never_compared: Collection[str] = (),
    force: bool = False,
) -> list[list[str] | None]:
    """For each pair of pictures (JSON text) the sorted names to offer; None means all, an empty list means settled.

    Names in `never_compared` are left to others after the creation: they are never named. With `force` everything
    wanted is offered again, accepted or not. A removal (`deleted_at`) is settled once the record was accepted as
    disabled, or is there no more (then it is not in question here); otherwise it is offered whole.
    """
    kept = frozenset(never_compared)
    return [
        None if known is None and not kept else _names(_decode(text), known, kept, force)
        for text, known in zip(wanted, acknowledged, strict=True)
    ]


def _names(wanted: Picture, known: str | None, kept: frozenset[str], force: bool) -> list[str] | None:
    acknowledged = None if known is None else _decode(known)
    if "deleted_at" in wanted and not (acknowledged and acknowledged.get("status") == "disabled"):
        return None
    names = attributes(wanted) if force else diff(acknowledged, wanted)
    return sorted(name for name in names if name not in kept)
